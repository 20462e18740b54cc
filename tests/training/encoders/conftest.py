"""Small checkpoints, the real starter, and a few pictures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.starter import StarterEncoder
from tests.support import tiny_checkpoints as tiny
from tests.support.pictures import paint

COLOURS = ("red", "green", "blue", "yellow", "purple", "white")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small checkpoint folder of each family."""
    root = tmp_path_factory.mktemp("towers")
    return {
        "clip": tiny.make_clip(root / "clip"),
        "siglip": tiny.make_siglip1(root / "siglip"),
        "naflex": tiny.make_naflex(root / "naflex"),
    }


@pytest.fixture
def clip(checkpoints: dict[str, Path]) -> ClipEncoder:
    """A fresh small CLIP in full precision."""
    return ClipEncoder.load(checkpoints["clip"], device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def _starter() -> StarterEncoder:
    return StarterEncoder.load()


@pytest.fixture
def starter(_starter: StarterEncoder) -> Iterator[StarterEncoder]:
    """The starter as it is shipped; whatever a test trains in it is undone afterwards."""
    scene, prints = _starter.scene_base, (_starter.fingerprint, _starter.text_fingerprint)
    heads = {name: tensor.clone() for name, tensor in _starter.text_head.state_dict().items()}
    base = scene or _starter.text_base
    network = {name: tensor.clone() for name, tensor in base.network.state_dict().items()}
    yield _starter
    _starter.scene_base = scene
    _starter.fingerprint, _starter.text_fingerprint = prints
    _starter.text_head.load_state_dict(heads)
    _starter.text_head.eval()
    if not any(".lora_A." in name for name in base.network.state_dict()):
        base.network.load_state_dict(network)
        base.network.eval()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Six pictures of one colour each."""
    return [
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
        for seed, colour in enumerate(COLOURS)
    ]


@pytest.fixture
def images(photos: list[Path]) -> list[Image.Image]:
    """The same, opened."""
    return [Image.open(path).convert("RGB") for path in photos]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
