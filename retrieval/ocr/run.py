"""Read the text in a library's photos: those not read yet, each content once.

Photos are decoded by a thread, or a process where a decoder may die of them, while the reader is
busy with the one before; never more than a few pictures are in memory. What was read is written
every few seconds: a run that is stopped goes on there the next time.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.files import content_hash
from retrieval.indexing.report import Failed
from retrieval.library import Library
from retrieval.library.texts import TextLine, UnreadPhoto
from retrieval.ocr.base import TextReader
from retrieval.photos.isolation import TRIED_AGAIN, Decoders
from retrieval.photos.reading import OUT_OF_REACH, read_file, reason_of

AHEAD = 3
"""Pictures that are decoded in advance, at most."""

KEPT_EVERY_SECONDS = 5.0
CHANGED = "the file has changed since it was indexed"
TRIED_NEXT_TIME = OUT_OF_REACH | TRIED_AGAIN | {CHANGED}
"""Reasons that may be gone the next time; the others are remembered."""


@dataclass(frozen=True, slots=True)
class TextProgress:
    """How far a run has come.

    Attributes:
        done: photos dealt with.
        total: photos to be read.
        with_text: of these, photos that hold text.
        seconds: since the run began.
    """

    done: int
    total: int
    with_text: int
    seconds: float


@dataclass
class TextReport:
    """What a run did.

    Attributes:
        read: photos that were read, with text or without.
        with_text: of these, photos that hold text.
        failed: photos that could not be read.
        seconds: taken by the run.
    """

    read: int = 0
    with_text: int = 0
    failed: list[Failed] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For ``photopal index --json``."""
        return {
            "read": self.read,
            "with_text": self.with_text,
            "failed": [{"path": str(one.path), "reason": one.reason} for one in self.failed],
            "seconds": round(self.seconds, 3),
        }


@dataclass(slots=True)
class _Decoded:
    photo: UnreadPhoto
    picture: Image.Image | None = None
    reason: str | None = None


def read_texts(
    library: Library,
    reader: TextReader,
    on_progress: Callable[[TextProgress], None] | None = None,
) -> TextReport:
    """Read the text of all photos that this version of the reader has not looked at.

    Args:
        library: opened for writing.
        reader: is used from this thread only.
        on_progress: called after every photo.

    Raises:
        LibraryBusy: another process writes to the library.
    """
    report = TextReport()
    started = kept = time.perf_counter()
    with library.writing():
        photos = library.photos_without_text_read(reader.version)
        waiting: list[tuple[UnreadPhoto, Sequence[TextLine], str | None]] = []
        try:
            for done, decoded in enumerate(_decoded(photos, reader.side), start=1):
                lines, reason = _read(reader, decoded)
                if reason is None:
                    report.read += 1
                    report.with_text += bool(lines)
                else:
                    report.failed.append(Failed(decoded.photo.path, reason))
                if reason not in TRIED_NEXT_TIME:
                    waiting.append((decoded.photo, lines, reason))
                now = time.perf_counter()
                if now - kept > KEPT_EVERY_SECONDS:
                    _keep(library, reader.version, waiting)
                    kept = now
                if on_progress is not None:
                    on_progress(TextProgress(done, len(photos), report.with_text, now - started))
        finally:
            _keep(library, reader.version, waiting)
    report.failed.sort(key=lambda one: one.path)
    report.seconds = time.perf_counter() - started
    return report


def _keep(
    library: Library,
    version: str,
    waiting: list[tuple[UnreadPhoto, Sequence[TextLine], str | None]],
) -> None:
    if waiting:
        with library.transaction(alters_search=False):
            for photo, lines, reason in waiting:
                library.put_text(photo.content_hash, version, lines, reason)
        waiting.clear()


def _read(reader: TextReader, decoded: _Decoded) -> tuple[Sequence[TextLine], str | None]:
    if decoded.picture is None:
        return (), decoded.reason or "unreadable"
    try:
        return reader.read(decoded.picture), None
    except Exception as error:
        # One picture that the models cannot take must not cost the others their turn.
        return (), f"its text cannot be read ({type(error).__name__})"


def _decoded(photos: Sequence[UnreadPhoto], side: int) -> Iterator[_Decoded]:
    """The pictures of photos in their order, a few decoded in advance."""
    pending: deque[Future[_Decoded]] = deque()
    with Decoders(1) as decoders, ThreadPoolExecutor(1, "photopal-text") as pool:
        try:
            for photo in photos:
                pending.append(pool.submit(_decode, decoders, photo, side))
                if len(pending) >= AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for one in pending:
                one.cancel()


def _decode(decoders: Decoders, photo: UnreadPhoto, side: int) -> _Decoded:
    try:
        content = read_file(photo.path)
        if content_hash(content) != photo.content_hash:
            return _Decoded(photo, reason=CHANGED)
        return _Decoded(photo, decoders.read_photo(content, side).image)
    except UnreadableImage as error:
        return _Decoded(photo, reason=str(error))
    except OSError as error:
        return _Decoded(photo, reason=reason_of(error))
