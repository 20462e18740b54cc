"""A real ``photopal api`` in a process of its own, and a client that shows its token."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.programs_server import RunningServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("api"), "api")
    yield running
    running.stop()


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as opened:
        yield opened


@pytest.fixture
def stranger(server: RunningServer) -> Iterator[httpx2.Client]:
    """Shows no token."""
    with httpx2.Client(base_url=server.url, timeout=60) as opened:
        yield opened


@pytest.fixture
def samples(server: RunningServer) -> Path:
    """The folder of the library's photos."""
    return server.home / "samples"
