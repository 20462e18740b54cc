"""No server of ours speaks to another host: nothing is reported, traced or fetched.

Every address that the process connects to, or asks a name server for, is written down.
"""

from pathlib import Path

import httpx2

from tests.support.programs_server import RunningServer

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


def test_no_server_of_ours_speaks_to_another_host(tmp_path: Path) -> None:
    """Although keys of tracing services lie around, since tracing was not asked for."""
    (tmp_path / "recorder").mkdir()
    (tmp_path / "recorder" / "sitecustomize.py").write_text(RECORDER)
    addresses = tmp_path / "addresses.txt"
    addresses.touch()
    home = tmp_path / "home"
    home.mkdir()
    server = RunningServer(
        home,
        "api",
        PYTHONPATH=str(tmp_path / "recorder"),
        ADDRESSES=str(addresses),
        LANGSMITH_API_KEY="lsv2_pt_not_a_key",
        LANGCHAIN_API_KEY="lsv2_pt_not_a_key",
        OTEL_SERVICE_NAME="photopal",
    )
    try:
        headers = {"Authorization": f"Bearer {server.token}"}
        with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as client:
            assert client.post("/api/respond", json={"message": "show me the cat"}).is_success
            assert client.post("/api/respond/stream", json={"message": "a rocket"}).is_success
            talk = {"conversation": "A: how was the launch?\nB: what a rocket"}
            assert client.post("/api/suggest", json=talk).is_success
    finally:
        server.stop()
    noted = addresses.read_text().splitlines()
    assert noted, "the recorder saw nothing at all"
    elsewhere = [line for line in noted if not any(own in line for own in OWN)]
    assert elsewhere == []
