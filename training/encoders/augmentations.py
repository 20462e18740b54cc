"""Other views of a photo, which say the same: its mirror image, crops."""

import random

from PIL import Image


def augmented(photo: Image.Image, view: int, name: str) -> Image.Image:
    """View 0 is the photo, 1 its mirror image; 2 and on are crops of 60 to 100 % of its area.

    Args:
        photo: an RGB picture.
        view: which one.
        name: with ``view`` the seed of the crop, so that everybody makes the same ones.
    """
    if view == 0:
        return photo
    if view == 1:
        return photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    chance = random.Random(f"{name} {view}")
    share, stretch = chance.uniform(0.6, 1.0) ** 0.5, chance.uniform(0.85, 1.18)
    width = max(1, min(photo.width, round(photo.width * share * stretch)))
    height = max(1, min(photo.height, round(photo.height * share / stretch)))
    left, top = chance.randint(0, photo.width - width), chance.randint(0, photo.height - height)
    crop = photo.crop((left, top, left + width, top + height))
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.random() < 0.5 else crop
