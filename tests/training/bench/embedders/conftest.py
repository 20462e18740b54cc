"""Small checkpoints in the hub's formats, a hub on loopback, and captioned photos."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter

from retrieval.encoders import load_encoder
from tests.support import tiny_checkpoints, tiny_models
from tests.support.loopback_hub import LoopbackHub, loopback_hub
from training.bench.base import BenchPhoto, Embedder
from training.bench.embedders import EmbedderSpec, load_embedder

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "black")

Load = Callable[..., Embedder]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small model of each kind; a test that changes one works on a copy."""
    root = tmp_path_factory.mktemp("models")
    return {
        "encoder": tiny_checkpoints.make_clip(root / "clip"),
        "open_clip": tiny_models.make_open_clip_resnet(root / "open_clip"),
        "blip": tiny_models.make_blip(root / "blip"),
        "captioner": tiny_models.make_blip_captioner(root / "captioner"),
        "backbone": tiny_models.make_timm(root / "timm"),
        "bert": tiny_models.make_bert(root / "bert"),
        "sentences": tiny_models.make_sentence_encoder(root / "sentences"),
    }


@pytest.fixture
def photos(tmp_path: Path) -> list[BenchPhoto]:
    """Eight photos of noise in one colour, with two captions each."""
    rng = np.random.default_rng(0)
    found = []
    for colour in COLOURS:
        base = np.asarray(Image.new("RGB", (90, 70), colour), dtype=np.int16)
        noisy = (base + rng.integers(-40, 41, base.shape)).clip(0, 255).astype(np.uint8)
        path = tmp_path / "photos" / f"{colour}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noisy).save(path)
        captions = (f"a {colour} wall", f"the picture is {colour}")
        found.append(BenchPhoto(colour, path, captions))
    return found


@pytest.fixture
def load() -> Load:
    """Loads an embedder from a recipe's words, as the bench does."""

    def loaded(spec: dict[str, Any], **options: Any) -> Embedder:
        options = {"load_encoder": lambda name: load_encoder(name, device="cpu"), **options}
        return load_embedder(
            TypeAdapter(EmbedderSpec).validate_python(spec), device="cpu", **options
        )

    return loaded


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub with nothing in it, and an empty cache."""
    with loopback_hub() as running:
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        yield running


def spec_of(kind: str, name: str) -> dict[str, Any]:
    """A recipe's words for a model of a kind, whatever the kind calls it."""
    return {
        "encoder": {"kind": "encoder", "name": name},
        "open_clip": {"kind": "open_clip", "name": name},
        "blip": {"kind": "blip", "name": name},
        "backbone": {"kind": "backbone", "name": name},
        "sentences": {"kind": "sentences", "name": name},
        "bert": {"kind": "bert_resnet", "text": name, "image": "starter"},
        "captioner": {"kind": "sentences", "captions": "model", "captioner": {"name": name}},
    }[kind]
