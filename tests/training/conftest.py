"""Dialogues of our own over painted photos: what an evaluation needs, in miniature."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.pictures import paint

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "grey")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name != "PHOTOPAL_CACHE" and name.startswith(("PHOTOPAL_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))


def dialogue(number: int, colour: str, *said: str, shares: bool = True) -> dict[str, Any]:
    """A dialogue that leads to the photo of that colour."""
    turns = [
        {"message": text, "share_photo": False, "user_id": place % 2}
        for place, text in enumerate(said or ("how was it?", f"so {colour} there", "let me show"))
    ]
    if shares:
        turns.append({"message": "", "share_photo": True, "user_id": 1})
        turns.append({"message": "nice", "share_photo": False, "user_id": 0})
    return {
        "dialogue": turns,
        "dialogue_id": number,
        "photo_id": colour,
        "photo_url": f"https://photos.example/{colour}_o.jpg",
        "photo_description": f"The photo has your dad Mark. Objects in the photo: {colour}, Wall",
    }


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eight photos, one a colour."""
    folder = tmp_path / "photos"
    for seed, colour in enumerate(COLOURS):
        paint(folder / f"{colour}.png", colour, seed=seed)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Eight dialogues, one a colour."""
    return write(
        tmp_path / "test_0.json", [dialogue(n, colour) for n, colour in enumerate(COLOURS)]
    )


@pytest.fixture
def descriptors(tmp_path: Path) -> Path:
    """Right descriptors for all but the last two dialogues: one wrong, one not there."""
    path = tmp_path / "descriptors.jsonl"
    lines = [
        {"id": n, "main_subject": f"a {colour} wall", "events": ""}
        for n, colour in enumerate((*COLOURS[:6], "black"))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
