"""Read, hash and decode files in worker threads, while the encoder is busy with those before."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.base import Encoder
from retrieval.errors import UnreadableImage
from retrieval.files import content_hash
from retrieval.library import KnownFile
from retrieval.photos.isolation import TRIED_AGAIN, Decoders
from retrieval.photos.metadata import Metadata
from retrieval.photos.reading import (
    OUT_OF_REACH,
    bounded_memory,
    read_file,
    reason_of,
)
from retrieval.photos.scan import ScannedFile

DECODED_SIDE_FACTOR = 1.45
"""Photos are decoded so many times larger than the encoder sees them, at least.

An eighth of a 12-megapixel JPEG is enough then for encoders that see 256 pixels. Against a photo
that is decoded whole, the starter's vectors keep a cosine of 0.997 and more, also of mosaics full
of detail; 0.999 at twice the side, which takes half as long again.
"""


def decoded_side(encoder: Encoder) -> int:
    """Shorter edge in pixels of the pictures that the encoder is given."""
    return round(encoder.image_size * DECODED_SIDE_FACTOR)


@dataclass(slots=True)
class FileRead:
    """What was found out about a file.

    Attributes:
        file: as it was scanned.
        content_hash: of its bytes; None when they were out of reach.
        metadata: together with ``image``, of a file that was decoded.
        image: the picture, upright, not much larger than the encoder wants it.
        vector: in place of the picture, where the file was embedded elsewhere.
        known_content: its bytes have a vector already, so that it was not decoded.
        reason: why it could not be read.
        remark: what was odd about a file that was decoded.
    """

    file: ScannedFile
    content_hash: str | None = None
    metadata: Metadata | None = None
    image: Image.Image | None = None
    vector: NDArray[np.float32] | None = None
    known_content: bool = False
    reason: str | None = None
    remark: str | None = None


class FileReader:
    """Opens every file once: hash, metadata and picture are all made from the same bytes.

    Attributes:
        side: of the decoded pictures' shorter edge, in pixels, at least.
        known: what the library knows of the files; empty when all has to be decoded.
        embedded: content hashes that have a vector; their files are not decoded.
    """

    def __init__(self, side: int, workers: int) -> None:
        """Nothing is known and everything is decoded, until ``known`` and ``embedded`` are set."""
        self.side = side
        self.known: Mapping[Path, KnownFile] = {}
        self.embedded: set[str] = set()
        self._workers = workers
        self._decoders = Decoders(workers)

    def read_all(self, files: Sequence[ScannedFile], ahead: int) -> Iterator[FileRead]:
        """Read files in worker threads, at most ``ahead`` of them in advance, in their order."""
        pending: deque[Future[FileRead]] = deque()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="photopal-read")
        try:
            for file in files:
                pending.append(pool.submit(self.read, file))
                if len(pending) >= ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """End the processes that decode."""
        self._decoders.close()

    def read(self, file: ScannedFile, trusting: bool = True) -> FileRead:
        """Read one file; whatever is wrong with it ends as ``reason``.

        Args:
            file: to be read.
            trusting: content that has a vector already is not decoded.
        """
        read = FileRead(file)
        try:
            with bounded_memory(file.size):
                self._take_in(read, read_file(file.path), trusting)
        except UnreadableImage as error:
            read.reason = str(error)
        except OSError as error:
            read.reason = reason_of(error)
        if read.reason in OUT_OF_REACH | TRIED_AGAIN:
            read.content_hash = None
        return read

    def _take_in(self, read: FileRead, content: bytes, trusting: bool) -> None:
        read.content_hash = content_hash(content)
        if trusting and self._is_known(read.file, read.content_hash):
            read.known_content = True
            return
        decoded = self._decoders.read_photo(content, self.side)
        read.metadata, read.image, read.remark = decoded.metadata, decoded.image, decoded.remark

    def _is_known(self, file: ScannedFile, content: str) -> bool:
        """Whether content has a vector already, of this file or of another."""
        known = self.known.get(file.path)
        own = known is not None and known.current and known.content_hash == content
        return own or content in self.embedded
