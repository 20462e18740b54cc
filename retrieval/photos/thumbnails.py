"""Small pictures for the screen, made once and kept in a folder of bounded size."""

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Protocol

from PIL import Image

from retrieval.errors import PhotoNotFound, UnreadableImage
from retrieval.files import PRIVATE, content_hash, replacing, write_bytes
from retrieval.paths import home, make_private_folder
from retrieval.photos.reading import Source, open_image, reason_of
from retrieval.photos.remote import RemotePath
from retrieval.photos.scan import CACHE_SIGNATURE, CACHE_TAG

THUMBNAIL_SIDE = 512
MAX_CACHE_BYTES = 512 * 1024 * 1024
_QUALITY = 82
_DAY = 86_400.0


class PhotoFile(Protocol):
    """What is needed of :class:`retrieval.library.Photo`."""

    @property
    def id(self) -> int:
        """Of the photo."""
        ...

    @property
    def path(self) -> Path:
        """Of its file."""
        ...

    @property
    def content_hash(self) -> str | None:
        """Of the bytes that were indexed."""
        ...

    @property
    def size(self) -> int | None:
        """Of the file then, in bytes."""
        ...

    @property
    def mtime_ns(self) -> int | None:
        """When the file was changed last."""
        ...

    @property
    def ctime_ns(self) -> int | None:
        """When the system noted a change of the file last; None when that is not known."""
        ...


class Thumbnails:
    """JPEG thumbnails without metadata, one for each content, least recently used dropped first."""

    def __init__(
        self,
        cache_dir: Path | None = None,
        *,
        side: int = THUMBNAIL_SIDE,
        max_bytes: int = MAX_CACHE_BYTES,
    ) -> None:
        """Nothing is written before the first thumbnail.

        Args:
            cache_dir: by default ``thumbnails`` in Photopal's home.
            side: the longer edge in pixels; smaller photos keep their size.
            max_bytes: the folder is brought below this when it grows over it.
        """
        self.cache_dir = cache_dir if cache_dir is not None else home() / "thumbnails"
        self.side = side
        self.max_bytes = max_bytes
        self._guard = threading.Lock()
        self._bytes: int | None = None

    def path(self, photo: PhotoFile) -> Path:
        """The thumbnail's file, made now when there is none yet.

        Raises:
            PhotoNotFound: the photo's file is gone.
            UnreadableImage: it cannot be decoded any more.
            StorageError: it lies in storage that is out of reach.
        """
        if isinstance(photo.path, RemotePath):
            return self._of_object(photo, photo.path)
        try:
            status = os.stat(photo.path)
        except OSError as error:
            raise PhotoNotFound(f"the file of photo {photo.id} is gone") from error
        # A file that was changed since it was indexed is not what its content hash says.
        exact = (status.st_size, status.st_mtime_ns) == (photo.size, photo.mtime_ns) and (
            photo.ctime_ns in (None, status.st_ctime_ns)
        )
        name = photo.content_hash if exact and photo.content_hash else None
        if name is None:
            times = f"{status.st_mtime_ns}|{status.st_ctime_ns}|{status.st_ino}"
            unsure = f"{photo.path}|{status.st_size}|{times}"
            name = content_hash(os.fsencode(unsure))
        target = self._target(name)
        if not _is_kept(target):
            self._make(photo.path, target)
        return target

    def _of_object(self, photo: PhotoFile, path: RemotePath) -> Path:
        """The thumbnail of a photo in storage, which is not asked when there is one."""
        if photo.content_hash and _is_kept(kept := self._target(photo.content_hash)):
            return kept
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise PhotoNotFound(f"the object of photo {photo.id} is gone") from error
        except OSError as error:
            raise UnreadableImage(reason_of(error)) from error
        # What is there now need not be what was indexed.
        target = self._target(content_hash(content))
        if not _is_kept(target):
            self._make(content, target)
        return target

    def _target(self, name: str) -> Path:
        return self.cache_dir / name[:2] / f"{name}-{self.side}.jpg"

    def _make(self, source: Source, target: Path) -> None:
        picture = open_image(source, self.side, srgb=True)
        picture.thumbnail((self.side, self.side), Image.Resampling.LANCZOS)
        self._prepare(target.parent)
        with replacing(target, mode=PRIVATE) as temporary:
            picture.save(temporary, "JPEG", quality=_QUALITY, progressive=True, optimize=True)
        self._count(target.stat().st_size)

    def _prepare(self, folder: Path) -> None:
        make_private_folder(self.cache_dir)
        folder.mkdir(exist_ok=True)
        tag = self.cache_dir / CACHE_TAG
        if not tag.exists():
            write_bytes(tag, CACHE_SIGNATURE + b"\n# Thumbnails made by Photopal.\n")

    def _count(self, added: int) -> None:
        with self._guard:
            if self._bytes is None:
                self._bytes = sum(size for _, size, _ in self._files())
            else:
                self._bytes += added
            if self._bytes > self.max_bytes:
                self._bytes = self._shrink(int(self.max_bytes * 0.8))

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self.cache_dir.glob("??/*.jpg"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return found

    def _shrink(self, goal: int) -> int:
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        # The newest stays whatever the limit: it was just asked for.
        for _, size, path in files[:-1]:
            if total <= goal:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
        return total


def _is_kept(target: Path) -> bool:
    """Whether a thumbnail is there; it is marked as used."""
    try:
        used = target.stat().st_mtime
    except OSError:
        return False
    if time.time() - used > _DAY:
        with contextlib.suppress(OSError):
            os.utime(target)
    return True
