"""Pictures decoded no larger than they are needed."""

import contextlib
import math
from collections.abc import Callable

from PIL import Image

from retrieval.photos.colours import target


def decode_reduced(
    image: Image.Image, side: int, reopen: Callable[..., Image.Image]
) -> Image.Image:
    """Decode at the smallest scale that the format offers and that is still large enough.

    Args:
        image: opened.
        side: wanted of the shorter edge, in pixels.
        reopen: opens a file again, for formats that fail half-way.
    """
    wanted = target(image.size, side)
    if wanted != image.size:
        if image.format == "JPEG2000":
            return _decode_jpeg2000(image, side, reopen)
        with contextlib.suppress(NotImplementedError, AttributeError):
            image.draft(image.mode, wanted)
    image.load()
    return image


def _decode_jpeg2000(
    image: Image.Image, side: int, reopen: Callable[..., Image.Image]
) -> Image.Image:
    # Each resolution level halves the edges; files usually hold five besides the full one.
    levels = min(5, int(math.log2(min(image.size) / side)))
    if levels:
        file, full = image.fp, image.size  # type: ignore[attr-defined]
        try:
            image.reduce = levels  # type: ignore[method-assign,assignment]
            image.load()
            return image
        except Exception:
            file.seek(0)
            image = reopen(file)
            if image.size != full:
                raise
    image.load()
    return image
