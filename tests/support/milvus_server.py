"""A real Milvus server on this machine, from the package ``milvus``, in a folder of its own."""

import contextlib
import shutil
import socket
import time
import urllib.request
from pathlib import Path
from typing import Any

START_SECONDS = 180


class RealMilvus:
    """A standalone server on free ports; stopping and starting it again keeps what it holds.

    Args:
        folder: for its program and its files, some 300 MB.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._server: Any = None
        self.start()

    @property
    def uri(self) -> str:
        """Its address, to which the name of a collection is added."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on the same port as before, and wait until it answers.

        Only one can run on a machine at a time: the etcd inside listens on a port of its own.
        """
        from milvus import MilvusServer, MilvusServerConfig

        class Config(MilvusServerConfig):  # type: ignore[misc]
            """Takes a port again whose connections of before are not quite gone."""

            def try_bind_port(self, port: int) -> socket.socket | None:
                with contextlib.suppress(OSError):
                    return socket.create_server(("127.0.0.1", port))
                return None

        self._server = MilvusServer(Config(), wait_for_started=False, proxy_port=self.port)
        self._server.set_base_dir(str(self.folder))
        self._server.start()
        health = f"http://127.0.0.1:{self._server.webservice_port}/healthz"
        end = time.monotonic() + START_SECONDS
        while not _is_well(health):
            # The package itself waits on for a server that has ended.
            if self._server.server_proc.poll() is not None or time.monotonic() > end:
                log = (self.folder / "logs" / "milvus-stderr.log").read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"the Milvus server does not start: {log[-2_000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def remove(self) -> None:
        """Stop it and remove all that it wrote."""
        self.stop()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)


def _is_well(health: str) -> bool:
    try:
        with urllib.request.urlopen(health, timeout=10) as answer:
            return b"OK" in answer.read()
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
