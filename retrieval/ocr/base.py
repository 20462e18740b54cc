"""What a reader of text in photos is."""

from collections.abc import Sequence
from typing import Protocol

from PIL import Image

from retrieval.library.texts import TextLine


class TextReader(Protocol):
    """Reads text in pictures.

    Attributes:
        version: names the reader and its models; photos are read again when it changes.
        side: of the pictures' shorter edge in pixels; larger ones are shrunk to it before.
    """

    version: str
    side: int

    def read(self, picture: Image.Image) -> Sequence[TextLine]:
        """The lines of text in an upright RGB picture, from top to bottom; () for none."""
        ...
