"""A folder of pictures, a library and an encoder for tests of the store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))


@pytest.fixture
def encoder() -> ColourEncoder:
    return ColourEncoder()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six pictures, one of them in a folder below."""
    folder = tmp_path / "photos"
    for seed, colour in enumerate(("red", "green", "blue", "yellow", "purple")):
        paint(folder / f"{colour}.png", colour, seed=seed)
    paint(folder / "sub" / "white.jpg", "white", seed=9)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.db", create=True) as library:
        yield library
