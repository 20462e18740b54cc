"""An S3 server on loopback, in a process of its own: moto's, which keeps all in memory."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_START = """
import logging, sys
logging.getLogger("werkzeug").disabled = True
from moto.server import main
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""


class Storage:
    """A running server with one bucket."""

    def __init__(self, port: int, bucket: str) -> None:
        """Use :func:`object_storage` instead."""
        self.url = f"http://127.0.0.1:{port}"
        self.bucket = bucket
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        self.client = _client(self.url)
        self.client.create_bucket(Bucket=bucket)

    def put(self, key: str, content: bytes) -> None:
        """Store an object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self.client.delete_object(Bucket=self.bucket, Key=key)

    def empty(self) -> None:
        """Delete all objects."""
        for one in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            self.delete(one["Key"])

    def address(self, key: str = "") -> str:
        """What an object or folder is called."""
        return f"s3://{self.bucket}/{key}".rstrip("/")


@contextlib.contextmanager
def object_storage(bucket: str = "photos") -> Iterator[Storage]:
    """The server, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/moto-api/", process)
        yield Storage(port, bucket)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def refusing_storage() -> Iterator[str]:
    """The URL of a server that answers every request of S3 with "access denied"."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _client(url: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError("the S3 server did not start")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the S3 server does not answer")
