"""No server of ours speaks to another host: nothing is reported, traced or fetched.

Every address that the process connects to, or asks a name server for, is written down.
"""

from pathlib import Path

import httpx2

from tests.support.addresses import AddressRecorder
from tests.support.programs_server import RunningServer


def test_no_server_of_ours_speaks_to_another_host(tmp_path: Path) -> None:
    """Although keys of tracing services lie around, since tracing was not asked for."""
    recorder = AddressRecorder(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    server = RunningServer(
        home,
        "api",
        **recorder.environment(),
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
    noted = recorder.noted()
    assert noted, "the recorder saw nothing at all"
    assert recorder.elsewhere() == []
