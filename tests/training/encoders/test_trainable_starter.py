"""The starter as a trainable encoder: its text side moves, its image side never does."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from retrieval.encoders import load_encoder
from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.heads import TextHead, sentence_vectors
from retrieval.encoders.starter.layout import STATE_DIM
from tests.training.encoders.steps import TEXTS, step, vectors
from training.encoders import make_trainable
from training.errors import EncoderNotTrainable


def test_vectors_are_the_scene_part_of_the_encoders(
    starter: StarterEncoder, images: list[Image.Image]
) -> None:
    texts, photos = starter.encode_texts(TEXTS), starter.encode_images(images)
    trainable = make_trainable(starter)
    assert trainable.dim == 512
    scene = texts[:, :512] / np.linalg.norm(texts[:, :512], axis=1, keepdims=True)
    assert np.sum(scene * vectors(trainable).numpy(), axis=1).min() > 0.999
    found = trainable.photo_vectors(images)
    assert not found.requires_grad
    np.testing.assert_allclose(found, photos[:, :512] * 2**0.5, atol=1e-2)


def mapped_before_pooling(
    head: TextHead, states: torch.Tensor, present: torch.Tensor
) -> torch.Tensor:
    """The scene vectors as their formula is written, each token mapped."""
    logits = head.attention(states).masked_fill(~present[..., None], -1e4)
    values = head.values(states).unflatten(-1, (head.pools, -1))
    pooled = (logits.softmax(dim=1)[..., None] * values).sum(1).flatten(1)
    scene = head.head(sentence_vectors(states, present) * STATE_DIM**0.5)
    scene = scene + head.contract(head.dropout(F.gelu(pooled)))
    return F.normalize(scene, dim=-1)


def test_pooling_before_mapping_changes_nothing(starter: StarterEncoder) -> None:
    head = starter.text_head.eval()
    states = torch.randn(5, 9, 384)
    present = torch.arange(9)[None] < torch.tensor([9, 1, 4, 7, 2])[:, None]
    fast, plain = head.scene(states, present), mapped_before_pooling(head, states, present)
    torch.testing.assert_close(fast, plain, atol=1e-5, rtol=0)
    weight = head.values.weight
    gradient = torch.autograd.grad(plain[:, 0].sum(), weight)[0]
    torch.testing.assert_close(
        torch.autograd.grad(fast[:, 0].sum(), weight)[0], gradient, atol=1e-5, rtol=1e-3
    )


@pytest.mark.parametrize("tune", ["text", "head"])
def test_training_changes_texts_and_no_photo(
    starter: StarterEncoder, images: list[Image.Image], tmp_path: Path, tune: str
) -> None:
    before = starter.encode_images(images)
    prints = starter.fingerprint, starter.text_fingerprint
    names = starter.encode_texts(TEXTS)[:, 512:]
    trainable = make_trainable(starter, tune=tune)  # type: ignore[arg-type]
    step(trainable, images, 1e-4)
    trained = vectors(trainable)
    manifest = trainable.save(tmp_path / "tuned", extra={"note": "a step"})
    assert torch.equal(vectors(trainable), trained), "saving must not change what is trained"
    assert manifest.fingerprint == prints[0]
    assert manifest.text_fingerprint != prints[1]
    tuned = load_encoder(tmp_path / "tuned")
    # One by torch, the other by compiled networks.
    np.testing.assert_allclose(tuned.encode_images(images), before, atol=1e-4)
    texts = tuned.encode_texts(TEXTS)
    scene = texts[:, :512] / np.linalg.norm(texts[:, :512], axis=1, keepdims=True)
    assert np.sum(scene * trained.numpy(), axis=1).min() > 0.998
    np.testing.assert_allclose(texts[:, 512:], names, atol=5e-3)


def test_what_moves(starter: StarterEncoder) -> None:
    trainable = make_trainable(starter)
    moving = {name for name, p in trainable.module.named_parameters() if p.requires_grad}
    assert any(name.startswith("network.encoder.layer.0.") for name in moving)
    assert any(name.startswith("head.") for name in moving)
    assert not any("word_embeddings" in name or "pooler" in name for name in moving)
    assert not any(p.requires_grad for p in starter.image_head.parameters())
    assert starter.scene_base is not starter.text_base
    rates = {
        id(p): group["lr"]
        for group in trainable.parameter_groups(1e-4, 0.05)
        for p in group["params"]
    }
    for name, parameter in trainable.module.named_parameters():
        if parameter.requires_grad:
            expected = 4e-4 if name.startswith("head.") else 1e-4
            assert rates[id(parameter)] == pytest.approx(expected)


def test_the_head_alone_moves_over_cached_states(
    starter: StarterEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainable = make_trainable(starter, tune="head")
    expected = vectors(trainable)
    trainable.cache_texts(TEXTS[:3], tmp_path)
    mixed = vectors(trainable)
    torch.testing.assert_close(mixed, expected, atol=2e-3, rtol=0)
    trainable.cache_texts([*TEXTS, TEXTS[0]], tmp_path)
    trainable.cache_texts([], tmp_path)
    torch.testing.assert_close(vectors(trainable), expected)
    again = make_trainable(starter, tune="head")
    base = starter.scene_base or starter.text_base
    monkeypatch.setattr(base, "states", _forbidden)
    again.cache_texts([*TEXTS, TEXTS[0]], tmp_path)
    torch.testing.assert_close(vectors(again), expected, atol=2e-3, rtol=0)


def _forbidden(*_: object) -> None:
    raise AssertionError("the network was run")


def test_both_is_refused(starter: StarterEncoder) -> None:
    with pytest.raises(EncoderNotTrainable, match="image side stays locked"):
        make_trainable(starter, tune="both")
