"""A deterministic encoder that knows colours: small, real, and right often enough to test with."""

import hashlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from retrieval.encoders.base import Embeddings

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 180, 40),
    "blue": (30, 60, 220),
    "yellow": (235, 220, 40),
    "purple": (140, 40, 160),
    "orange": (245, 140, 20),
    "white": (250, 250, 250),
    "black": (8, 8, 8),
    "grey": (128, 128, 128),
}
_TEXTURE = 7


class ColourEncoder:
    """Pictures by the shares of named colours in them (and a little texture), texts by words.

    Attributes:
        calls: sizes of the batches of pictures that were embedded.
        broken: encode_images raises for pictures of exactly this size.
    """

    def __init__(self, name: str = "colours", background: bool = False) -> None:
        """``name`` goes into the fingerprint: another name is another encoder."""
        self.name = name
        self.dim = len(COLOURS) + _TEXTURE
        self.image_size = 32
        self.max_text_tokens = 16
        self.fingerprint = hashlib.sha256(name.encode()).hexdigest()[:16]
        self.text_fingerprint = self.fingerprint
        self.calls: list[int] = []
        self.broken: tuple[int, int] | None = None
        self._background = background

    @property
    def embedded(self) -> int:
        """Pictures embedded so far."""
        return sum(self.calls)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Shares of the nearest named colour, and the mean change along small steps."""
        if any(image.size == self.broken for image in images):
            raise RuntimeError("broken picture")
        self.calls.append(len(images))
        return np.stack([self._picture(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """One dimension a colour word; other words change nothing."""
        rows = np.full((len(texts), self.dim), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                if word in COLOURS:
                    row[list(COLOURS).index(word)] += 1.0
        return _unit(rows)

    def count_tokens(self, text: str) -> int:
        """Words, and two special tokens."""
        return len(text.split()) + 2

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """As of photos in which any colour may be the main one."""
        if not self._background:
            return None
        mean = np.full(self.dim, 0.1, dtype=np.float32)
        return mean, np.eye(self.dim, dtype=np.float32) * 0.02

    def _picture(self, image: Image.Image) -> Embeddings:
        assert image.mode == "RGB"
        pixels = np.asarray(image.resize((32, 32)), dtype=np.float32)
        named = np.asarray(list(COLOURS.values()), dtype=np.float32)
        nearest = np.linalg.norm(pixels[:, :, None] - named, axis=3).argmin(axis=2)
        shares = np.bincount(nearest.ravel(), minlength=len(COLOURS)) / nearest.size
        grey = pixels.mean(axis=2) / 255
        texture = [np.abs(grey[:, step:] - grey[:, :-step]).mean() for step in range(1, 8)]
        vector = np.concatenate([shares, np.asarray(texture) * 0.5]).astype(np.float32)
        return _unit(vector[None])[0]


def _unit(rows: Embeddings) -> Embeddings:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
