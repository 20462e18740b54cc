"""The CLIP family on small random-weight checkpoints in the hub's formats, really loaded."""

import json
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoModel, BertConfig, BertModel

from retrieval.encoders import Encoder, load_encoder
from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.device import choose_device, choose_dtype
from retrieval.encoders.folder import Manifest, read_manifest, write_manifest
from retrieval.encoders.shorten import phrases
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable
from tests.support.tiny_checkpoints import make_clip, make_siglip2

FAMILIES = ["clip", "siglip", "siglip2", "naflex"]
TEXTS = ["a cat", "two dogs run along the beach", "", "東京 🐱", "coffee, a table"]


def pictures(count: int, seed: int = 0) -> list[Image.Image]:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 90, (count, 2))
    return [
        Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for height, width in sizes
    ]


def load(folder: Path, **settings: object) -> ClipEncoder:
    return ClipEncoder.load(folder, **{"device": "cpu", "dtype": "float32", **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_unit_vectors_of_one_space(
    family: str, checkpoints: dict[str, Path]
) -> None:
    encoder = load_encoder(checkpoints[family])
    assert isinstance(encoder, Encoder)
    photos, texts = encoder.encode_images(pictures(5)), encoder.encode_texts(TEXTS)
    for vectors in (photos, texts):
        assert vectors.shape == (5, encoder.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.image_size == 32
    assert encoder.max_text_tokens == (77 if family == "clip" else 64)
    assert encoder.reference_statistics() is None


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_in_gives_an_empty_matrix_of_the_right_width(
    family: str, checkpoints: dict[str, Path]
) -> None:
    encoder = load(checkpoints[family])
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, encoder.dim)


def test_vectors_are_those_of_the_model_itself(checkpoints: dict[str, Path]) -> None:
    encoder = load(checkpoints["clip"])
    model = AutoModel.from_pretrained(checkpoints["clip"]).eval()
    pixels = encoder._pixels.batch(pictures(3))["pixel_values"]
    ids = torch.nn.functional.pad(encoder._tokens.batch(["a cat"]), (0, 50), value=0)
    with torch.no_grad():
        output = model(input_ids=ids, pixel_values=pixels)
    np.testing.assert_allclose(encoder.encode_images(pictures(3)), output.image_embeds, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_texts(["a cat"]), output.text_embeds, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_batches_change_nothing(family: str, checkpoints: dict[str, Path]) -> None:
    photos, texts = pictures(7), [*TEXTS, "a", "the rocket is launched at night"]
    whole = load(checkpoints[family], batch_size=100)
    apart = load(checkpoints[family], batch_size=2)
    np.testing.assert_allclose(whole.encode_images(photos), apart.encode_images(photos), atol=1e-5)
    np.testing.assert_allclose(whole.encode_texts(texts), apart.encode_texts(texts), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_input_gives_the_same_bits_across_loads(
    family: str, checkpoints: dict[str, Path]
) -> None:
    first, second = load_encoder(checkpoints[family]), load_encoder(checkpoints[family])
    np.testing.assert_array_equal(
        first.encode_images(pictures(4)), second.encode_images(pictures(4))
    )
    np.testing.assert_array_equal(first.encode_texts(TEXTS), second.encode_texts(TEXTS))


@pytest.mark.parametrize("family", FAMILIES)
def test_bfloat16_stays_close_and_keeps_the_fingerprint(
    family: str, checkpoints: dict[str, Path]
) -> None:
    full, brain = load(checkpoints[family]), load(checkpoints[family], dtype="bfloat16")
    assert (brain.fingerprint, brain.text_fingerprint) == (full.fingerprint, full.text_fingerprint)
    photos, texts = pictures(6), TEXTS
    assert (full.encode_images(photos) * brain.encode_images(photos)).sum(1).min() > 0.999
    assert (full.encode_texts(texts) * brain.encode_texts(texts)).sum(1).min() > 0.999


def test_pictures_of_any_mode_and_shape_are_encoded(checkpoints: dict[str, Path]) -> None:
    encoder = load(checkpoints["clip"])
    odd: Sequence[Image.Image] = [
        Image.new("RGBA", (40, 30), (9, 9, 9, 0)),
        Image.new("L", (1, 1)),
        Image.new("P", (3000, 2)),
        Image.new("CMYK", (2, 500)),
    ]
    assert np.isfinite(encoder.encode_images(odd)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_that_is_too_long_is_shortened_by_phrases(
    family: str, checkpoints: dict[str, Path]
) -> None:
    encoder = load(checkpoints[family])
    fields = [f"a red chair number {number} in the garden" for number in range(40)]
    fitting = 0
    while encoder.count_tokens(", ".join(fields[: fitting + 1])) <= encoder.max_text_tokens:
        fitting += 1
    assert 0 < fitting < 40
    long, kept = ", ".join(fields), ", ".join(fields[:fitting])
    assert phrases(kept) == fields[:fitting]
    np.testing.assert_array_equal(encoder.encode_texts([long]), encoder.encode_texts([kept]))


def test_100_kb_of_text_are_encoded(checkpoints: dict[str, Path]) -> None:
    encoder = load(checkpoints["siglip2"])
    huge = ["word " * 20_000, "x" * 100_000, "🐱" * 25_000, "ä,\n" * 25_000]
    assert np.isfinite(encoder.encode_texts(huge)).all()


def test_fingerprints_tell_weights_apart(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    made = [
        load(checkpoints["clip"]),
        load(make_clip(tmp_path / "seed", seed=1)),
        load(make_clip(tmp_path / "act", hidden_act="gelu")),
        load(checkpoints["siglip2"]),
        load(make_siglip2(tmp_path / "siglip", seed=1)),
        load(checkpoints["naflex"]),
    ]
    assert len({encoder.fingerprint for encoder in made}) == len(made)
    assert len({encoder.text_fingerprint for encoder in made}) == len(made)


def test_a_fingerprint_follows_the_content_not_the_place_or_precision(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    original = load(checkpoints["clip"])
    copy = shutil.copytree(checkpoints["clip"], tmp_path / "elsewhere")
    assert load(copy).fingerprint == original.fingerprint
    weights = load_file(copy / "model.safetensors")
    rounded = {name: tensor.bfloat16() for name, tensor in weights.items()}
    save_file(
        {n: t.float() for n, t in rounded.items()}, copy / "model.safetensors", {"format": "pt"}
    )
    from_float = load(copy).fingerprint
    save_file(rounded, copy / "model.safetensors", {"format": "pt"})
    assert load(copy).fingerprint == from_float != original.fingerprint


def test_a_fingerprint_follows_the_preprocessing(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    copy = shutil.copytree(checkpoints["siglip2"], tmp_path / "copy")
    path = copy / "preprocessor_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "image_mean": [0.4, 0.5, 0.5]}))
    before, after = load(checkpoints["siglip2"]), load(copy)
    assert after.fingerprint != before.fingerprint
    assert after.text_fingerprint == before.text_fingerprint


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_encoder_is_loaded_as_it_was(
    family: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    original = load(checkpoints[family])
    original.save(tmp_path / "tuned", extra={"hit@30": 0.5})
    again = load_encoder(tmp_path / "tuned", device="cpu")
    assert again.fingerprint == original.fingerprint
    assert again.text_fingerprint == original.text_fingerprint
    manifest = read_manifest(tmp_path / "tuned")
    assert (manifest.kind, manifest.base, manifest.dim) == ("clip", original.name, original.dim)
    assert manifest.extra == {"hit@30": 0.5}
    np.testing.assert_array_equal(
        load(tmp_path / "tuned").encode_images(pictures(2)), original.encode_images(pictures(2))
    )


def test_training_the_text_tower_leaves_photo_vectors_and_fingerprint(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    encoder = load(checkpoints["siglip2"])
    photos, texts = encoder.encode_images(pictures(4)), encoder.encode_texts(TEXTS[:4])
    before = encoder.fingerprint, encoder.text_fingerprint
    optimizer = torch.optim.SGD(encoder.model.text_model.parameters(), lr=0.1)
    losses = []
    for _ in range(5):
        vectors = torch.nn.functional.normalize(encoder.text_features(TEXTS[:4]))
        scores = vectors @ torch.from_numpy(photos).T
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(4))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    encoder.save(tmp_path / "tuned")
    tuned = load(tmp_path / "tuned")
    assert tuned.fingerprint == before[0]
    assert tuned.text_fingerprint != before[1]
    np.testing.assert_array_equal(tuned.encode_images(pictures(4)), photos)
    assert np.abs(tuned.encode_texts(TEXTS[:4]) - texts).max() > 1e-4


def test_a_folder_of_changes_is_laid_over_its_base(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(checkpoints["clip"], tmp_path / "base")
    base = load(tmp_path / "base")
    with torch.no_grad():
        base.model.text_projection.weight.mul_(-1)
    manifest = base.save(tmp_path / "whole")
    changes = tmp_path / "changes"
    changes.mkdir()
    changed = {"text_projection.weight": base.model.text_projection.weight.detach().clone()}
    save_file(changed, changes / "text.safetensors")
    write_manifest(changes, Manifest(**{**vars(manifest), "base": "base"}))
    ours, whole = load(changes), load(tmp_path / "whole")
    assert ours.text_fingerprint == whole.text_fingerprint
    assert ours.fingerprint == whole.fingerprint
    np.testing.assert_array_equal(ours.encode_texts(TEXTS), whole.encode_texts(TEXTS))

    save_file({"text_projection.weight": torch.zeros(2, 2)}, changes / "text.safetensors")
    with pytest.raises(EncoderFolderInvalid, match=r"text_projection\.weight does not fit"):
        load(changes)


def test_a_pickle_only_checkpoint_is_refused_unread(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints["clip"], tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    witness = tmp_path / "witness"
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Trap(witness)))
    with pytest.raises(EncoderFolderInvalid, match=r"pickle \(pytorch_model\.bin\)"):
        load_encoder(folder)
    assert not witness.exists()


class _Trap:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.witness,)


def test_weights_that_are_not_those_of_the_manifest_are_refused(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    load(checkpoints["clip"]).save(tmp_path / "mine")
    make_clip(tmp_path / "other", seed=5)
    shutil.copy(tmp_path / "other" / "model.safetensors", tmp_path / "mine")
    with pytest.raises(EncoderFolderInvalid, match=r"not those that encoder\.json describes"):
        load_encoder(tmp_path / "mine")


@pytest.mark.parametrize("damage", ["truncated", "lacking", "reshaped", "not a number"])
def test_damaged_weights_are_refused_in_one_line(
    damage: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoints["clip"], tmp_path / "damaged")
    path = folder / "model.safetensors"
    weights = load_file(path)
    name = "visual_projection.weight"
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        if damage == "lacking":
            del weights[name]
        elif damage == "reshaped":
            weights[name] = torch.zeros(3, 3)
        else:
            weights[name] = torch.full_like(weights[name], torch.nan)
        save_file(weights, path, {"format": "pt"})
    with pytest.raises(EncoderFolderInvalid) as caught:
        load_encoder(folder).encode_images(pictures(1))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_that_embeds_no_pictures_is_refused(tmp_path: Path) -> None:
    config = BertConfig(
        vocab_size=50,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(EncoderFolderInvalid, match="is a bert model"):
        load_encoder(tmp_path)


def test_an_empty_folder_and_a_broken_config_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderFolderInvalid, match="holds no encoder"):
        load_encoder(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(EncoderFolderInvalid, match=r"config\.json cannot be read"):
        load_encoder(tmp_path)


def test_loading_says_nothing_by_itself(
    checkpoints: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    load_encoder(checkpoints["clip"]).encode_texts(["a cat"])
    assert capfd.readouterr() == ("", "")


def test_devices_and_precisions_are_chosen_or_refused() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in {"cpu", "cuda", "mps"}
    assert choose_dtype(torch.device("cpu")) in {torch.float32, torch.bfloat16}
    assert choose_dtype(torch.device("cpu"), "float32") == torch.float32
    with pytest.raises(EncoderUnavailable, match="no device 'tpu'"):
        choose_device("tpu")
    with pytest.raises(EncoderUnavailable, match="no precision"):
        choose_dtype(torch.device("cpu"), "int4")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there_is_refused(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(EncoderUnavailable, match=r"no device 'cuda'.*choose cpu"):
        load_encoder(checkpoints["clip"], device="cuda")
