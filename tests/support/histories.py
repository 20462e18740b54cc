"""Fixtures of the history on both of its databases; a conftest imports them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres_server import MISSING, PostgresServer, binaries


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real server, started once; the tests that need it are skipped where there is none."""
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    server = PostgresServer(found)
    yield server
    server.remove()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresServer:
    """The server, running and without any history."""
    postgres_server.sql("DROP SCHEMA IF EXISTS photopal CASCADE")
    return postgres_server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a history can be opened: a file, and an address."""
    if request.param == "sqlite":
        return tmp_path / "history.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.address
