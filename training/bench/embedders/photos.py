"""Reads photos of the bench, a batch at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.indexing.reader import DECODED_SIDE_FACTOR
from retrieval.photos.decoding import read_photo
from training.bench.base import BenchPhoto
from training.errors import PhotoUnreadable

_WORKERS = 4


def photo_batches(
    photos: Sequence[BenchPhoto], side: int, batch_size: int
) -> Iterator[list[Image.Image]]:
    """Upright RGB pictures in the order of the photos; the last batch may be smaller.

    They are read as a library's photos are, so that an encoder gives the vectors that it gives
    there.

    Args:
        photos: their files may hold anything.
        side: of the square that a network sees, in pixels.
        batch_size: photos in a batch.

    Raises:
        PhotoUnreadable: one cannot be read.
    """
    decoded = round(side * DECODED_SIDE_FACTOR)
    with ThreadPoolExecutor(_WORKERS) as readers:
        for start in range(0, len(photos), batch_size):
            part = photos[start : start + batch_size]
            yield list(readers.map(lambda photo: _read(photo, decoded), part))


def _read(photo: BenchPhoto, side: int) -> Image.Image:
    try:
        return read_photo(photo.path, side).image
    except UnreadableImage as error:
        raise PhotoUnreadable(photo.id, str(error)) from error
