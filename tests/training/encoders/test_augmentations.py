"""The crops that shipped weights and kept vectors were made from stay the same to the pixel."""

import numpy as np
import pytest
from PIL import Image

from training.encoders.augmentations import augmented

FLIP = Image.Transpose.FLIP_LEFT_RIGHT


@pytest.fixture
def photo() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_the_photo_and_its_mirror_image(photo: Image.Image) -> None:
    assert augmented(photo, 0, "a.jpg") is photo
    assert augmented(photo, 1, "a.jpg").tobytes() == photo.transpose(FLIP).tobytes()


@pytest.mark.parametrize(("view", "box"), [(2, (8, 0, 38, 30)), (3, (1, 3, 40, 25))])
def test_crops_of_whole_pixels(
    photo: Image.Image, view: int, box: tuple[int, int, int, int]
) -> None:
    crop = augmented(photo, view, "a.jpg")
    assert crop.tobytes() == photo.crop(box).tobytes()


def test_crops_between_pixels_as_the_starter_was_made_from(photo: Image.Image) -> None:
    box = (4.889953830821098, 0.0, 35.22699938649481, 30.0)
    expected = photo.resize((8, 8), Image.Resampling.BICUBIC, box=box).transpose(FLIP)
    assert augmented(photo, 2, "a.jpg", side=8).tobytes() == expected.tobytes()
