"""A small world to fine-tune in: twelve painted photos, captions, a tiny CLIP checkpoint."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.pictures import paint
from tests.support.tiny_checkpoints import make_clip
from training.fine_tuning.config import TrainConfig

COLOURS = (
    "red", "green", "blue", "yellow", "purple", "orange",
    "white", "grey", "black", "pink", "cyan", "brown",
)  # fmt: skip
TRAINED = 9
PHOTOPAL = Path(sys.executable).with_name("photopal")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP checkpoint with random weights."""
    return make_clip(tmp_path_factory.mktemp("checkpoint") / "clip")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Photos, ``train.jsonl`` over nine of them and ``dev.jsonl`` over the other three."""
    rows = []
    for seed, colour in enumerate(COLOURS):
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
        captions = [f"a {colour} wall", f"{colour} all over", f"nothing but {colour}"]
        rows.append({"photo": f"{colour}.png", "captions": captions})
    write_lines(tmp_path / "train.jsonl", rows[:TRAINED])
    write_lines(tmp_path / "dev.jsonl", rows[TRAINED:])
    return tmp_path


@pytest.fixture
def config(world: Path, clip: Path) -> Callable[..., TrainConfig]:
    """Makes configs over the small world: ``config(epochs=2)``."""

    def make(**settings: Any) -> TrainConfig:
        return TrainConfig(
            **{
                "sources": (world / "train.jsonl",),
                "photos": world / "photos",
                "out": world / "out",
                "dev": (world / "dev.jsonl",),
                "encoder": str(clip),
                "epochs": 2,
                "batch_size": 4,
                "precision": "fp32",
                **settings,
            }
        )

    return make


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def start(*arguments: object, **more: Any) -> "subprocess.Popen[str]":
    """``photopal train`` as a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")}
    return subprocess.Popen(
        [str(PHOTOPAL), "train", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        **more,
    )
