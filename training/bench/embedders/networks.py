"""What a network must offer to become part of an embedder."""

from collections.abc import Sequence
from typing import Any, Protocol

from PIL import Image


class ImageNetwork(Protocol):
    """Pictures to vectors.

    Attributes:
        image_dim: length of a picture's vector.
        side: of the square that it sees, in pixels.
    """

    image_dim: int
    side: int

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, image_dim], of any length, of RGB pictures that make up one batch."""
        ...

    def count_parameters(self) -> int:
        """Numbers that make up the network."""
        ...


class TextNetwork(Protocol):
    """Texts to vectors.

    Attributes:
        text_dim: length of a text's vector.
    """

    text_dim: int

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, text_dim], of any length, of texts that make up one batch."""
        ...

    def count_parameters(self) -> int:
        """Numbers that make up the network."""
        ...


class TwoTowers(ImageNetwork, TextNetwork, Protocol):
    """Pictures and texts to vectors of one space."""


def count_weights(*modules: Any) -> int:
    """Numbers that make up torch modules."""
    return sum(weight.numel() for module in modules for weight in module.parameters())
