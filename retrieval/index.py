"""The search index: FAISS over the vectors of the photos that can be searched.

The library is the truth, this is a cache in memory with a copy on disk (``library.db`` ->
``library.faiss``). The copy says which state of which library it was made from and carries a
checksum. When the library has moved on, only the difference is read from it; when the copy is
missing, damaged or another library's, all is read once. A folder that cannot be written is no
trouble: the copy is just not kept.
"""

import contextlib
import json
import os
import tempfile
import threading
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.library import Library

Vectors = NDArray[np.float32]
State = Literal["fresh", "stale", "missing", "damaged"]

_MAGIC = b"PHOTOPAL INDEX 1\n"
_MAX_HEADER = 4096
_STATISTICS_SAMPLE = 20_000


@dataclass(frozen=True)
class _Header:
    """What a copy on disk was made from."""

    uid: str
    fingerprint: str
    change: int
    count: int
    dim: int
    size: int
    checksum: int


class PhotoIndex:
    """Vectors of a library, ready to be searched. Safe to use from several threads."""

    def __init__(self, library: Library, cache: Path | None = None) -> None:
        """Nothing is read before the first use.

        Args:
            library: open; kept open for as long as the index is used.
            cache: the copy on disk, by default beside the library.
        """
        self.library = library
        self.cache = cache if cache is not None else cache_path(library.path)
        self._guard = threading.RLock()
        self._change = -1
        self._fingerprint: str | None = None
        self._ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._flat: Any = None
        self._statistics: tuple[Vectors, Vectors] | None = None

    def __len__(self) -> int:
        self.refresh()
        return len(self._ids)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Photo ids, row by row of :attr:`matrix`."""
        self.refresh()
        return self._ids

    @property
    def matrix(self) -> Vectors:
        """All vectors [n, dim], not copied: to be read only, and not kept across a refresh."""
        self.refresh()
        with self._guard:
            return _rows(self._flat)

    def search(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """The ``k`` best photo ids and their scores, best first; fewer when there are fewer.

        Equal scores are ordered by id, so that the same question has the same answer.
        """
        self.refresh()
        with self._guard:
            k = min(k, len(self._ids))
            if k <= 0:
                return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
            query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
            scores, rows = self._flat.search(query, k)
            ids, best = self._ids[rows[0]], scores[0]
        order = np.lexsort((ids, -best))
        return ids[order], best[order]

    def vectors(self, photo_ids: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """Vectors [n, dim] of these photos, which must be in the index."""
        self.refresh()
        with self._guard:
            return _rows(self._flat)[np.searchsorted(self._ids, np.asarray(photo_ids))]

    def statistics(self) -> tuple[Vectors, Vectors]:
        """Mean [dim] and covariance [dim, dim] of the vectors, from a sample of large libraries."""
        self.refresh()
        with self._guard:
            if self._statistics is None:
                step = max(1, len(self._ids) // _STATISTICS_SAMPLE)
                rows = _rows(self._flat)[::step]
                mean = rows.mean(axis=0)
                centred = rows - mean
                covariance = centred.T @ centred / max(1, len(rows) - 1)
                self._statistics = mean.astype(np.float32), covariance.astype(np.float32)
            return self._statistics

    def refresh(self) -> None:
        """Catch up with the library; next to nothing when it has not changed."""
        with self._guard, self.library.snapshot():
            change, fingerprint = self.library.change, self.library.fingerprint
            same = (change, fingerprint) == (self._change, self._fingerprint)
            if self._flat is not None and same:
                return
            if self._fingerprint != fingerprint or self._flat is None:
                self._load(fingerprint or "")
            if self._change != change or len(self._ids) != self.library.searchable_count():
                self._catch_up(change)
            else:
                return
        self._save()

    # -- memory ----------------------------------------------------------------------------

    def _load(self, fingerprint: str) -> None:
        """Start from the copy on disk when it belongs to this library, else from nothing."""
        self._statistics = None
        self._fingerprint = fingerprint or None
        dim = self.library.dim or 1
        loaded = _load_cache(self.cache)
        if loaded is not None:
            header, ids, flat = loaded
            if (header.uid, header.fingerprint, header.dim) == (self.library.uid, fingerprint, dim):
                self._change, self._ids, self._flat = header.change, ids, flat
                return
        self._change, self._ids, self._flat = -1, np.empty(0, dtype=np.int64), _flat(dim)

    def _catch_up(self, change: int) -> None:
        wanted = self.library.searchable_ids()
        known = self._ids
        if self._change > change:
            # The library was put back from a backup: nothing that is known can be trusted.
            known = np.empty(0, dtype=np.int64)
        altered = self.library.ids_changed_since(self._change) if len(known) else set()
        kept = np.isin(known, wanted)
        if altered:
            kept &= ~np.isin(known, np.fromiter(altered, dtype=np.int64, count=len(altered)))
        missing = np.setdiff1d(wanted, known[kept], assume_unique=True)
        if len(missing) == 0 and kept.all() and len(known) == len(self._ids):
            self._change = change
            return
        matrix = np.empty((len(wanted), self.library.dim or 1), dtype=np.float32)
        matrix[np.searchsorted(wanted, known[kept])] = _rows(self._flat)[: len(known)][kept]
        if len(missing):
            matrix[np.searchsorted(wanted, missing)] = self.library.vectors(missing.tolist())
        flat = _flat(matrix.shape[1])
        flat.add(matrix)
        self._ids, self._flat, self._change = wanted, flat, change
        self._statistics = None

    # -- disk ------------------------------------------------------------------------------

    def _save(self) -> None:
        """Keep a copy, whole or not at all; a folder that cannot be written is no trouble."""
        import faiss

        with self._guard:
            payload = self._ids.astype("<i8").tobytes()
            body = bytes(faiss.serialize_index(self._flat))
            header = _Header(
                uid=self.library.uid,
                fingerprint=self._fingerprint or "",
                change=self._change,
                count=len(self._ids),
                dim=int(self._flat.d),
                size=len(payload) + len(body),
                checksum=zlib.crc32(body, zlib.crc32(payload)),
            )
        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(
                prefix=self.cache.name + ".", suffix=".tmp", dir=self.cache.parent
            )
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + json.dumps(asdict(header)).encode() + b"\n")
                file.write(payload)
                file.write(body)
            os.replace(temporary, self.cache)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)


def cache_path(library: Path) -> Path:
    """Where the copy of a library's index lies."""
    return library.with_suffix(".faiss")


def index_state(library: Library, cache: Path | None = None) -> State:
    """How the copy on disk stands to the library, without loading it."""
    path = cache if cache is not None else cache_path(library.path)
    if not path.exists():
        return "missing"
    header = _read_header(path)
    if header is None:
        return "damaged"
    current = (library.uid, library.fingerprint or "", library.change)
    return "fresh" if (header.uid, header.fingerprint, header.change) == current else "stale"


def _flat(dim: int) -> Any:
    import faiss

    return faiss.IndexFlatIP(dim)


def _rows(flat: Any) -> Vectors:
    import faiss

    if flat.ntotal == 0:
        return np.empty((0, flat.d), dtype=np.float32)
    rows: Vectors = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)
    return rows.reshape(flat.ntotal, flat.d)


def _read_header(path: Path) -> _Header | None:
    try:
        with open(path, "rb") as file:
            return _parse_header(file.read(_MAX_HEADER), os.fstat(file.fileno()).st_size)
    except OSError:
        return None


def _parse_header(start: bytes, total: int) -> _Header | None:
    if not start.startswith(_MAGIC):
        return None
    line, newline, _ = start[len(_MAGIC) :].partition(b"\n")
    try:
        header = _Header(**json.loads(line))
        whole = len(_MAGIC) + len(line) + 1 + header.size == total
    except (TypeError, ValueError):
        return None
    return header if newline and whole else None


def _load_cache(path: Path) -> tuple[_Header, NDArray[np.int64], Any] | None:
    """The copy on disk; None when it is missing or anything about it is wrong."""
    import faiss

    header = _read_header(path)
    if header is None:
        return None
    try:
        # Mapped, so that the file's bytes and the index made of them are not both in memory.
        content = np.memmap(path, dtype=np.uint8, mode="r")[-header.size :]
        if zlib.crc32(content.data) != header.checksum:
            return None
        ids = np.frombuffer(content[: 8 * header.count].tobytes(), dtype="<i8").astype(np.int64)
        flat = faiss.downcast_index(faiss.deserialize_index(content[8 * header.count :]))
        if (flat.ntotal, flat.d) != (header.count, header.dim):
            return None
    except (OSError, ValueError, RuntimeError, MemoryError):
        return None
    return header, ids, flat
