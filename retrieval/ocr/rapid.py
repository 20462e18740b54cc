"""The reader of text by RapidOCR: PP-OCRv4's detector and recogniser, Latin and Chinese.

Its models lie in the package ``rapidocr-onnxruntime`` (extra ``ocr``), so that nothing is loaded
from anywhere. The detector takes most of the time, and most photos hold no text: a first look at
a small copy sorts these out (:data:`GLANCE_SIDE`), and only the rest is read at full size.
"""

import importlib.util
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.errors import TextReaderUnavailable
from retrieval.library.texts import TextLine
from retrieval.threads import usable_cores

PACKAGE = "rapidocr_onnxruntime"
DISTRIBUTION = "rapidocr-onnxruntime"

SIDE = 960
"""Pixels of the shorter edge at which text is read; what is smaller keeps its size."""

GLANCE_SIDE = 352
"""Pixels of the shorter edge of the copy that is looked at first."""

LONGEST = 3
"""A picture's longer edge counts up to so many times its shorter one: panoramas are shrunk."""

MIN_CONFIDENCE = 0.6
"""The recogniser's, below which a line is rather texture than text."""

FEWEST_LETTERS = 2
"""A line with fewer letters and digits says nothing."""

MAX_THREADS = 4

Pixels = NDArray[np.uint8]


def reader_available() -> bool:
    """Whether the packages of the extra are installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def open_reader(threads: int | None = None) -> "RapidReader":
    """The reader, with its models loaded.

    Args:
        threads: for the models; by default as many as there are cores, at most four.

    Raises:
        TextReaderUnavailable: a package is missing or its models cannot be loaded; says what to
            install.
    """
    if not reader_available():
        raise TextReaderUnavailable(
            f"reading text in photos needs the package {DISTRIBUTION}: "
            "pip install 'photopal[ocr]' brings it"
        )
    try:
        return RapidReader(threads or min(MAX_THREADS, usable_cores()))
    except Exception as error:
        raise TextReaderUnavailable(
            f"the package {DISTRIBUTION} cannot read text here ({error}): install it again with "
            "pip install --force-reinstall 'photopal[ocr]'"
        ) from error


class RapidReader:
    """Reads one picture at a time; not safe to use from several threads."""

    def __init__(self, threads: int) -> None:
        """Load the models; use :func:`open_reader`, whose errors say what to do."""
        from rapidocr_onnxruntime import RapidOCR

        self.version = f"{DISTRIBUTION} {version(DISTRIBUTION)}"
        self.side = SIDE
        # 'min' with a small number: the detector takes pictures as large as they come.
        self._engine: Any = RapidOCR(
            intra_op_num_threads=threads,
            inter_op_num_threads=1,
            det_limit_type="min",
            det_limit_side_len=32,
            max_side_len=LONGEST * SIDE,
            text_score=MIN_CONFIDENCE,
        )

    def read(self, picture: Image.Image) -> Sequence[TextLine]:
        """The lines of text in an upright RGB picture, from top to bottom; () for none."""
        pixels = _pixels(picture, SIDE)
        if not self._glance(_pixels(picture, GLANCE_SIDE)):
            return ()
        found, _ = self._engine(pixels)
        edge = min(pixels.shape[:2])
        lines = [TextLine(text, _height(box) / edge) for box, text, *_ in found or ()]
        return [line for line in lines if sum(map(str.isalnum, line.text)) >= FEWEST_LETTERS]

    def _glance(self, pixels: Pixels) -> bool:
        """Whether anything looks like text."""
        boxes, _ = self._engine.text_det(pixels)
        return boxes is not None and len(boxes) > 0


def _pixels(picture: Image.Image, side: int) -> Pixels:
    """A picture as BGR [height, width, 3], its shorter edge at most ``side`` pixels."""
    scale = min(1.0, side / min(picture.size), LONGEST * side / max(picture.size))
    if scale < 1.0:
        width, height = (max(1, round(edge * scale)) for edge in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def _height(box: Sequence[Sequence[float]]) -> float:
    """Of the letters in a box of four corners, the first two of them on top, in pixels."""
    corners = np.asarray(box, np.float32)
    edges = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return float(min(edges[0] + edges[2], edges[1] + edges[3])) / 2
