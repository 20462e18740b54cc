"""Embed a library's photos by another encoder, while the old vectors go on answering.

The new vectors are written beside the old ones, a batch at a time, so that a run that is stopped,
also by a ``kill -9``, is gone on with by the next. Between two batches other processes may write:
photos that they add, change or remove meanwhile are right in both sets. When no photo lacks a new
vector, one transaction makes the new set the one that is searched; by then its index lies ready.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.base import Encoder, searches
from retrieval.errors import LibraryBusy, LibraryEmpty, PhotosMissing
from retrieval.indexing.reader import FileRead, FileReader, decoded_side
from retrieval.indexing.report import Progress
from retrieval.library import Library
from retrieval.library.lock import WriteLock
from retrieval.library.vector_sets import ToEmbed
from retrieval.vectors import open_index, save_index

PAGE = 512
"""Photos that are looked up at once."""

WAIT_SECONDS = 0.1
"""How often it is tried whether the library may be written."""

LOOK_SECONDS = 0.5
"""For so long another process may hold the lock before it counts as running."""

FEW_UNREAD = 0.02
"""Up to this share of photos may be left out without being asked for it."""


@dataclass(frozen=True)
class Embedding:
    """How far a run is.

    Attributes:
        done: photos that have a new vector.
        total: photos in all.
        unread: photos whose files could not be read, or hold something else by now.
        photos_per_second: of this run; 0 before the first batch.
        seconds_left: at the pace so far; None before the first batch.
        waiting: whether another process writes to the library at the moment.
    """

    done: int
    total: int
    unread: int
    photos_per_second: float
    seconds_left: float | None
    waiting: bool = False


@dataclass
class Reembedded:
    """What a run did.

    Attributes:
        embedded: photos that were embedded in this run.
        seconds: spent on it, waiting left out.
        unread: files that could not be read, or hold something else by now; the next
            ``photopal index`` takes them up.
        switched: whether the new vectors are the ones that are searched now.
    """

    embedded: int = 0
    seconds: float = 0.0
    unread: list[Path] = field(default_factory=list)
    switched: bool = False

    @property
    def photos_per_second(self) -> float:
        """Pace of this run."""
        return self.embedded / self.seconds if self.seconds > 0 else 0.0


OnEmbedding = Callable[[Embedding], None]


def reembed(
    library: Library,
    encoder: Encoder,
    *,
    name: str | None = None,
    on_progress: OnEmbedding | None = None,
    batch_size: int = 32,
    workers: int = 2,
    leave_out: bool = False,
) -> Reembedded:
    """Make an encoder the library's: embed what it lacks, then switch.

    Nothing is embedded where the vectors are still there from an earlier day.

    Args:
        library: opened for writing; other processes may write to it meanwhile.
        encoder: the new one.
        name: by which the library remembers it, as ``load_encoder`` takes it; its own by default.
        on_progress: called after every batch, and while another process writes.
        batch_size: pictures the encoder gets at once; also how much a crash can cost.
        workers: threads that read and decode.
        leave_out: switch even if many photos cannot be read now; they are not found until
            ``photopal index`` reads them.

    Raises:
        LibraryBusy: another process does this very thing.
        LibraryEmpty: the library holds no photo.
        PhotosMissing: a folder is away, or many photos cannot be read. What was embedded is kept.
    """
    if not library.counts().present:
        raise LibraryEmpty(
            f"the library {library.path} holds no photo yet: "
            f"photopal index FOLDER --encoder {encoder.name}"
        )
    with _alone(library):
        run = _Run(library, encoder, name or encoder.name, on_progress, batch_size, workers)
        return run.run(leave_out)


def is_of_earlier(library: Library, encoder: Encoder) -> bool:
    """Whether an earlier image side of this encoder saw the library's photos."""
    before = library.fingerprint
    return before is not None and before != encoder.fingerprint and searches(encoder, before)


def renew(
    library: Library,
    encoder: Encoder,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    batch_size: int = 32,
    workers: int = 2,
) -> None:
    """Embed the photos anew where an earlier image side of this encoder saw them.

    Args:
        library: opened for writing.
        encoder: of the library.
        on_progress: called after every batch.
        batch_size: pictures the encoder gets at once.
        workers: threads that read and decode.

    Raises:
        LibraryBusy: another process does this very thing.
        PhotosMissing: a folder is away, or many photos cannot be read. What was embedded is kept.
    """
    if not is_of_earlier(library, encoder):
        return
    name = library.encoder_name or encoder.name
    if not library.counts().present:
        with library.writing():
            library.set_encoder(name, encoder.fingerprint, encoder.dim)
        return

    started = time.perf_counter()
    there: int | None = None

    def told(state: Embedding) -> None:
        nonlocal there
        there = state.done if there is None else there
        if on_progress is not None:
            on_progress(
                Progress(
                    done=state.done,
                    total=state.total,
                    embedded=state.done - there,
                    failed=state.unread,
                    seconds=time.perf_counter() - started,
                    photos_per_second=state.photos_per_second,
                    seconds_left=state.seconds_left,
                )
            )

    reembed(library, encoder, name=name, on_progress=told, batch_size=batch_size, workers=workers)


def is_running(library: Library) -> bool:
    """Whether a process embeds this library's photos by another encoder at the moment."""
    lock = _lock(library)
    if not lock.path.exists():
        return False
    try:
        free = lock.acquire()
    except OSError:
        return False
    lock.release()
    return not free


def _lock(library: Library) -> WriteLock:
    return WriteLock(library.path.with_name(library.path.name + ".encoder.lock"))


@contextlib.contextmanager
def _alone(library: Library) -> Iterator[None]:
    lock = _lock(library)
    patience = time.monotonic() + LOOK_SECONDS
    while not lock.acquire():
        # Whoever only looks whether the lock is held has it for a moment.
        if time.monotonic() < patience:
            time.sleep(WAIT_SECONDS)
            continue
        raise LibraryBusy(
            f"another process embeds the photos of {library.path} at the moment: "
            "photopal status says how far it is"
        )
    try:
        yield
    finally:
        lock.release()


class _Run:
    """One run over what an encoder lacks."""

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        name: str,
        on_progress: OnEmbedding | None,
        batch_size: int,
        workers: int,
    ) -> None:
        self.library = library
        self.encoder = encoder
        self.name = name
        self.on_progress = on_progress
        self.batch_size = max(1, batch_size)
        self.workers = max(1, workers)
        self.reader = FileReader(decoded_side(encoder), self.workers)
        self.report = Reembedded()
        self.unread: dict[int, Path] = {}
        self.total = 0
        self.lacking = 0

    def run(self, leave_out: bool) -> Reembedded:
        fingerprint = self.encoder.fingerprint
        if fingerprint == self.library.fingerprint:
            self._rename()
            return self.report
        with self._writing():
            self.library.begin_set(self.name, fingerprint, self.encoder.dim)
        with contextlib.closing(self.reader):
            while True:
                self._count()
                self._embed_lacking()
                with self._writing():
                    self._forgive_copies()
                    # Photos that came while the last batch was embedded.
                    fresh = self.library.count_lacking(fingerprint) - len(self.unread)
                    if fresh > 0 and self._is_new():
                        continue
                    if not leave_out:
                        self._check_unread()
                    self._switch()
                    break
        self.report.unread = sorted(self.unread.values())
        return self.report

    def _rename(self) -> None:
        """Another text side over the same image side: the vectors of photos are the same."""
        if self.name != self.library.encoder_name:
            with self._writing():
                self.library.set_encoder(self.name, self.encoder.fingerprint, self.encoder.dim)
        self.report.switched = True

    def _is_new(self) -> bool:
        """Whether a photo lacks its vector that this run has not tried yet."""
        after = 0
        while page := self.library.lacking(self.encoder.fingerprint, after=after, limit=PAGE):
            if any(one.photo_id not in self.unread for one in page):
                return True
            after = page[-1].photo_id
        return False

    def _switch(self) -> None:
        """Search the new vectors from now on; the index is saved before anybody can see them."""
        index = open_index(self.library)
        with self.library.transaction():
            self.library.search_set(self.encoder.fingerprint)
            index.sync(self.library)
            # A vector server that is away gets the new vectors at the next index.
            save_index(index)
        self.report.switched = True

    # -- embedding -------------------------------------------------------------------------

    def _embed_lacking(self) -> None:
        after = 0
        while page := self.library.lacking(self.encoder.fingerprint, after=after, limit=PAGE):
            after = page[-1].photo_id
            self._embed_page([one for one in page if one.photo_id not in self.unread])

    def _embed_page(self, page: Sequence[ToEmbed]) -> None:
        """Embed photos that were looked up together, each content once."""
        distinct = {one.content_hash: one for one in page}
        by_path = {one.file.path: one for one in distinct.values()}
        started = time.perf_counter()
        batch: list[FileRead] = []
        files = [one.file for one in distinct.values()]
        for read in self.reader.read_all(files, ahead=self.batch_size + 2 * self.workers):
            wanted = by_path[read.file.path]
            if read.image is None or read.content_hash != wanted.content_hash:
                self.unread[wanted.photo_id] = read.file.path
                continue
            batch.append(read)
            if len(batch) >= self.batch_size:
                started = self._keep(batch, by_path, started)
                batch = []
        self._keep(batch, by_path, started)

    def _keep(
        self, batch: Sequence[FileRead], by_path: dict[Path, ToEmbed], started: float
    ) -> float:
        """Embed and write a batch; returns when the next one began."""
        vectors = self._vectors(batch)
        for read in batch:
            if str(read.content_hash) not in vectors:
                self.unread[by_path[read.file.path].photo_id] = read.file.path
        self.report.seconds += time.perf_counter() - started
        with self._writing():
            written = self.library.put_vectors(self.encoder.fingerprint, vectors)
        self.report.embedded += len(vectors)
        self.lacking -= written
        self._tell()
        return time.perf_counter()

    def _vectors(self, batch: Sequence[FileRead]) -> dict[str, NDArray[np.float32]]:
        """Vectors by content hash; a picture that the encoder cannot take has none."""
        images = [read.image for read in batch if read.image is not None]
        if not images:
            return {}
        try:
            rows = list(self.encoder.encode_images(images))
        except Exception:
            # One picture that the encoder cannot take must not cost the others their vectors.
            if len(batch) > 1:
                found: dict[str, NDArray[np.float32]] = {}
                for read in batch:
                    found |= self._vectors([read])
                return found
            self._probe()
            return {}
        pairs = zip(batch, rows, strict=True)
        return {str(read.content_hash): row for read, row in pairs if np.isfinite(row).all()}

    def _probe(self) -> None:
        """Raise when the encoder takes no picture at all: that is not the photos' fault."""
        side = self.encoder.image_size
        self.encoder.encode_images([Image.new("RGB", (side, side), "grey")])

    # -- what may go wrong -----------------------------------------------------------------

    def _forgive_copies(self) -> None:
        """Photos that got their vector by a copy of them that could be read."""
        after, lacking = 0, set[int]()
        while self.unread and (
            page := self.library.lacking(self.encoder.fingerprint, after=after, limit=PAGE)
        ):
            lacking.update(one.photo_id for one in page)
            after = page[-1].photo_id
        self.unread = {one: path for one, path in self.unread.items() if one in lacking}

    def _check_unread(self) -> None:
        if not self.unread:
            return
        away = [str(root) for root in self.library.roots() if not root.is_dir()]
        there = self.total or 1
        if away or len(self.unread) > max(1, FEW_UNREAD * there):
            why = f"{', '.join(away)} is not there now" if away else "run photopal index first"
            raise PhotosMissing(
                f"{len(self.unread):,} of {there:,} photos cannot be read and would not be found "
                f"any more: {why}, then say it again (or leave them out: photopal encoder use "
                f"{self.name} --leave-out); "
                "what was embedded is kept, and the old vectors go on answering"
            )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the library's one writer; waits for as long as another process is."""
        with contextlib.ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(self.library.writing())
                    break
                except LibraryBusy:
                    self._tell(waiting=True)
                    time.sleep(WAIT_SECONDS)
            yield

    # -- telling ---------------------------------------------------------------------------

    def _count(self) -> None:
        self.total = self.library.counts().present
        self.lacking = self.library.count_lacking(self.encoder.fingerprint)
        self._tell()

    def _tell(self, *, waiting: bool = False) -> None:
        if self.on_progress is None:
            return
        pace = self.report.photos_per_second
        left = max(0, self.lacking - len(self.unread))
        self.on_progress(
            Embedding(
                done=max(0, self.total - self.lacking),
                total=self.total,
                unread=len(self.unread),
                photos_per_second=pace,
                seconds_left=left / pace if pace else None,
                waiting=waiting,
            )
        )
