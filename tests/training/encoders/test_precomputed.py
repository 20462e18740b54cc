"""Precomputed embeddings: computed once, kept, and never out of date."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from retrieval.encoders.clip import ClipEncoder
from tests.support.pictures import halves, paint
from tests.training.encoders.steps import step
from training.encoders import make_trainable
from training.encoders.augmentations import augmented
from training.encoders.precomputed import precompute_embeddings
from training.errors import PhotosUnusable


def test_it_holds_what_the_encoder_says(clip: ClipEncoder, photos: list[Path]) -> None:
    told: list[tuple[int, int]] = []
    trainable = make_trainable(clip)
    embeddings = precompute_embeddings(
        trainable, photos, batch_size=4, on_progress=lambda *done: told.append(done)
    )
    assert embeddings.shape == (1, 6, clip.dim)
    assert embeddings.dtype == torch.float32
    assert not embeddings.requires_grad
    expected = clip.encode_images([Image.open(path).convert("RGB") for path in photos])
    np.testing.assert_allclose(embeddings[0], expected, atol=1e-5)
    assert told == [(4, 6), (6, 6)]


def test_it_is_computed_once(
    clip: ClipEncoder, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainable = make_trainable(clip)
    first = precompute_embeddings(trainable, photos, tmp_path / "cache", views=2)
    monkeypatch.setattr(clip, "image_features", _forbidden)
    assert torch.equal(precompute_embeddings(trainable, photos, tmp_path / "cache", views=2), first)
    assert torch.equal(precompute_embeddings(trainable, photos, tmp_path / "cache"), first[:1])


def _forbidden(*_: object) -> None:
    raise AssertionError("a photo was embedded again")


def test_more_views_reuse_those_that_are_there(
    clip: ClipEncoder, photos: list[Path], tmp_path: Path
) -> None:
    trainable = make_trainable(clip)
    one = precompute_embeddings(trainable, photos, tmp_path / "cache")
    three = precompute_embeddings(trainable, photos, tmp_path / "cache", views=3)
    assert torch.equal(three[0], one[0])
    assert len(list((tmp_path / "cache").iterdir())) == 3
    torch.testing.assert_close(three.norm(dim=-1), torch.ones(3, 6))


def test_a_changed_photo_is_embedded_again(
    clip: ClipEncoder, photos: list[Path], tmp_path: Path
) -> None:
    trainable = make_trainable(clip)
    before = precompute_embeddings(trainable, photos, tmp_path / "cache")
    paint(photos[0], "black", seed=3)
    os.utime(photos[0], ns=(1, 1))
    after = precompute_embeddings(trainable, photos, tmp_path / "cache")
    assert not torch.equal(after[0, 0], before[0, 0])
    torch.testing.assert_close(after[0, 1:], before[0, 1:])


def test_a_damaged_cache_is_made_again(
    clip: ClipEncoder, photos: list[Path], tmp_path: Path
) -> None:
    trainable = make_trainable(clip)
    before = precompute_embeddings(trainable, photos, tmp_path / "cache")
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(b"half a fi")
    assert torch.equal(precompute_embeddings(trainable, photos, tmp_path / "cache"), before)


def test_a_cache_that_cannot_be_written_stops_nothing(
    clip: ClipEncoder, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert precompute_embeddings(make_trainable(clip), photos, tmp_path / "file").shape[1] == 6


def test_photos_that_move_are_never_cached(
    clip: ClipEncoder, photos: list[Path], images: list[Image.Image], tmp_path: Path
) -> None:
    trainable = make_trainable(clip, tune="both")
    before = precompute_embeddings(trainable, photos, tmp_path / "cache")
    step(trainable, images)
    assert not torch.allclose(
        precompute_embeddings(trainable, photos, tmp_path / "cache"), before, atol=1e-4
    )
    assert not (tmp_path / "cache").exists()


def test_an_unreadable_photo_is_named(
    clip: ClipEncoder, photos: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    with pytest.raises(PhotosUnusable, match=r"bad\.jpg cannot be read: not an image"):
        precompute_embeddings(make_trainable(clip), [*photos, bad])
    with pytest.raises(PhotosUnusable, match=r"gone\.jpg cannot be read"):
        precompute_embeddings(make_trainable(clip), [tmp_path / "gone.jpg"], tmp_path / "cache")


def test_no_photos_give_no_embeddings(clip: ClipEncoder) -> None:
    assert precompute_embeddings(make_trainable(clip), []).shape == (1, 0, clip.dim)


def test_views() -> None:
    photo = halves((97, 64))
    assert augmented(photo, 0, "a.jpg") is photo
    assert augmented(photo, 1, "a.jpg").getpixel((0, 0)) == photo.getpixel((96, 0))
    crop = augmented(photo, 2, "a.jpg")
    assert crop.tobytes() == augmented(photo, 2, "a.jpg").tobytes()
    assert 0.5 < crop.width * crop.height / (97 * 64) <= 1.0
    assert augmented(Image.new("RGB", (1, 1)), 3, "b.jpg").size == (1, 1)
