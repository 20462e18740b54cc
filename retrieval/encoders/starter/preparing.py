"""What the starter does before and after its networks, with NumPy alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.starter.layout import IMAGE_SIDE

Rows = NDArray[np.float32]


def squares(images: Sequence[Image.Image]) -> Rows:
    """Pictures as the image base takes them: [n, 3, 240, 240], scaled to about [-1, 1].

    They are squashed to the square. That, unlike a centre crop, loses nothing at the edges.
    """
    stacked = np.stack([_square(image) for image in images]).transpose(0, 3, 1, 2)
    pixels: Rows = (stacked.astype(np.float32) - np.float32(127)) / np.float32(128)
    return pixels


def _square(image: Image.Image) -> NDArray[np.uint8]:
    picture = image if image.mode == "RGB" else image.convert("RGB")
    size = (IMAGE_SIDE, IMAGE_SIDE)
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def mean_states(states: Rows, present: NDArray[np.bool_]) -> Rows:
    """Unit vectors [n, dim]: the mean of the states [n, tokens, dim] of tokens that are there."""
    weights = present[..., None].astype(np.float32)
    mean: Rows = (states * weights).sum(1) / weights.sum(1)
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
