"""A reader of text that knows pictures by their colour: fast, and right."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from retrieval.library.texts import TextLine
from tests.support.fake_encoder import COLOURS


class ScriptedReader:
    """Reads in a picture of one colour what the test wrote down for that colour.

    Attributes:
        texts: lines by the name of the colour; a line is a text, or a text and its height.
        seen: the colours of all pictures that were read, in order.
        broken: colours whose pictures make it raise.
    """

    def __init__(
        self,
        texts: Mapping[str, Sequence[str | tuple[str, float]]],
        version: str = "scripted 1",
        broken: Sequence[str] = (),
    ) -> None:
        self.texts = texts
        self.version = version
        self.side = 64
        self.broken = broken
        self.seen: list[str] = []

    def read(self, picture: Image.Image) -> Sequence[TextLine]:
        """The lines of the picture's colour."""
        mean = np.asarray(picture, np.float32).mean(axis=(0, 1))
        distances = {name: np.linalg.norm(mean - value) for name, value in COLOURS.items()}
        colour = min(distances, key=lambda name: distances[name])
        self.seen.append(colour)
        if colour in self.broken:
            raise RuntimeError("the model stumbled")
        lines = self.texts.get(colour, ())
        return [TextLine(*((one, 0.02) if isinstance(one, str) else one)) for one in lines]
