"""The vector index by FAISS, with a copy on disk.

Up to :data:`LARGE` photos all vectors are in memory and searched exactly
(:mod:`retrieval.vectors.flat`). Of more, codes of one bit for a component are in memory and the
vectors stay on disk (:mod:`retrieval.vectors.clustered`); what is added goes into a small flat
part, and only when that has outgrown a share of the whole is all arranged anew, by :meth:`save`.

``library.db`` is accompanied by ``library.faiss``, the flat part written by FAISS itself, and by
``library.faiss.json``, which tells which state of which library the copy was made from and the
checksum of the first file; a large library's base lies in ``library.ivf``
(:mod:`retrieval.vectors.base_files`). When the library has moved on since, only the difference is
read from it. When a file is missing, damaged or another library's, what it held is read from the
library.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from retrieval.files import PRIVATE, STALE_SECONDS, replacing, write_text
from retrieval.library import Library
from retrieval.vectors.base import (
    NO_IDS,
    STATISTICS_SAMPLE,
    Ids,
    IdTable,
    IndexState,
    Ranking,
    Vectors,
    mean_and_covariance,
    members,
)
from retrieval.vectors.base_files import (
    base_folder,
    checksum_of,
    is_whole,
    open_base,
    remove_bases,
    stamps,
    write_base,
)
from retrieval.vectors.clustered import ClusteredVectors
from retrieval.vectors.flat import FlatVectors, VectorStore, load_faiss
from retrieval.vectors.sharing import SharedLock

LARGE = 100_000
"""From so many photos on, the vectors are not kept in memory."""

OUTGROWN = 0.05
"""All is arranged anew when a larger share was added or taken out since."""

FLAT, CLUSTERED = "flat, exact", "IVF{lists} of 1-bit codes, exact re-ranking"

FORMAT = 2
"""Of the files; 1 was a container of our own, which is simply made anew."""

_READ_AT_ONCE = 10_000


@dataclass(frozen=True)
class Stamp:
    """What the copy on disk was made from.

    Attributes:
        uid: of the library.
        fingerprint: of the encoder.
        change: the library's change number then.
        count: vectors.
        dim: their length.
        size: of the FAISS file, in bytes.
        checksum: CRC-32 of it.
        base: the token of the base that belongs to it; "" for none.
        gone: ids of photos of the base that are in the library no more.
        format: of both files.
    """

    uid: str
    fingerprint: str
    change: int
    count: int
    dim: int
    size: int
    checksum: int
    base: str = ""
    gone: list[int] = field(default_factory=list)
    format: int = FORMAT


@dataclass(frozen=True)
class _Update:
    """A whole new store, or ids that go and ids that come with their vectors."""

    altered: int
    store: VectorStore | None = None
    gone: Ids = field(default_factory=lambda: NO_IDS)
    new: Ids = field(default_factory=lambda: NO_IDS)
    rows: Vectors = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))


class FaissIndex:
    """A FAISS index with photo ids; see :class:`retrieval.vectors.base.VectorIndex`."""

    def __init__(
        self, path: Path | None = None, *, large: int = LARGE, outgrown: float = OUTGROWN
    ) -> None:
        """Nothing is read before the first :meth:`sync`.

        Args:
            path: of the copy on disk; None keeps the index in memory only, and flat.
            large: from so many photos on, their vectors stay on disk.
            outgrown: share of them that may be added or taken out before all is arranged anew.
        """
        self.path = path
        self.large = large
        self.outgrown = outgrown
        self._lock = SharedLock()
        self._syncing = threading.Lock()
        self._store: VectorStore | None = None
        self._statistics: tuple[Vectors, Vectors] | None = None
        self._table = IdTable(NO_IDS)
        self._state: tuple[str, str, int] = "", "", -1
        self._saved: tuple[str, str, int] | None = None

    # -- keeping up with the library -------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """Of the encoder whose vectors are held; see :attr:`VectorIndex.fingerprint`."""
        return self._state[1]

    def sync(self, library: Library) -> int:
        """Take over what changed; see :meth:`VectorIndex.sync`."""
        with self._syncing:
            # All is read before readers are asked to leave: one of them may wait for the library.
            with library.snapshot():
                now = _state_now(library)
                if self._store is not None and now == self._state:
                    return 0
                update = self._difference(library)
            with self._lock.alone():
                if update.store is not None:
                    self._store = update.store
                elif self._store is not None:
                    self._store.alter(update.gone, update.new, update.rows)
                self._statistics = None
                self._state = now
            return update.altered

    def _difference(self, library: Library) -> "_Update":
        """What has to be done so that the index holds what the library holds now."""
        store, change = self._store, self._state[2]
        if store is None or self._state[:2] != _state_now(library)[:2]:
            loaded = self._load(library)
            store, change = loaded if loaded else (None, -1)
            if store is not None and change == library.change:
                return _Update(0, store)
        wanted = library.searchable_ids()
        ids = NO_IDS if store is None else store.ids
        # A smaller number than before: the library was put back from a backup, nothing is sure.
        kept = ids if change <= library.change else ids[:0]
        if len(kept):
            kept = members(kept, wanted)
            changed = np.array(sorted(library.ids_changed_since(change)), dtype=np.int64)
            kept = np.setdiff1d(kept, changed, assume_unique=True)
        if store is None or 2 * len(kept) < len(wanted):
            # Read in pieces into a new store; readers keep the old one meanwhile.
            flat = FlatVectors.empty(library.dim or 1, len(wanted))
            for some in _pieces(wanted):
                flat.add(some, library.vectors(some.tolist()))
            return _Update(len(wanted), flat)
        gone = np.setdiff1d(ids, kept, assume_unique=True)
        new = np.setdiff1d(wanted, kept, assume_unique=True)
        update = _Update(len(gone) + len(new), None, gone, new, library.vectors(new.tolist()))
        if store is not self._store:
            store.alter(update.gone, update.new, update.rows)
            update = _Update(update.altered, store)
        return update

    # -- searching -------------------------------------------------------------------------

    def reading(self) -> AbstractContextManager[None]:
        """Hold changes off; see :meth:`VectorIndex.reading`."""
        return self._lock.shared()

    def __len__(self) -> int:
        """Number of photos that can be searched."""
        return len(self.ids())

    def ids(self) -> Ids:
        """Their ids, in growing order."""
        return NO_IDS if self._store is None else self._store.ids

    def known(self, ids: Ids) -> Ids:
        """Those of these ids that can be searched; see :meth:`VectorIndex.known`."""
        own, table = self.ids(), self._table
        if table.ids is not own:
            table = self._table = IdTable(own)
        return table.members(ids)

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> list[Ranking]:
        """The nearest photos of each query; see :meth:`VectorIndex.search`."""
        queries = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        k = min(k, len(self))
        if self._store is None or k <= 0:
            return [(NO_IDS, np.empty(0, dtype=np.float32))] * len(queries)
        if allowed is not None:
            allowed = np.asarray(allowed, dtype=np.int64)
        return self._store.search(queries, k, allowed)

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of these photos, which must be in the index."""
        if self._store is None:
            return np.empty((0, 0), dtype=np.float32)
        return self._store.vectors(ids)

    def statistics(self) -> tuple[Vectors, Vectors]:
        """Mean and covariance; see :meth:`VectorIndex.statistics`."""
        if isinstance(self._store, ClusteredVectors):
            return self._store.base.statistics
        known = self._statistics
        if known is None:
            ids = self.ids()
            step = max(1, len(ids) // STATISTICS_SAMPLE)
            known = mean_and_covariance(self.vectors(ids[::step]))
            self._statistics = known
        return known

    # -- disk ------------------------------------------------------------------------------

    def save(self) -> bool:
        """Keep a copy on disk, unless the one that is there is of this state.

        Arranges a large library anew where that is due, which takes half a minute for a million
        photos; :meth:`sync` waits meanwhile, searches go on.
        """
        if self.path is None:
            return False
        with self._syncing:
            store = self._store
            if store is None:
                return False
            stamp = _read_stamp(self.path)
            kept = self._saved == self._state and stamp is not None
            due = self._is_due(store)
            if kept and not due and stamp is not None and _state_of(stamp) == self._state:
                return True
            _remove_leftovers(self.path)
            try:
                if due:
                    self._arrange(self.path, store)
                self._write(self.path)
            except (OSError, RuntimeError):
                # FAISS raises RuntimeError when the disk is full.
                return False
            self._saved = self._state
            return True

    def _is_due(self, store: VectorStore) -> bool:
        """Whether the vectors ought to be arranged anew."""
        if isinstance(store, ClusteredVectors):
            return store.outgrown > self.outgrown
        return len(store.ids) >= self.large

    def _arrange(self, path: Path, store: VectorStore) -> None:
        """Make a new base of all vectors and search in that, or go back to a flat store."""
        new: VectorStore
        if len(store.ids) >= self.large:
            with self._lock.shared():
                write_base(base_folder(path), self._state, store.ids, store.vectors)
                dim = store.vectors(store.ids[:1]).shape[1]
            opened = open_base(base_folder(path), *self._state[:2], dim)
            if opened is None:
                raise OSError(f"{base_folder(path)} cannot be read back")
            new = ClusteredVectors(opened[0])
        else:
            with self._lock.shared():
                dim = store.vectors(store.ids[:1]).shape[1]
                flat = FlatVectors.empty(dim, len(store.ids))
                for some in _pieces(store.ids):
                    flat.add(some, store.vectors(some))
            new = flat
        with self._lock.alone():
            self._store, self._statistics = new, None

    def _write(self, path: Path) -> None:
        """Write the flat part, and then what it was made from."""
        with self._lock.shared():
            store = self._store
            if store is None:
                return
            base, gone, flat = "", NO_IDS, store
            if isinstance(store, ClusteredVectors):
                base, gone, flat = store.base.token, store.gone, store.added
            assert isinstance(flat, FlatVectors)
            with replacing(path, mode=PRIVATE) as temporary:
                load_faiss().write_index(flat.flat, os.fspath(temporary))
                size, checksum = temporary.stat().st_size, checksum_of(temporary)
            stamp = Stamp(
                *self._state, len(store.ids), int(flat.flat.d), size, checksum, base, gone.tolist()
            )
            write_text(stamp_path(path), json.dumps(asdict(stamp)), mode=PRIVATE)
        if not base:
            remove_bases(base_folder(path))

    def state(self, library: Library) -> IndexState:
        """How the copy on disk stands to the library, without loading it."""
        if self.path is None or not self.path.exists():
            return "missing"
        stamp = _read_stamp(self.path)
        if stamp is None or (stamp.base and stamp.base not in stamps(base_folder(self.path))):
            return "damaged"
        return "fresh" if _state_of(stamp) == _state_now(library) else "stale"

    def kind(self, library: Library) -> str:
        """What kind of index it is; see :meth:`VectorIndex.kind`."""
        if self.path is not None:
            for stamp in stamps(base_folder(self.path)).values():
                if (stamp.uid, stamp.fingerprint) == _state_now(library)[:2]:
                    return CLUSTERED.format(lists=stamp.lists)
        return FLAT

    def is_whole(self) -> bool:
        """Read all of a large library's base, too; see :meth:`VectorIndex.is_whole`."""
        return self.path is None or is_whole(base_folder(self.path))

    def discard(self) -> None:
        """Remove the files beside the library; see :meth:`VectorIndex.discard`."""
        with self._syncing, self._lock.alone():
            self._store, self._statistics, self._state = None, None, ("", "", -1)
            self._saved = None
            if self.path is not None:
                stamp_path(self.path).unlink(missing_ok=True)
                self.path.unlink(missing_ok=True)
                remove_bases(base_folder(self.path))

    def _load(self, library: Library) -> tuple[VectorStore, int] | None:
        """What is on disk and its change number; None unless it is whole and this library's."""
        if self.path is None:
            return None
        stamp, dim = _read_stamp(self.path), library.dim or 1
        here = (library.uid, library.fingerprint or "", dim)
        if stamp is not None and (stamp.uid, stamp.fingerprint, stamp.dim) != here:
            stamp = None
        opened = open_base(base_folder(self.path), *here)
        if stamp is not None and not stamp.base and (not opened or stamp.change > opened[1]):
            flat = self._load_flat(self.path, stamp)
            if flat is not None and len(flat.ids) == stamp.count:
                self._saved = _state_of(stamp)
                return flat, stamp.change
        if opened is None:
            return None
        base, change = opened
        if stamp is not None and stamp.base == base.token:
            added = self._load_flat(self.path, stamp)
            if added is not None:
                gone = np.array(stamp.gone, dtype=np.int64)
                store = ClusteredVectors(base, np.union1d(gone, added.ids), added)
                if len(store.ids) == stamp.count:
                    self._saved = _state_of(stamp)
                    return store, stamp.change
        return ClusteredVectors(base), change

    def _load_flat(self, path: Path, stamp: Stamp) -> FlatVectors | None:
        """The flat part on disk; None when it is damaged."""
        faiss = load_faiss()
        try:
            # FAISS trusts what it reads, so that nothing damaged may come near it.
            if checksum_of(path) != stamp.checksum:
                return None
            flat = faiss.read_index(os.fspath(path))
        except (OSError, RuntimeError, MemoryError):
            return None
        if not isinstance(flat, faiss.IndexIDMap2) or flat.d != stamp.dim:
            return None
        return FlatVectors(flat)


def index_path(library: Path) -> Path:
    """Where the copy of a library's index lies."""
    return library.with_suffix(".faiss")


def stamp_path(index: Path) -> Path:
    """Where it is told what the copy was made from."""
    return index.with_name(index.name + ".json")


def _pieces(ids: Ids) -> Iterator[Ids]:
    for start in range(0, len(ids), _READ_AT_ONCE):
        yield ids[start : start + _READ_AT_ONCE]


def _read_stamp(path: Path) -> Stamp | None:
    """What is told of a copy; None when it is unreadable or does not fit the copy's size."""
    try:
        stamp = Stamp(**json.loads(stamp_path(path).read_text(encoding="utf-8")))
        fits = stamp.format == FORMAT and stamp.size == path.stat().st_size
    except (OSError, TypeError, ValueError):
        return None
    return stamp if fits else None


def _state_of(stamp: Stamp) -> tuple[str, str, int]:
    return stamp.uid, stamp.fingerprint, stamp.change


def _state_now(library: Library) -> tuple[str, str, int]:
    return library.uid, library.fingerprint or "", library.change


def _remove_leftovers(path: Path) -> None:
    """Temporary files that killed processes of earlier versions left behind."""
    for file in path.parent.glob(f"{path.name}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > STALE_SECONDS:
                file.unlink()
