"""CLIP and SigLIP as trainable encoders: what moves, what stays, and what is written."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BertConfig, BertModel

from retrieval.encoders import load_encoder
from retrieval.encoders.clip import ClipEncoder
from retrieval.errors import EncoderFolderInvalid
from tests.support.fake_encoder import ColourEncoder
from tests.training.encoders.steps import TEXTS, step, vectors
from training.encoders import make_trainable
from training.errors import EncoderNotTrainable, TrainingError

FAMILIES = ["clip", "siglip", "naflex"]


def load(folder: Path) -> ClipEncoder:
    return ClipEncoder.load(folder, device="cpu", dtype="float32")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tune", ["text", "both", "head"])
def test_vectors_are_the_encoders_own(
    family: str, tune: str, checkpoints: dict[str, Path], images: list[Image.Image]
) -> None:
    encoder = load(checkpoints[family])
    texts, photos = encoder.encode_texts(TEXTS), encoder.encode_images(images)
    trainable = make_trainable(encoder, tune=tune)  # type: ignore[arg-type]
    np.testing.assert_allclose(vectors(trainable), texts, atol=1e-5)
    with torch.no_grad():
        np.testing.assert_allclose(trainable.photo_vectors(images), photos, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tune", ["text", "head"])
def test_training_the_text_side_leaves_every_photo_as_it_was(
    family: str,
    tune: str,
    checkpoints: dict[str, Path],
    images: list[Image.Image],
    tmp_path: Path,
) -> None:
    before = load(checkpoints[family])
    photos = before.encode_images(images)
    trainable = make_trainable(load(checkpoints[family]), tune=tune)  # type: ignore[arg-type]
    assert not trainable.moves_photos
    step(trainable, images)
    trained = vectors(trainable)
    manifest = trainable.save(tmp_path / "tuned", extra={"note": "a step"})
    after = load(tmp_path / "tuned")
    assert manifest.fingerprint == after.fingerprint == before.fingerprint
    assert after.text_fingerprint != before.text_fingerprint
    np.testing.assert_array_equal(after.encode_images(images), photos)
    np.testing.assert_allclose(after.encode_texts(TEXTS), trained, atol=1e-6)


def test_training_both_moves_the_photos(
    clip: ClipEncoder, images: list[Image.Image], tmp_path: Path
) -> None:
    before = (clip.fingerprint, clip.text_fingerprint)
    photos = clip.encode_images(images)
    trainable = make_trainable(clip, tune="both")
    assert trainable.moves_photos
    step(trainable, images)
    manifest = trainable.save(tmp_path / "tuned")
    assert manifest.fingerprint != before[0]
    assert manifest.text_fingerprint != before[1]
    assert np.abs(load(tmp_path / "tuned").encode_images(images) - photos).max() > 1e-4


def test_what_does_not_move_has_no_gradient(clip: ClipEncoder, images: list[Image.Image]) -> None:
    trainable = make_trainable(clip, tune="text")
    loss = -(
        trainable.text_vectors(trainable.tokenize(TEXTS)) @ trainable.photo_vectors(images).T
    ).sum()
    loss.backward()
    assert all(p.grad is None for p in clip.model.vision_model.parameters())
    assert clip.model.visual_projection.weight.grad is None
    assert all(p.grad is not None for p in clip.model.text_model.parameters())
    assert not any("vision" in name for name in trainable.module.state_dict())


def test_locked_layers_stay(clip: ClipEncoder, images: list[Image.Image]) -> None:
    trainable = make_trainable(clip, freeze_layers=1)
    before = {name: tensor.clone() for name, tensor in trainable.module.state_dict().items()}
    step(trainable, images)
    moved = {n for n, t in trainable.module.state_dict().items() if not torch.equal(t, before[n])}
    assert any("layers.1." in name for name in moved)
    assert not any("layers.0." in name or "embedding" in name for name in moved)


def test_an_encoder_in_half_precision_is_read_again_in_full(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    half = ClipEncoder.load(checkpoints["clip"], device="cpu", dtype="bfloat16")
    trainable = make_trainable(half)
    assert {p.dtype for p in trainable.module.parameters()} == {torch.float32}
    assert trainable.save(tmp_path / "tuned").fingerprint == half.fingerprint


def test_a_text_that_is_too_long_is_shortened_as_the_encoder_does(clip: ClipEncoder) -> None:
    long = ["a cat, " * 100, "dogs"]
    expected = clip.encode_texts(long)
    np.testing.assert_allclose(vectors(make_trainable(clip), long), expected, atol=1e-5)


def test_biases_and_norms_do_not_decay(clip: ClipEncoder) -> None:
    trainable = make_trainable(clip)
    groups = trainable.parameter_groups(1e-4, 0.05)
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    moving = {name: p for name, p in trainable.module.named_parameters() if p.requires_grad}
    assert set(decay) == {id(p) for p in moving.values()}
    for name, parameter in moving.items():
        vector = name.endswith(".bias") or "norm" in name
        assert decay[id(parameter)] == (0.0 if vector else 0.05), name
    assert {group["lr"] for group in groups} == {1e-4}


def test_cached_texts_are_read_not_run(
    clip: ClipEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainable = make_trainable(clip, tune="head")
    expected = vectors(trainable)
    trainable.cache_texts([*TEXTS, TEXTS[0]], tmp_path)
    again = make_trainable(clip, tune="head")
    monkeypatch.setattr(clip.model, "get_text_features", _forbidden)
    again.cache_texts([*TEXTS, TEXTS[0]], tmp_path)
    torch.testing.assert_close(vectors(again), expected)


def test_a_damaged_cache_of_texts_is_made_again(clip: ClipEncoder, tmp_path: Path) -> None:
    trainable = make_trainable(clip, tune="head")
    expected = vectors(trainable)
    trainable.cache_texts(TEXTS, tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:40])
    trainable.cache_texts(TEXTS, tmp_path)
    torch.testing.assert_close(vectors(trainable), expected)


def test_a_text_that_is_not_cached_is_computed(clip: ClipEncoder) -> None:
    trainable = make_trainable(clip, tune="head")
    expected = vectors(trainable)
    trainable.cache_texts(TEXTS[1:3])
    torch.testing.assert_close(vectors(trainable), expected)


def _forbidden(*_: object, **__: object) -> None:
    raise AssertionError("the network was run")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tune": "images"}, "choose text, both, head"),
        ({"lora": -1}, "rank of -1"),
        ({"freeze_layers": 3}, "the text tower has 2"),
        ({"tune": "head", "lora": 4}, "locks the whole network"),
    ],
)
def test_settings_that_make_no_sense(
    clip: ClipEncoder, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(TrainingError, match=said):
        make_trainable(clip, **settings)  # type: ignore[arg-type]


def test_another_kind_of_encoder_cannot_be_trained() -> None:
    with pytest.raises(EncoderNotTrainable, match="'colours' cannot be trained"):
        make_trainable(ColourEncoder())


def test_a_folder_of_another_architecture_is_refused_in_one_line(tmp_path: Path) -> None:
    config = BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(tmp_path / "bert")
    with pytest.raises(EncoderFolderInvalid, match="is a bert model") as refused:
        make_trainable(load_encoder(tmp_path / "bert"))
    assert "\n" not in str(refused.value)


def test_a_pickle_is_refused_in_one_line(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    for file in checkpoints["clip"].iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(EncoderFolderInvalid, match="a pickle") as refused:
        make_trainable(load_encoder(tmp_path))
    assert "\n" not in str(refused.value)
