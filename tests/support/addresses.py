"""Writes down every address that a process connects to, or asks a name server for."""

from pathlib import Path

RECORDER = """
import os, socket
_file = os.environ["ADDRESSES"]
def _note(kind, address):
    with open(_file, "a") as file:
        file.write(f"{kind} {address}\\n")
_connect, _connect_ex, _lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
def connect(self, address):
    _note("connect", address)
    return _connect(self, address)
def connect_ex(self, address):
    _note("connect", address)
    return _connect_ex(self, address)
def getaddrinfo(host, *rest, **more):
    _note("lookup", host)
    return _lookup(host, *rest, **more)
socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
socket.getaddrinfo = getaddrinfo
"""
OWN = ("127.0.0.1", "localhost", "::1", "None", "/")
"""Of this machine; a path is that of a local socket."""


class AddressRecorder:
    """Records what a Python process does that is started with its environment."""

    def __init__(self, folder: Path) -> None:
        """Write what records, and where it is recorded, below a folder."""
        self._folder = folder / "recorder"
        self._folder.mkdir()
        (self._folder / "sitecustomize.py").write_text(RECORDER)
        self._addresses = folder / "addresses.txt"
        self._addresses.touch()

    def environment(self) -> dict[str, str]:
        """Variables of the process."""
        return {"PYTHONPATH": str(self._folder), "ADDRESSES": str(self._addresses)}

    def noted(self) -> list[str]:
        """All addresses, this machine's too."""
        return self._addresses.read_text().splitlines()

    def elsewhere(self) -> list[str]:
        """Those of other machines."""
        return [line for line in self.noted() if not any(own in line for own in OWN)]
