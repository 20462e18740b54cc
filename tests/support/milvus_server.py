"""A real Milvus server on this machine, from the package ``milvus``, in a folder of its own."""

import contextlib
import shutil
import socket
from pathlib import Path
from typing import Any


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
        """Start it on the same port as before, and wait until it answers."""
        from milvus import MilvusServer

        self._server = MilvusServer(proxy_port=self.port)
        self._server.set_base_dir(str(self.folder))
        self._server.start()

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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
