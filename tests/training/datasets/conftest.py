"""Files of examples over painted photos."""

import json
from pathlib import Path
from typing import Any

import pytest


def write_lines(path: Path, *rows: Any) -> Path:
    """A JSON Lines file; texts go in as they are."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


DESCRIPTORS = {
    "main_subject": "a red wall",
    "foreground_objects": "bench",
    "background_scene": "",
    "events": "resting",
    "materials_and_attributes": "brick",
}


@pytest.fixture
def captions(tmp_path: Path) -> Path:
    """Captions of three photos."""
    return write_lines(
        tmp_path / "captions.jsonl",
        {"photo": "red.png", "captions": ["a red wall", "so red"]},
        {"photo": "green.png", "captions": ["a green wall"]},
        {"photo": "blue.png", "caption": "a blue wall"},
    )


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """Two dialogues, one with descriptors."""
    return write_lines(
        tmp_path / "chats.jsonl",
        {
            "photo": "red.png",
            "turns": [[1, "hey"], [0, "that red wall again"], [0, None], [1, "lovely"]],
            "descriptors": DESCRIPTORS,
        },
        {"photo": "yellow.png", "turns": [[0, "all yellow there"], [1, "show me!"]]},
    )
