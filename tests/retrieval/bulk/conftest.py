"""Object storage on loopback for all tests of one file."""

from collections.abc import Iterator

import pytest

from tests.support.object_storage import Storage, object_storage


@pytest.fixture(scope="session")
def server() -> Iterator[Storage]:
    with object_storage("photos") as storage:
        yield storage


@pytest.fixture
def storage(server: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """An empty bucket, and the environment in which it is found."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.empty()
    return server
