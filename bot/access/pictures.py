"""Pictures for other programs: thumbnails and copies without hidden data, never the original."""

import io
from pathlib import Path

from PIL import Image

from retrieval.errors import PhotoNotFound, UnreadableImage
from retrieval.library import Library, Photo
from retrieval.photos.export import SHARED_SIDE, shareable_copy
from retrieval.photos.thumbnails import Thumbnails

SMALL_SIDE = 384
"""Longer edge of the pictures that an LLM is shown."""

QUALITIES = (80, 65, 50, 35, 20)


class Pictures:
    """The pictures of one library. Safe to use from several threads."""

    def __init__(self, library: Library, cache_dir: Path) -> None:
        """Thumbnails are kept in ``cache_dir``."""
        self.library = library
        self._thumbnails = Thumbnails(cache_dir)
        self._small = Thumbnails(cache_dir, side=SMALL_SIDE)

    def photo(self, photo_id: int) -> Photo:
        """A photo that is in the library, and whose file is there.

        Raises:
            PhotoNotFound: it is not, or was removed, or its file is gone.
        """
        photo = self.library.photo(photo_id)
        if not photo.path.is_file():
            raise PhotoNotFound(f"the file of photo {photo_id} is gone")
        return photo

    def thumbnail(self, photo_id: int) -> Path:
        """The file of a JPEG of at most 512 pixels a side. Raises as the others do."""
        return self._thumbnails.path(self.photo(photo_id))

    def copy(self, photo_id: int, max_side: int = SHARED_SIDE) -> bytes:
        """A JPEG made of the pixels alone, with ``max_side`` pixels at most on the longer edge.

        Raises:
            PhotoNotFound: there is no such photo.
            UnreadableImage: its file cannot be decoded.
        """
        return shareable_copy(self.photo(photo_id).path, max_side=max_side)

    def small(self, photo_id: int, max_bytes: int) -> bytes:
        """A JPEG of at most 384 pixels a side and at most so many bytes; coarser if need be.

        Raises:
            PhotoNotFound, UnreadableImage: as :meth:`copy`; also when even the coarsest is larger.
        """
        return _within(self._small.path(self.photo(photo_id)).read_bytes(), max_bytes)

    def bounded_copy(self, photo_id: int, max_side: int, max_bytes: int) -> bytes:
        """:meth:`copy` in at most so many bytes; coarser if need be. Raises as :meth:`small`."""
        return _within(self.copy(photo_id, max_side), max_bytes)


def _within(content: bytes, max_bytes: int) -> bytes:
    if len(content) <= max_bytes:
        return content
    with Image.open(io.BytesIO(content)) as picture:
        for quality in QUALITIES:
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=quality, optimize=True)
            if buffer.tell() <= max_bytes:
                return buffer.getvalue()
    raise UnreadableImage(f"it does not fit into {max_bytes:,} bytes")
