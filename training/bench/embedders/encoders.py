"""The product's own encoders: whole, or one channel of the starter."""

from collections.abc import Sequence

from PIL import Image

from retrieval.encoders.base import Embeddings, Encoder
from retrieval.encoders.starter.layout import SCENE_DIM

CHANNELS = {"scene": slice(0, SCENE_DIM), "concept": slice(SCENE_DIM, None)}
"""Where the starter's channels stand in its vectors."""


class EncoderTowers:
    """An encoder as two towers."""

    def __init__(self, encoder: Encoder, channel: str | None = None) -> None:
        """``channel``: of the starter, a key of :data:`CHANNELS`; None for whole vectors."""
        self._encoder = encoder
        self._part = CHANNELS[channel] if channel is not None else slice(None)
        self.image_dim = self.text_dim = len(range(encoder.dim)[self._part])
        self.side = encoder.image_size

    def image_vectors(self, images: Sequence[Image.Image]) -> Embeddings:
        """Vectors [n, dim]; a channel's are shorter than 1."""
        return self._encoder.encode_images(images)[:, self._part]

    def text_vectors(self, texts: Sequence[str]) -> Embeddings:
        """Vectors [n, dim]; a channel's are shorter than 1."""
        return self._encoder.encode_texts(texts)[:, self._part]

    def count_parameters(self) -> int:
        """Numbers that make up the encoder; 0 where it cannot tell."""
        count = getattr(self._encoder, "count_parameters", None)
        return int(count()) if count is not None else 0
