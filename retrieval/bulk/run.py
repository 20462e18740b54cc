"""Index by many workers: the run that :func:`retrieval.indexing.index_folders` makes, with the
reading and embedding done by processes of an engine.

What is new, changed, moved or gone, and what is written into the library, is decided by the same
code as without an engine; only :class:`BulkReader` stands where files are read.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from retrieval.bulk.engine import Engine
from retrieval.bulk.partitions import Partitions, stamp
from retrieval.bulk.worker import Done, Job, Worker, partition_text
from retrieval.encoders.base import Encoder
from retrieval.errors import BulkRunFailed, RetrievalError, StorageError, WorkerDied
from retrieval.indexing import IndexReport, index_folders
from retrieval.indexing.reader import FileRead, FileReader, decoded_side
from retrieval.library import Library
from retrieval.photos.scan import ScannedFile
from retrieval.threads import usable_cores

MOST_FILES = 256
"""In a partition; so much is lost at most when a worker is killed."""

FEWEST_FILES = 16

READERS = 4
"""Threads of a worker that fetch and decode files; most of them wait for the storage."""

ROUNDS_WITHOUT_RESULT = 3
"""So often the engine may be started in a row without one partition being finished."""


def index_in_bulk(
    library: Library,
    encoder: Encoder,
    folders: Sequence[Path],
    *,
    engine: Engine,
    load: Callable[[], Encoder],
    workers: int | None = None,
    partitions: Path | None = None,
    batch_size: int = 32,
    **options: Any,
) -> IndexReport:
    """Index folders, on this machine or in object storage, with worker processes of an engine.

    A run that was stopped, by whatever means, goes on where it was: finished partitions are taken
    from their files, and the library knows what it has.

    Args:
        library: opened for writing.
        encoder: as the workers load it.
        folders: as for ``index_folders``; addresses such as ``s3://bucket/photos``, too.
        engine: starts and feeds the workers.
        load: makes the encoder in each worker; must be picklable.
        workers: processes, by default one for each core.
        partitions: folder for the results until the library has them, seen by all workers; by
            default beside the library. It is emptied at the end.
        batch_size: pictures that an encoder gets at once.
        options: for ``index_folders``.

    Raises:
        BulkRunFailed: workers died again and again, or could not write; what is done is kept.
        StorageError: object storage is out of reach; what is done is kept.
        RetrievalError: as ``index_folders``.
    """
    folder = partitions or library.path.with_name(f"{library.path.name}.bulk")
    kept = Partitions(folder, encoder.fingerprint, encoder.dim)
    number = workers or usable_cores()
    threads = max(1, usable_cores() // number)
    job = Job(load, kept, decoded_side(encoder), batch_size, threads, readers=READERS)
    reader = BulkReader(engine, job, number)
    report = index_folders(
        library, encoder, folders, batch_size=batch_size, reader=reader, **options
    )
    kept.clear()
    return report


class BulkReader(FileReader):
    """Has files read and embedded by workers; what comes back carries vectors, not pictures."""

    def __init__(self, engine: Engine, job: Job, workers: int) -> None:
        """Nothing is started yet."""
        super().__init__(job.side, 1)
        self._engine = engine
        self._job = job
        self._processes = workers

    def read_all(self, files: Sequence[ScannedFile], ahead: int) -> Iterator[FileRead]:
        """Read files, those first that an earlier run has finished; in no certain order.

        Raises:
            BulkRunFailed, StorageError: see :func:`index_in_bulk`.
        """
        waiting = {stamp(file): file for file in files}
        for name in self._job.partitions.names():
            # What was out of reach then may be within it now.
            finished = [read for read in self._job.partitions.read(name) if read.content_hash]
            yield from self._settled(finished, waiting)
        idle = 0
        while waiting:
            before = len(waiting)
            trouble = yield from self._round(waiting)
            idle = 0 if len(waiting) < before else idle + 1
            most = ROUNDS_WITHOUT_RESULT if isinstance(trouble, WorkerDied) else 1
            if waiting and idle >= most:
                raise trouble or BulkRunFailed("the workers brought no results")

    def _round(
        self, waiting: dict[tuple[object, ...], ScannedFile]
    ) -> Generator[FileRead, None, RetrievalError | None]:
        """Start the engine on what is waiting; returns what went wrong, if anything did."""
        inputs = [partition_text(some) for some in self._split(list(waiting.values()))]
        trouble: RetrievalError | None = None
        try:
            for text in self._engine.run(partial(Worker, self._job), inputs, self._processes):
                done = Done.from_text(text)
                if done.error:
                    trouble = (StorageError if done.unreachable else BulkRunFailed)(done.error)
                else:
                    yield from self._settled(self._job.partitions.read(done.name), waiting)
        except WorkerDied as error:
            trouble = WorkerDied(
                f"the workers died {ROUNDS_WITHOUT_RESULT} times in a row ({error}): try again "
                "with fewer (--workers), which need less memory; what is done is kept"
            )
        return trouble

    def _split(self, files: list[ScannedFile]) -> Iterator[list[ScannedFile]]:
        """Partitions, small enough that every worker gets several."""
        size = len(files) // (4 * self._processes)
        size = min(MOST_FILES, max(FEWEST_FILES, size))
        for start in range(0, len(files), size):
            yield files[start : start + size]

    def _settled(
        self, reads: Sequence[FileRead], waiting: dict[tuple[object, ...], ScannedFile]
    ) -> Iterator[FileRead]:
        """Those of a partition that are waited for, once each."""
        for read in reads:
            if waiting.pop(stamp(read.file), None) is None:
                continue
            if read.content_hash and self._is_known(read.file, read.content_hash):
                read.known_content, read.vector, read.metadata = True, None, None
            yield read
