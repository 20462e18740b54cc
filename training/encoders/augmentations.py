"""Augmented views of a photo that keep what a caption says of it: mirror image, crops."""

import random

from PIL import Image


def augmented(photo: Image.Image, view: int, name: str, *, side: int | None = None) -> Image.Image:
    """View 0 is the photo, 1 its mirror image; 2 and on are crops of 60 to 100 % of its area.

    Args:
        photo: an RGB picture.
        view: which one.
        name: with ``view`` the seed of the crop: it is the same for everybody.
        side: crop between pixels and scale the crop to a square of this side, as the photos that
            the starter's heads learned from were; None crops whole pixels and scales nothing.
    """
    if view == 0:
        return photo
    if view == 1:
        return photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    chance = random.Random(f"{name} {view}")
    share, stretch = chance.uniform(0.6, 1.0) ** 0.5, chance.uniform(0.85, 1.18)
    width, height = photo.width * share * stretch, photo.height * share / stretch
    if side is None:
        crop = photo.crop(_whole_pixels(photo, width, height, chance))
    else:
        width, height = min(photo.width, width), min(photo.height, height)
        left = chance.uniform(0, photo.width - width)
        top = chance.uniform(0, photo.height - height)
        box = (left, top, left + width, top + height)
        crop = photo.resize((side, side), Image.Resampling.BICUBIC, box=box)
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.random() < 0.5 else crop


def _whole_pixels(
    photo: Image.Image, width: float, height: float, chance: random.Random
) -> tuple[int, int, int, int]:
    columns = max(1, min(photo.width, round(width)))
    rows = max(1, min(photo.height, round(height)))
    left = chance.randint(0, photo.width - columns)
    top = chance.randint(0, photo.height - rows)
    return left, top, left + columns, top + rows
