"""What every encoder offers: pictures and texts in one space."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Embeddings = NDArray[np.float32]
"""Unit-length row vectors, shape [n, dim], float32."""


@runtime_checkable
class Encoder(Protocol):
    """Embeds pictures and texts into one space, where a dot product is a cosine.

    Attributes:
        name: what a person calls it (``starter``, ``openai/clip-vit-base-patch32``).
        dim: length of every vector.
        image_size: side in pixels of the square that the image tower sees; a picture decoded at
            one and a half times this side loses next to nothing.
        max_text_tokens: tokens that the text tower can take, special tokens included.
        fingerprint: hash of all that a photo's vector depends on (image weights and
            preprocessing). Two encoders with one fingerprint can share a library.
        text_fingerprint: hash of all that a text's vector depends on.
    """

    name: str
    dim: int
    image_size: int
    max_text_tokens: int
    fingerprint: str
    text_fingerprint: str

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Unit vectors [n, dim] of RGB pictures of any size."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit vectors [n, dim] of texts; too long ones are cut at a word's end."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens that this text takes up, special tokens included."""
        ...

    def reference_statistics(self) -> tuple[Embeddings, Embeddings] | None:
        """Mean [dim] and covariance [dim, dim] of photos of all kinds, or None when unknown.

        Search uses them to tell how much better a photo fits than a photo picked at random.
        """
        ...


def searches(encoder: Encoder, fingerprint: str) -> bool:
    """Whether the encoder's texts find photos whose vectors have this fingerprint.

    Beside its own these are the vectors of earlier image sides for the same texts, which an
    encoder may name (``earlier``): a library goes on answering until its photos are seen anew.
    """
    return fingerprint == encoder.fingerprint or fingerprint in getattr(encoder, "earlier", ())
