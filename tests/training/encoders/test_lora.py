"""LoRA: small adapters train, and what is written is a plain encoder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from retrieval.encoders import load_encoder
from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.scene import copy_of
from tests.training.encoders.steps import TEXTS, step, vectors
from training.encoders import make_trainable
from training.encoders.lora import add_lora
from training.encoders.wise_ft import interpolate
from training.errors import TrainingError


@pytest.mark.parametrize("family", ["clip", "siglip", "naflex"])
@pytest.mark.parametrize("tune", ["text", "both"])
def test_the_merged_folder_equals_the_adapted_tower(
    family: str,
    tune: str,
    checkpoints: dict[str, Path],
    images: list[Image.Image],
    tmp_path: Path,
) -> None:
    encoder = ClipEncoder.load(checkpoints[family], device="cpu", dtype="float32")
    untouched = encoder.encode_texts(TEXTS)
    fingerprint = encoder.fingerprint
    trainable = make_trainable(encoder, tune=tune, lora=2)  # type: ignore[arg-type]
    np.testing.assert_allclose(vectors(trainable), untouched, atol=1e-5)
    step(trainable, images)
    adapted = vectors(trainable)
    assert np.abs(adapted.numpy() - untouched).max() > 1e-3
    manifest = trainable.save(tmp_path / "tuned")
    assert torch.equal(vectors(trainable), adapted), "saving must not change what is trained"
    loaded = ClipEncoder.load(tmp_path / "tuned", device="cpu", dtype="float32")
    np.testing.assert_allclose(loaded.encode_texts(TEXTS), adapted, atol=1e-5)
    assert not any("lora" in name for name in loaded.model.state_dict())
    assert (manifest.fingerprint == fingerprint) == (tune == "text")


def test_few_weights_move(clip: ClipEncoder) -> None:
    whole = sum(p.numel() for p in clip.model.text_model.parameters())
    trainable = make_trainable(clip, lora=1)
    moving = [(n, p) for n, p in trainable.module.named_parameters() if p.requires_grad]
    assert all("lora_" in name or "projection" in name for name, _ in moving)
    assert sum(p.numel() for _, p in moving) < whole / 5


def test_the_starters_network_takes_adapters(
    starter: StarterEncoder, images: list[Image.Image], tmp_path: Path
) -> None:
    # A network of its own, so that the shared one stays without adapters.
    starter.scene_base = copy_of(starter.scene_base or starter.text_base)
    trainable = make_trainable(starter, lora=2)
    step(trainable, images, 1e-3)
    adapted = vectors(trainable)
    manifest = trainable.save(tmp_path / "tuned")
    assert manifest.fingerprint == load_encoder("starter").fingerprint
    texts = load_encoder(tmp_path / "tuned").encode_texts(TEXTS)[:, :512]
    scene = texts / np.linalg.norm(texts, axis=1, keepdims=True)
    assert np.sum(scene * adapted.numpy(), axis=1).min() > 0.998


def test_the_same_adapters_whenever_the_tower_is_opened(checkpoints: dict[str, Path]) -> None:
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        encoder = ClipEncoder.load(checkpoints["clip"], device="cpu", dtype="float32")
        states.append(make_trainable(encoder, lora=2).module.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_halfway_to_the_adapters_is_halfway_in_the_merged_weights(
    clip: ClipEncoder, images: list[Image.Image], tmp_path: Path
) -> None:
    trainable = make_trainable(clip, lora=2)
    original = {name: tensor.clone() for name, tensor in trainable.module.state_dict().items()}
    step(trainable, images)
    tuned = {name: tensor.clone() for name, tensor in trainable.module.state_dict().items()}
    weights = []
    for alpha in (0.0, 0.5, 1.0):
        interpolate(trainable.module, original, tuned, alpha)
        folder = tmp_path / str(alpha)
        trainable.save(folder)
        loaded = ClipEncoder.load(folder, device="cpu", dtype="float32")
        weights.append(loaded.model.text_model.encoder.layers[0].mlp.fc1.weight.detach())
    torch.testing.assert_close(weights[1], (weights[0] + weights[2]) / 2)
    assert not torch.equal(weights[0], weights[2])


def test_nothing_to_adapt() -> None:
    with pytest.raises(TrainingError, match="no linear layer"):
        add_lora(nn.Sequential(nn.ReLU()), 2)
