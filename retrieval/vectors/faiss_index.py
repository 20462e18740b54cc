"""The vector index by FAISS: exact search over all vectors in memory, with a copy on disk.

``library.db`` is accompanied by ``library.faiss``, written by FAISS itself, and by
``library.faiss.json``, which tells which state of which library the copy was made from and the
checksum of the first file. When the library has moved on since, only the difference is read from
it. When either file is missing, damaged or another library's, all vectors are read once.
"""

import contextlib
import json
import os
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.files import PRIVATE, STALE_SECONDS, replacing, write_text
from retrieval.library import Library
from retrieval.vectors.base import (
    STATISTICS_SAMPLE,
    Ids,
    IndexState,
    Ranking,
    Vectors,
    mean_and_covariance,
    ranked,
)
from retrieval.vectors.sharing import SharedLock

FORMAT = 2
"""Of the files; 1 was a container of our own, which is simply made anew."""

SMALL_SUBSET = 2_000
"""Up to so many allowed photos are scored one by one; FAISS would pass over all others."""

_READ_AT_ONCE = 10_000
_CHECKSUM_BLOCK = 1 << 22


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
        format: of both files.
    """

    uid: str
    fingerprint: str
    change: int
    count: int
    dim: int
    size: int
    checksum: int
    format: int = FORMAT


@dataclass(frozen=True)
class _Update:
    """A whole new index, or ids that go and ids that come with their vectors."""

    altered: int
    flat: Any = None
    gone: Ids = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    new: Ids = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    rows: Vectors | None = None


class FaissIndex:
    """A flat FAISS index with photo ids; see :class:`retrieval.vectors.base.VectorIndex`."""

    def __init__(self, path: Path | None = None) -> None:
        """Nothing is read before the first :meth:`sync`.

        Args:
            path: of the copy on disk; None keeps the index in memory only.
        """
        self.path = path
        self._lock = SharedLock()
        self._syncing = threading.Lock()
        self._flat: Any = None
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._statistics: tuple[Vectors, Vectors] | None = None
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
                now = (library.uid, library.fingerprint or "", library.change)
                if self._flat is not None and now == self._state:
                    return 0
                update = self._difference(library)
            with self._lock.alone():
                if update.flat is not None:
                    self._replace(update.flat)
                else:
                    self._alter(update)
                self._state = now
            return update.altered

    def _difference(self, library: Library) -> "_Update":
        """What has to be done so that the index holds what the library holds now."""
        flat, ids, change = self._flat, self._ids, self._state[2]
        if flat is None or self._state[:2] != (library.uid, library.fingerprint or ""):
            loaded = self._load(library)
            flat, change = loaded if loaded else (None, -1)
            ids = _ids_of(flat)
        wanted = library.searchable_ids()
        # A smaller number than before: the library was put back from a backup, nothing is sure.
        kept = ids if change <= library.change else ids[:0]
        if len(kept):
            changed = library.ids_changed_since(change)
            kept = np.setdiff1d(np.intersect1d(kept, wanted), list(changed))
        if flat is None or 2 * len(kept) < len(wanted):
            # Read in pieces into a new index; readers keep the old one meanwhile.
            flat = _empty(library.dim or 1)
            for some in _pieces(wanted):
                flat.add_with_ids(library.vectors(some.tolist()), some)
            return _Update(len(wanted), flat)
        gone, new = np.setdiff1d(ids, kept), np.setdiff1d(wanted, kept)
        update = _Update(len(gone) + len(new), None, gone, new, library.vectors(new.tolist()))
        if flat is not self._flat:
            _alter(flat, update)
            update = _Update(update.altered, flat)
        return update

    def _alter(self, update: "_Update") -> None:
        _alter(self._flat, update)
        self._ids = np.union1d(np.setdiff1d(self._ids, update.gone), update.new)
        self._statistics = None

    def _replace(self, flat: Any) -> None:
        self._flat, self._ids, self._statistics = flat, _ids_of(flat), None

    # -- searching -------------------------------------------------------------------------

    def reading(self) -> AbstractContextManager[None]:
        """Hold changes off; see :meth:`VectorIndex.reading`."""
        return self._lock.shared()

    def __len__(self) -> int:
        """Number of photos that can be searched."""
        return len(self._ids)

    def ids(self) -> Ids:
        """Their ids, in growing order."""
        return self._ids

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> list[Ranking]:
        """The nearest photos of each query; see :meth:`VectorIndex.search`."""
        queries = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        count = len(self._ids)
        if allowed is not None:
            allowed = np.intersect1d(allowed, self._ids)
            count = len(allowed)
        k = min(k, count)
        if k <= 0:
            return [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))] * len(queries)
        if allowed is not None and len(allowed) <= SMALL_SUBSET:
            scores = queries @ self.vectors(allowed).T
            return [ranked(allowed, row, k) for row in scores]
        found, ids = self._flat.search(queries, k, params=_only(allowed))
        return [ranked(*row, k) for row in zip(ids, found, strict=True)]

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of these photos, which must be in the index."""
        wanted = np.ascontiguousarray(ids, dtype=np.int64)
        if len(wanted) == 0:
            return np.empty((0, self._flat.d if self._flat is not None else 0), dtype=np.float32)
        rows: Vectors = self._flat.reconstruct_batch(wanted)
        return rows

    def statistics(self) -> tuple[Vectors, Vectors]:
        """Mean and covariance; see :meth:`VectorIndex.statistics`."""
        known = self._statistics
        if known is None:
            step = max(1, len(self._ids) // STATISTICS_SAMPLE)
            known = mean_and_covariance(self.vectors(self._ids[::step]))
            self._statistics = known
        return known

    # -- disk ------------------------------------------------------------------------------

    def save(self) -> bool:
        """Keep a copy on disk, unless the one that is there is of this state."""
        faiss = _faiss()
        if self.path is None:
            return False
        with self._syncing, self._lock.shared():
            if self._flat is None:
                return False
            now = self._state
            stamp = _read_stamp(self.path)
            if self._saved == now and stamp is not None and _state_of(stamp) == now:
                return True
            _remove_leftovers(self.path)
            try:
                with replacing(self.path, mode=PRIVATE) as temporary:
                    faiss.write_index(self._flat, os.fspath(temporary))
                    size, checksum = temporary.stat().st_size, _checksum(temporary)
                stamp = Stamp(*now, len(self._ids), int(self._flat.d), size, checksum)
                write_text(stamp_path(self.path), json.dumps(asdict(stamp)), mode=PRIVATE)
            except (OSError, RuntimeError):
                # FAISS raises RuntimeError when the disk is full.
                return False
            self._saved = now
            return True

    def state(self, library: Library) -> IndexState:
        """How the copy on disk stands to the library, without loading it."""
        if self.path is None or not self.path.exists():
            return "missing"
        stamp = _read_stamp(self.path)
        if stamp is None:
            return "damaged"
        now = (library.uid, library.fingerprint or "", library.change)
        return "fresh" if _state_of(stamp) == now else "stale"

    def _load(self, library: Library) -> tuple[Any, int] | None:
        """The copy on disk and its change number; None unless it is whole and this library's."""
        faiss = _faiss()
        if self.path is None:
            return None
        stamp, dim = _read_stamp(self.path), library.dim or 1
        here = (library.uid, library.fingerprint or "", dim)
        if stamp is None or (stamp.uid, stamp.fingerprint, stamp.dim) != here:
            return None
        try:
            # FAISS trusts what it reads, so that nothing damaged may come near it.
            if _checksum(self.path) != stamp.checksum:
                return None
            flat = faiss.read_index(os.fspath(self.path))
        except (OSError, RuntimeError, MemoryError):
            return None
        if not isinstance(flat, faiss.IndexIDMap2) or (flat.ntotal, flat.d) != (stamp.count, dim):
            return None
        self._saved = _state_of(stamp)
        return flat, stamp.change


def index_path(library: Path) -> Path:
    """Where the copy of a library's index lies."""
    return library.with_suffix(".faiss")


def stamp_path(index: Path) -> Path:
    """Where it is told what the copy was made from."""
    return index.with_name(index.name + ".json")


def _empty(dim: int) -> Any:
    faiss = _faiss()
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dim))


def _faiss() -> Any:
    """The package, loaded when first needed; its own types do not describe what it takes."""
    import faiss

    return faiss


def _ids_of(flat: Any) -> Ids:
    """The photo ids in a FAISS index, in growing order."""
    if flat is None:
        return np.empty(0, dtype=np.int64)
    faiss = _faiss()
    ids: Ids = np.sort(faiss.vector_to_array(flat.id_map).astype(np.int64))
    return ids


def _alter(flat: Any, update: "_Update") -> None:
    if len(update.gone):
        flat.remove_ids(update.gone)
    if len(update.new):
        flat.add_with_ids(update.rows, update.new)


def _pieces(ids: Ids) -> Iterator[Ids]:
    for start in range(0, len(ids), _READ_AT_ONCE):
        yield ids[start : start + _READ_AT_ONCE]


def _only(allowed: Ids | None) -> Any:
    """FAISS's parameters for a search among some ids; a bit for each id."""
    if allowed is None:
        return None
    faiss = _faiss()
    bits = np.zeros(int(allowed[-1]) + 1, dtype=bool)
    bits[allowed] = True
    selector = faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))
    return faiss.SearchParameters(sel=selector)


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


def _checksum(path: Path) -> int:
    checksum = 0
    with open(path, "rb") as file:
        while block := file.read(_CHECKSUM_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _remove_leftovers(path: Path) -> None:
    """Temporary files that killed processes of earlier versions left behind."""
    for file in path.parent.glob(f"{path.name}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > STALE_SECONDS:
                file.unlink()
