"""Bring the library up to date with folders of photos.

What happens to a file that has to be read (see :mod:`retrieval.indexing.diff` for which):

======================================  ==========================================================
same bytes as before                     only its time is noted (``unchanged``)
bytes of a photo whose file is gone      that photo gets the new path (``moved``), nothing embedded
bytes of another photo that is there     a photo of its own with that vector (``indexed``)
anything else                            decoded, embedded (``indexed``) or ``failed`` with a reason
======================================  ==========================================================

Files are read once by worker threads, and decoded there or in processes of their own, while the
encoder is busy with the batch before. Every batch is one transaction: after a crash the next run
goes on where this one stopped.
"""

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.base import Encoder, searches
from retrieval.errors import EncoderMismatch
from retrieval.indexing.diff import Changes, compare, losses, outermost, under
from retrieval.indexing.exchanged import exchanged
from retrieval.indexing.reader import FileRead, FileReader, decoded_side
from retrieval.indexing.reembed import renew
from retrieval.indexing.report import Failed, IndexReport, Progress, Remarked
from retrieval.indexing.roots import Looked, choose_roots, look_through, remember, review_roots
from retrieval.library import KnownFile, Library, Photo
from retrieval.library.records import Companion
from retrieval.photos.metadata import Metadata
from retrieval.photos.remote import RemotePath
from retrieval.photos.scan import ScannedFile
from retrieval.vectors import VectorIndex, open_index, save_index

REMOVED_KEPT_DAYS = 30
"""For so long a removed photo's vector is kept, should the file come back."""


def index_folders(
    library: Library,
    encoder: Encoder,
    folders: Sequence[Path],
    *,
    index: VectorIndex | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    batch_size: int = 32,
    workers: int = 2,
    rebuild: bool = False,
    remove_missing: bool = False,
    reader: FileReader | None = None,
) -> IndexReport:
    """Index the photos of these folders, and below them, into the library.

    Photos that an earlier image side of the encoder saw are embedded anew before, while the old
    vectors go on answering (:mod:`retrieval.indexing.reembed`).

    Args:
        library: opened for writing.
        encoder: makes the vectors; must be the one that the library belongs to.
        folders: where to look; empty means all folders that were indexed before, of which those
            that are gone are reported and keep their photos.
        index: brought up to date and saved at the end; by default the one beside the library.
        on_progress: called after every batch, and every so often between, on this thread.
        batch_size: pictures the encoder gets at once; also how much a crash can cost.
        workers: threads that read and decode.
        rebuild: embed every photo again, also those in the other folders of the library; the
            library belongs to this encoder from then on.
        remove_missing: take photos out whose files are gone, even if a folder lost most of them
            at once; otherwise such a folder is reported in ``lost`` and keeps them.
        reader: reads the files in another way, see :mod:`retrieval.bulk`.

    Raises:
        FolderNotFound: a folder is not there, or, on a rebuild with another encoder, one that was
            indexed before and whose photos could not be searched any more. Nothing is changed.
        NoPhotosFound: no folder holds a photo, or ever did.
        PhotosMissing: photos are to be embedded anew, and many cannot be read.
        EncoderMismatch: the library belongs to another encoder.
        LibraryBusy: another process writes to the library.
        StorageError: a folder lies in storage that is out of reach.
    """
    if not rebuild:
        renew(library, encoder, on_progress, batch_size=batch_size, workers=workers)
    index = open_index(library) if index is None else index
    with library.writing():
        reader = reader or FileReader(decoded_side(encoder), max(1, workers))
        run = _Run(library, encoder, on_progress, max(1, batch_size), max(1, workers), reader)
        report = run.index(folders, rebuild, remove_missing)
        index.sync(library)
        report.behind = save_index(index)
        run.finish()
    return report


def check_encoder(library: Library, encoder: Encoder) -> None:
    """Make sure that the library's vectors are this encoder's.

    Raises:
        EncoderMismatch: naming the command that mends it.
    """
    if library.fingerprint not in (None, encoder.fingerprint):
        raise _mismatch(library, encoder)


def check_searchable(library: Library, encoder: Encoder) -> None:
    """Make sure that the encoder's texts find the library's photos.

    Raises:
        EncoderMismatch: naming the command that mends it.
    """
    if library.fingerprint is not None and not searches(encoder, library.fingerprint):
        raise _mismatch(library, encoder)


def _mismatch(library: Library, encoder: Encoder) -> EncoderMismatch:
    if library.encoder_name == encoder.name:
        return EncoderMismatch(
            f"the library {library.path} was made with other weights of the encoder "
            f"{encoder.name!r}: embed all photos again with photopal index --rebuild"
        )
    return EncoderMismatch(
        f"the library {library.path} was made with the encoder {library.encoder_name!r}, not "
        f"{encoder.name!r}: choose that one (--encoder {library.encoder_name}), or embed all "
        f"photos again with photopal index --rebuild --encoder {encoder.name}"
    )


class _Run:
    """One run over some folders."""

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        on_progress: Callable[[Progress], None] | None,
        batch_size: int,
        workers: int,
        reader: FileReader,
    ) -> None:
        self.library = library
        self.encoder = encoder
        self.on_progress = on_progress
        self.batch_size = batch_size
        self.workers = workers
        self.reader = reader
        self.report = IndexReport()
        self.started = time.perf_counter()
        self.done = 0
        self.total = 0
        self.to_read = 0
        self.was_read = 0
        self.last_notice = 0.0
        self.force = False
        self.known: dict[Path, KnownFile] = {}
        self.refused: dict[str, str] = {}
        self.seen: set[Path] = set()
        self.moved_ids: set[int] = set()
        self.displaced: Sequence[int] = ()
        self.companions: Mapping[Path, Companion] = {}
        self.gone: Mapping[Path, KnownFile] = {}
        self.roots: list[Path] = []

    def index(self, folders: Sequence[Path], rebuild: bool, remove_missing: bool) -> IndexReport:
        self.roots = choose_roots(self.library, self.encoder, folders, rebuild)
        # A library without any vector belongs to nobody yet, whoever tried before.
        if not rebuild and self.library.searchable_count():
            check_encoder(self.library, self.encoder)
        with _without_collection():
            self.known = self.library.known_files()
            looked = look_through(self.roots, self.library, self.known)
        self.report.failed += looked.failed
        self.report.passed = looked.passed
        if self.library.fingerprint != self.encoder.fingerprint:
            self.library.set_encoder(self.encoder.name, self.encoder.fingerprint, self.encoder.dim)
            # Their vectors may be another encoder's now.
            self.known = self.library.known_files()
        self.force = rebuild
        self.library.set_roots(outermost([*self.library.roots(), *self.roots]))
        self.companions = self.library.companions()
        remember(self.library, self.roots, looked)
        self.reader.known = {} if rebuild else self.known
        self.seen = {file.path for file in looked.files}
        self.total = len(looked.files)
        self._notice(force=True)
        with _without_collection():
            changes = compare(
                looked.files, self.known, self.roots, looked.unknown, read_all=rebuild
            )
        if not rebuild:
            self._follow_exchanged(changes)
        self._settle_unread(changes)
        self.to_read = len(changes.to_read)
        if changes.to_read and not rebuild:
            self.reader.embedded = self.library.embedded_hashes()
        self._embed(changes.to_read)
        self._remove(changes.gone, looked, remove_missing)
        if self.report.indexed or self.report.moved or self.report.removed:
            self.library.update_places()
        self.library.forget_removed(datetime.now(UTC) - timedelta(days=REMOVED_KEPT_DAYS))
        self.report.failed += review_roots(self.library, report_missing=not folders)
        self.report.failed.sort(key=lambda one: one.path)
        self.report.remarked.sort(key=lambda one: one.path)
        return self.report

    def finish(self) -> None:
        """Take the time, and tell for the last time."""
        self.report.seconds = time.perf_counter() - self.started
        self._notice(force=True)

    # -- what is done with them ---------------------------------------------------------------

    def _settle_unread(self, changes: Changes) -> None:
        """Deal with all files that need not be read."""
        if changes.problems:
            with self.library.transaction():
                for file in changes.problems:
                    self._fail(FileRead(file, reason=file.problem))
        self.library.note_files(changes.to_note)
        self.report.failed += changes.failed_before
        self.report.unchanged += changes.unchanged
        self.done += len(changes.problems) + len(changes.failed_before) + changes.unchanged

    def _follow_exchanged(self, changes: Changes) -> None:
        """Let photos keep their ids and marks whose files have taken each other's names."""
        self.gone = changes.gone
        found = exchanged(changes.to_read, self.known, changes.gone)
        if not found.moved:
            return
        before = {one.photo_id: (path, one) for path, one in self.known.items()}
        with self.library.transaction():
            self.library.remove_photos(found.displaced)
            self.library.exchange_names(
                {photo_id: (file.path, _stamp(file)) for photo_id, file in found.moved}
            )
        for photo_id, _ in found.moved:
            old, _ = before[photo_id]
            self.known.pop(old, None)
            changes.gone.pop(old, None)
        for photo_id, file in found.moved:
            _, one = before[photo_id]
            self.known[file.path] = replace(one, **_stamp(file))
        followed = {file.path for _, file in found.moved}
        changes.to_read = [file for file in changes.to_read if file.path not in followed]
        self.moved_ids.update(photo_id for photo_id, _ in found.moved)
        self.report.moved += len(found.moved)
        self.displaced = found.displaced
        self.done += len(found.moved)

    def _remove(self, gone: dict[Path, KnownFile], looked: Looked, remove_missing: bool) -> None:
        """Take photos out whose files are gone, unless it is rather their folder that is."""
        gone = {path: known for path, known in gone.items() if known.photo_id not in self.moved_ids}
        joined = {path: known for path, known in gone.items() if path in looked.joined}
        gone = {path: known for path, known in gone.items() if path not in joined}
        if not remove_missing:
            self.report.lost = losses(gone, self.known, self.roots, _is_empty_folder, looked.away)
            lost = [loss.folder for loss in self.report.lost]
            gone = {path: known for path, known in gone.items() if not under(path, lost)}
        removed = [*gone.values(), *joined.values()]
        self._hand_on_to_companions(joined, looked)
        self.library.remove_photos([known.photo_id for known in removed])
        self.report.removed = len(removed) + len(set(self.displaced) - self.moved_ids)
        kept = [loss.folder for loss in self.report.lost]
        self.library.set_mounts([*looked.mounts, *(one for one in looked.away if one in kept)])

    def _hand_on_to_companions(self, joined: Mapping[Path, KnownFile], looked: Looked) -> None:
        """The developed photo stands for its RAW from now on, with what was said of that."""
        for path, known in joined.items():
            companion = looked.companions.get(path)
            target = self.library.id_at(companion.photo) if companion else None
            if target is not None:
                self.library.hand_on_marks(known.photo_id, target)

    # -- reading and embedding -------------------------------------------------------------

    def _embed(self, waiting: list[ScannedFile]) -> None:
        with contextlib.closing(self.reader):
            self._embed_all(waiting)

    def _embed_all(self, waiting: list[ScannedFile]) -> None:
        batch: list[FileRead] = []
        pictures = 0
        for read in self.reader.read_all(waiting, ahead=self.batch_size + 2 * self.workers):
            batch.append(read)
            pictures += _is_read(read)
            if pictures >= self.batch_size or len(batch) >= 8 * self.batch_size:
                self._write(batch)
                batch, pictures = [], 0
            else:
                self._notice()
        if batch:
            self._write(batch)

    def _write(self, batch: list[FileRead]) -> None:
        """Embed what has to be, then keep the whole batch in one transaction."""
        new: dict[str, FileRead] = {}
        for read in batch:
            content = read.content_hash
            if _is_read(read) and content is not None and content not in self.refused:
                new.setdefault(content, read)
        vectors = self._encode(list(new.values()))
        lost: list[FileRead] = []
        with self.library.transaction():
            # Vectors are taken over before any of them is overwritten by new content.
            for read in sorted(batch, key=lambda read: not read.known_content):
                if not self._settle(read, vectors):
                    lost.append(read)
                read.image = None
        if not self.force:
            self.reader.embedded.update(vectors)
        self.was_read += len(batch) - len(lost)
        self._notice(force=True)
        if lost:
            self._write([self.reader.read(read.file, trusting=False) for read in lost])

    def _encode(self, reads: list[FileRead]) -> dict[str, NDArray[np.float32]]:
        result = {str(read.content_hash): read.vector for read in reads if read.vector is not None}
        self.report.embedded += len(result)
        reads = [read for read in reads if read.vector is None]
        if not reads:
            return result
        try:
            vectors = list(self._vectors(reads))
        except Exception:
            # One picture that the encoder cannot take must not cost the others their place.
            vectors = self._one_by_one(reads)
        embedded = 0
        for read, vector in zip(reads, vectors, strict=True):
            if vector is None or not np.isfinite(vector).all():
                # Copies of it, in this batch or a later one, are told the same.
                self.refused[str(read.content_hash)] = "the encoder cannot embed it"
            else:
                result[str(read.content_hash)] = vector
                embedded += 1
        self.report.embedded += embedded
        return result

    def _vectors(self, reads: list[FileRead]) -> NDArray[np.float32]:
        return self.encoder.encode_images([read.image for read in reads if read.image is not None])

    def _one_by_one(self, reads: list[FileRead]) -> list[Any]:
        vectors: list[Any] = []
        trouble: Exception | None = None
        for read in reads:
            try:
                vectors.append(self._vectors([read])[0])
            except Exception as error:
                trouble = error
                vectors.append(None)
        if trouble is not None and all(vector is None for vector in vectors):
            self._probe(trouble)
        return vectors

    def _probe(self, trouble: Exception) -> None:
        """Raise when the encoder takes no picture at all: that is not the photos' fault."""
        try:
            self.encoder.encode_images(
                [Image.new("RGB", (self.reader.side, self.reader.side), "grey")]
            )
        except Exception:
            raise trouble from None

    # -- what becomes of one file ----------------------------------------------------------

    def _settle(self, read: FileRead, vectors: dict[str, NDArray[np.float32]]) -> bool:
        """Write what is now known of one file; False when the vector it counted on is gone.

        That happens when the photo with the same bytes has got other content in this very run.
        """
        known = self.known.get(read.file.path)
        vector = vectors.get(read.content_hash or "")
        if read.known_content:
            if not (self._still_the_same(read, known) or self._reuse(read, known)):
                return False
        elif vector is None or read.metadata is None:
            self._fail(read)
        else:
            twin = self._gone_twin(read) if known is None else None
            own = known.photo_id if known else twin.id if twin else None
            self._put(read, own, read.metadata, vector)
            self._count(read, twin)
        self.done += 1
        return True

    def _still_the_same(self, read: FileRead, known: KnownFile | None) -> bool:
        """Whether the file holds what it held before; its time is noted then."""
        if known is None or not known.current or known.content_hash != read.content_hash:
            return False
        file = read.file
        if known.status == "present":
            self.library.touch_photo(known.photo_id, **_stamp(file))
            self.report.unchanged += 1
        else:
            self.library.move_photo(known.photo_id, file.path, **_stamp(file))
            self.report.indexed += 1
        return True

    def _reuse(self, read: FileRead, known: KnownFile | None) -> bool:
        """Take the vector of the same bytes elsewhere; whether that worked."""
        file = read.file
        gone = self._gone_twin(read) if known is None else None
        if gone is not None:
            self.library.move_photo(gone.id, file.path, **_stamp(file))
            self._count(read, gone)
            return True
        twins = self.library.photos_by_content(str(read.content_hash))
        if not twins:
            return False
        twin = twins[0]
        metadata = Metadata(
            width=twin.width or 0,
            height=twin.height or 0,
            taken_at=twin.taken_at,
            camera=twin.camera,
            latitude=twin.latitude,
            longitude=twin.longitude,
        )
        vector = self.library.vectors([twin.id])[0]
        read.remark = twin.remark
        written = self._put(read, known.photo_id if known else None, metadata, vector)
        if known is None:
            # A copy of what was hidden is not to be seen either.
            self.library.hand_on_marks(twin.id, written)
        self._count(read, None)
        return True

    def _count(self, read: FileRead, twin: Photo | None) -> None:
        """Count a photo that can be searched now; one that came back to its place is no move."""
        if twin is None or twin.path == read.file.path:
            self.report.indexed += 1
        else:
            self.report.moved += 1
        if twin is not None:
            self.moved_ids.add(twin.id)

    def _gone_twin(self, read: FileRead) -> Photo | None:
        """The photo with the same bytes whose file is gone: this file is that photo, renamed."""
        twins = self.library.photos_by_content(str(read.content_hash), embedded=not self.force)
        gone = [twin for twin in twins if self._is_gone(twin)]
        named = [twin for twin in gone if twin.path.name == read.file.path.name]
        return (named or gone)[0] if gone else None

    def _is_gone(self, photo: Photo) -> bool:
        if photo.id in self.moved_ids or (photo.path in self.seen and photo.status != "removed"):
            return False
        if photo.status == "removed":
            return True
        if isinstance(photo.path, RemotePath):
            # Known for folders that were looked through in this run; others are not asked.
            return under(photo.path, self.roots)
        return not os.path.lexists(photo.path)

    def _put(
        self,
        read: FileRead,
        photo_id: int | None,
        metadata: Metadata,
        vector: NDArray[np.float32],
    ) -> int:
        written = self.library.put_photo(
            read.file.path,
            photo_id=photo_id,
            content_hash=str(read.content_hash),
            metadata=metadata,
            vector=vector,
            remark=read.remark,
            **_stamp(read.file),
        )
        companion = self.companions.get(read.file.path) if photo_id is None else None
        stood_for_it = self.gone.get(companion.photo) if companion else None
        if stood_for_it is not None:
            # A RAW whose JPEG was deleted: it is the photo now.
            self.library.hand_on_marks(stood_for_it.photo_id, written)
        if read.remark:
            self.report.remarked.append(Remarked(read.file.path, read.remark))
        return written

    def _fail(self, read: FileRead) -> None:
        """Note a failure; one of the content is not tried again until the file changes."""
        known = self.known.get(read.file.path)
        reason = read.reason or self.refused.get(read.content_hash or "") or "unreadable"
        self.library.put_failure(
            read.file.path,
            photo_id=known.photo_id if known else None,
            reason=reason,
            content_hash=read.content_hash,
            **_stamp(read.file),
        )
        self.report.failed.append(Failed(read.file.path, reason))

    # -- telling ---------------------------------------------------------------------------

    def _notice(self, *, force: bool = False) -> None:
        now = time.perf_counter()
        if self.on_progress is None or (not force and now - self.last_notice < 0.2):
            return
        self.last_notice = now
        seconds = now - self.started
        pace = seconds / self.was_read if self.was_read else None
        self.on_progress(
            Progress(
                done=self.done,
                total=self.total,
                embedded=self.report.embedded,
                failed=len(self.report.failed),
                seconds=seconds,
                photos_per_second=self.report.embedded / seconds if seconds > 0 else 0.0,
                seconds_left=None if pace is None else pace * (self.to_read - self.was_read),
            )
        )


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Keep Python from looking for garbage among many new objects, of which none is any.

    It would look through all of them over and over: a fifth of the time for 100,000 files.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _is_read(read: FileRead) -> bool:
    """Whether there is a picture, or the vector that was made of it."""
    return read.image is not None or read.vector is not None


def _stamp(file: ScannedFile) -> dict[str, Any]:
    """What tells a file from another that is put in its place later."""
    return {
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "inode": file.inode,
        "ctime_ns": file.ctime_ns,
    }


def _is_empty_folder(folder: Path) -> bool:
    """Whether a folder is there and holds nothing, as the place where a drive belongs."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False
