"""What each worker does: read, decode and embed the files of a partition, and write its file."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from retrieval.bulk.partitions import Partitions
from retrieval.encoders.base import Encoder
from retrieval.errors import StorageError
from retrieval.indexing.reader import FileRead, FileReader
from retrieval.photos.remote import path_from
from retrieval.photos.scan import ScannedFile

NOT_EMBEDDED = "the encoder cannot embed it"


@dataclass(frozen=True)
class Job:
    """What is the same for all partitions of a run; sent to every worker.

    Attributes:
        load: makes the encoder, once a worker.
        partitions: where the results go; all workers and the caller see this folder.
        side: shorter edge in pixels of the decoded pictures.
        batch_size: pictures that the encoder gets at once.
        threads: threads of a worker's encoder.
        readers: threads of a worker that read and decode.
    """

    load: Callable[[], Encoder]
    partitions: Partitions
    side: int
    batch_size: int
    threads: int
    readers: int


@dataclass(frozen=True)
class Done:
    """What a worker answers: the partition file's name, or why nothing could be done.

    ``unreachable`` tells that the error lies in the storage of the photos.
    """

    name: str = ""
    error: str = ""
    unreachable: bool = False

    def as_text(self) -> str:
        """As it is sent."""
        return json.dumps([self.name, self.error, self.unreachable])

    @classmethod
    def from_text(cls, text: str) -> "Done":
        """As it was sent."""
        return cls(*json.loads(text))


class Worker:
    """Embeds partitions, one after the other, with an encoder that is loaded once."""

    def __init__(self, job: Job) -> None:
        """Loads the encoder."""
        self._job = job
        self._encoder = job.load()
        _use_threads(job.threads)
        self._reader = FileReader(job.side, job.readers)
        self._unreachable = ""

    def __call__(self, partition: str) -> str:
        """Do the work on a partition, as :func:`partition_text` wrote it.

        Returns:
            The text of :class:`Done`.
        """
        if self._encoder.fingerprint != self._job.partitions.fingerprint:
            return Done(error="a worker has another version of the encoder").as_text()
        if self._unreachable:
            # Each further try would wait for the network once more.
            return Done(error=self._unreachable, unreachable=True).as_text()
        name, files = _files_of(partition)
        try:
            self._job.partitions.write(name, self._read(files))
        except StorageError as error:
            self._unreachable = str(error)
            return Done(error=str(error), unreachable=True).as_text()
        except OSError as error:
            reason = f"the results cannot be written: {error.strerror or error}"
            return Done(error=reason).as_text()
        return Done(name).as_text()

    def _read(self, files: Sequence[ScannedFile]) -> list[FileRead]:
        reads: list[FileRead] = []
        waiting: list[FileRead] = []
        ahead = self._job.batch_size + 2 * self._job.readers
        for read in self._reader.read_all(files, ahead):
            reads.append(read)
            if read.image is not None:
                waiting.append(read)
            if len(waiting) >= self._job.batch_size:
                self._embed(waiting)
                waiting = []
        self._embed(waiting)
        return reads

    def _embed(self, reads: Sequence[FileRead]) -> None:
        """Give these reads their vectors instead of their pictures."""
        if not reads:
            return
        try:
            vectors = self._vectors(reads)
        except Exception:
            # One picture that the encoder cannot take must not cost the others their place.
            for read in reads if len(reads) > 1 else ():
                self._embed([read])
            if len(reads) == 1:
                _refuse(reads[0])
            return
        for read, vector in zip(reads, vectors, strict=True):
            read.image = None
            if np.isfinite(vector).all():
                read.vector = np.asarray(vector, dtype=np.float32)
            else:
                _refuse(read)

    def _vectors(self, reads: Sequence[FileRead]) -> Iterable[np.ndarray]:
        return self._encoder.encode_images([read.image for read in reads if read.image is not None])


def partition_text(files: Sequence[ScannedFile]) -> str:
    """A partition as it is sent to a worker."""
    rows = [
        (os.fspath(file.path), file.size, file.mtime_ns, file.ctime_ns, file.inode)
        for file in files
    ]
    # Names that are no valid text travel as escapes.
    return json.dumps(rows)


def _files_of(partition: str) -> tuple[str, list[ScannedFile]]:
    """Its name, which is the same whenever the same files are sent, and its files."""
    files = [
        ScannedFile(path_from(path), size, mtime_ns, ctime_ns=ctime_ns, inode=inode)
        for path, size, mtime_ns, ctime_ns, inode in json.loads(partition)
    ]
    return blake2b(partition.encode(), digest_size=12).hexdigest(), files


def _refuse(read: FileRead) -> None:
    read.image = read.metadata = None
    read.reason = NOT_EMBEDDED


def _use_threads(number: int) -> None:
    """Let the workers of one machine share its cores."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(number)
