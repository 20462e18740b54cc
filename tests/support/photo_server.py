"""A real HTTP server on loopback that behaves as photo hosts do on bad days."""

import contextlib
import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

Behaviour = Callable[[BaseHTTPRequestHandler, int], None]
"""Answers a request; the number says how often this path was asked before."""


def picture(seed: int = 0, side: int = 80, kind: str = "JPEG") -> bytes:
    """The bytes of a picture of noise: no two seeds give the same."""
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind)
    return file.getvalue()


class PhotoServer:
    """Serves what ``answers`` says for a path, 404 for the rest; counts requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Behaviour] = {}
        self.requests: Counter[str] = Counter()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with server._lock:
                    before = server.requests[self.path]
                    server.requests[self.path] += 1
                    server._at_once += 1
                    server.most_at_once = max(server.most_at_once, server._at_once)
                try:
                    with contextlib.suppress(ConnectionError):
                        server.answers.get(self.path, status(404))(self, before)
                finally:
                    with server._lock:
                        server._at_once -= 1

            def log_message(self, format: str, *args: object) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["PhotoServer"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join(5)


def send(
    handler: BaseHTTPRequestHandler, body: bytes, kind: str = "image/jpeg", code: int = 200
) -> None:
    """A whole and honest answer."""
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def serves(body: bytes, kind: str = "image/jpeg") -> Behaviour:
    """Always this body."""
    return lambda handler, before: send(handler, body, kind)


def status(code: int, **headers: str) -> Behaviour:
    """Always this status, without a body."""

    def answer(handler: BaseHTTPRequestHandler, before: int) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def slow(body: bytes, seconds: float) -> Behaviour:
    """The body in four pieces, with a pause before each."""

    def answer(handler: BaseHTTPRequestHandler, before: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        step = -(-len(body) // 4)
        for start in range(0, len(body), step):
            time.sleep(seconds / 4)
            handler.wfile.write(body[start : start + step])
            handler.wfile.flush()

    return answer


def drops(body: bytes, *, says_length: bool = True) -> Behaviour:
    """Half of the body, then the connection is gone."""

    def answer(handler: BaseHTTPRequestHandler, before: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        if says_length:
            handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        handler.close_connection = True

    return answer


def hangs_up(handler: BaseHTTPRequestHandler, before: int) -> None:
    """No answer at all."""
    handler.close_connection = True
    handler.connection.close()


def first(times: int, bad: Behaviour, then: Behaviour) -> Behaviour:
    """Bad for the first requests, well afterwards."""
    return lambda handler, before: (bad if before < times else then)(handler, before)
