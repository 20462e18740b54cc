"""Captioned photos of one colour each, and recipes over them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.training.conftest import COLOURS
from training.cli import bench as command

DATASET = {"kind": "captioned", "photos": "photos", "captions": "captions.jsonl", "query": "first"}
EMBEDDER = {"kind": "encoder", "name": "colours"}

WriteRecipes = Callable[..., Path]


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> ColourEncoder:
    """The encoder ``colours``; only so that nothing waits for torch."""
    found = ColourEncoder()
    monkeypatch.setattr(command, "open_encoder", lambda name: found)
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Eight captioned photos; the last two captions name another colour than the photo has."""
    folder = tmp_path / "data"
    said = [*COLOURS[:6], "grey", "white"]
    with (folder.mkdir() or folder / "captions.jsonl").open("w") as file:
        for number, (colour, word) in enumerate(zip(COLOURS, said, strict=True)):
            paint(folder / "photos" / f"{colour}.png", colour, seed=number)
            captions = [f"a {word} wall .", f"{colour} stones"]
            file.write(json.dumps({"photo": f"{colour}.png", "captions": captions}) + "\n")
    return folder


@pytest.fixture
def write_recipes(tmp_path: Path) -> WriteRecipes:
    """Writes a file of recipes; each has the usual data set and embedder, where it names none."""

    def write(**recipes: dict[str, Any]) -> Path:
        path = tmp_path / "mine.yaml"
        found = {
            name: {"dataset": DATASET}
            | ({} if "embedders" in one else {"embedder": EMBEDDER})
            | one
            for name, one in recipes.items()
        }
        path.write_text(yaml.safe_dump({"title": "Mine", "recipes": found}, sort_keys=False))
        return path

    return write
