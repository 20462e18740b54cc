"""A dozen pictures of all kinds, to compare two ways of embedding by."""

from importlib.resources import files

import numpy as np
from PIL import Image, ImageDraw

PHOTOS = 8


def varied_pictures(side: int) -> list[Image.Image]:
    """Photos that ship with Photopal, and drawn pictures; the same ones at every call.

    Args:
        side: of the pictures' shorter edge, in pixels, at least.
    """
    folder = files("retrieval.photos").joinpath("sample_photos")
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".jpg"))
    pictures = [_opened(folder.joinpath(name), side) for name in names[:PHOTOS]]
    return [*pictures, *_drawn(side)]


def _opened(file: object, side: int) -> Image.Image:
    with file.open("rb") as content, Image.open(content) as photo:  # type: ignore[attr-defined]
        photo.draft("RGB", (2 * side, 2 * side))
        return photo.convert("RGB")


def _drawn(side: int) -> list[Image.Image]:
    chance = np.random.default_rng(0)
    noise = Image.fromarray(chance.integers(0, 256, (side, side, 3), dtype=np.uint8))
    slope = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    page = Image.new("RGB", (side, 2 * side), "white")
    pen = ImageDraw.Draw(page)
    for line in range(10, 2 * side, 12):
        pen.text((8, line), "Total 14.90, thank you for your visit", fill="black")
    shapes = Image.new("RGB", (2 * side, side), "navy")
    pen = ImageDraw.Draw(shapes)
    pen.ellipse((side // 4, side // 4, side, side), fill="orange")
    pen.rectangle((side, side // 8, side + side // 2, side // 2), fill="white")
    return [noise, slope, page, shapes]
