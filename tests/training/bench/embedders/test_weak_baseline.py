"""Two networks that never met: projected at random they find nothing, trained they do."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.bench.embedders.conftest import COLOURS, Load
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.embedders import bert_resnet
from training.errors import DatasetInvalid, PhotosUnusable

BASES = {"kind": "bert_resnet", "text": "minilm", "image": "starter", "dim": 32}


@pytest.fixture
def training(photos: list[BenchPhoto], tmp_path: Path) -> dict[str, Any]:
    """A recipe's words for training on the photos."""
    lines = [{"photo": one.path.name, "captions": list(one.captions)} for one in photos]
    path = tmp_path / "captions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    how = {"captions": path.name, "photos": "photos", "epochs": 60, "learning_rate": 0.01}
    return {**BASES, "projection": "trained", "train": how | {"held_out": 0.001}}


def hits(embedder: Any, photos: list[BenchPhoto]) -> int:
    """Colours whose photo comes first, asked for in words of no caption."""
    asked = [BenchQuery(one, f"something {one}") for one in COLOURS]
    scores = embedder.embed_queries(asked) @ embedder.embed_photos(photos).T
    return int((scores.argmax(axis=1) == np.arange(len(COLOURS))).sum())


def test_training_joins_them(
    photos: list[BenchPhoto],
    training: dict[str, Any],
    load: Load,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_random, trained = load(BASES), load(training, root=tmp_path)
    assert hits(trained, photos) >= 6 > 4 > hits(at_random, photos)
    assert at_random.cost == trained.cost and trained.cost.dim == 32

    # The second time it is read, not trained.
    def never(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(bert_resnet, "train_projections", never)
    again = load(training, root=tmp_path)
    assert again.fingerprint == trained.fingerprint
    assert np.allclose(again.embed_photos(photos), trained.embed_photos(photos), atol=1e-5)


def test_random_numbers_go_by_the_seed(photos: list[BenchPhoto], load: Load) -> None:
    first, same, other = (load({**BASES, "seed": seed}) for seed in (1, 1, 2))
    assert first.fingerprint == same.fingerprint != other.fingerprint
    assert np.array_equal(first.embed_photos(photos[:2]), same.embed_photos(photos[:2]))
    assert not np.allclose(first.embed_photos(photos[:2]), other.embed_photos(photos[:2]))


def test_the_fingerprint_goes_by_what_is_trained_on(
    training: dict[str, Any], load: Load, tmp_path: Path
) -> None:
    before = load(training, root=tmp_path).fingerprint
    longer = {**training, "train": training["train"] | {"epochs": 61}}
    assert load(longer, root=tmp_path).fingerprint != before
    with (tmp_path / "captions.jsonl").open("a") as file:
        file.write(json.dumps({"photo": "red.png", "captions": ["a red dog"]}) + "\n")
    assert load(training, root=tmp_path).fingerprint != before


def test_missing_training_data_is_named(
    training: dict[str, Any], load: Load, tmp_path: Path
) -> None:
    (tmp_path / "captions.jsonl").unlink()
    with pytest.raises(DatasetInvalid, match="no file"):
        load(training, root=tmp_path)
    (tmp_path / "captions.jsonl").write_text("{}")
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    with pytest.raises(PhotosUnusable, match="no folder"):
        load(training, root=tmp_path)
