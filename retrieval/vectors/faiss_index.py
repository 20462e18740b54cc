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
_ALWAYS_SAVED = 10_000


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


class IndexView:
    """The vectors of one state of the library. Never changes, so any thread may keep one."""

    def __init__(self, ids: NDArray[np.int64], flat: Any) -> None:
        """Use :meth:`PhotoIndex.current`.

        Args:
            ids: photo ids in growing order.
            flat: a FAISS index with one row for each.
        """
        self.ids = ids
        self._flat = flat
        self._statistics: tuple[Vectors, Vectors] | None = None

    def __len__(self) -> int:
        """Number of photos that can be searched."""
        return len(self.ids)

    @property
    def matrix(self) -> Vectors:
        """All vectors [n, dim], row by row of :attr:`ids`; not copied, read only."""
        return _rows(self._flat)

    def search(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """The ``k`` best photo ids and their scores, best first; fewer when there are fewer.

        Equal scores are ordered by id, so that the same question has the same answer.
        """
        k = min(k, len(self))
        if k <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        scores, rows = self._flat.search(query, k)
        ids, best = self.ids[rows[0]], scores[0]
        order = np.lexsort((ids, -best))
        return ids[order], best[order]

    def vectors(self, photo_ids: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """Vectors [n, dim] of these photos, which must be in the index."""
        return self.matrix[np.searchsorted(self.ids, np.asarray(photo_ids, dtype=np.int64))]

    def statistics(self) -> tuple[Vectors, Vectors]:
        """Mean [dim] and covariance [dim, dim] of the vectors, from a sample of large libraries."""
        if self._statistics is None:
            rows = self.matrix[:: max(1, len(self) // _STATISTICS_SAMPLE)]
            mean = rows.mean(axis=0)
            centred = rows - mean
            covariance = centred.T @ centred / max(1, len(rows) - 1)
            self._statistics = mean.astype(np.float32), covariance.astype(np.float32)
        return self._statistics


class PhotoIndex:
    """Keeps a view of a library's vectors up to date. Safe to use from several threads."""

    def __init__(self, library: Library, cache: Path | None = None) -> None:
        """Nothing is read before the first use.

        Args:
            library: open; kept open for as long as the index is used.
            cache: the copy on disk, by default beside the library.
        """
        self.library = library
        self.cache = cache if cache is not None else cache_path(library.path)
        self._guard = threading.Lock()
        self._view: IndexView | None = None
        self._change = -1
        self._fingerprint = ""
        self._saved = -1

    def __len__(self) -> int:
        """Number of photos that can be searched now."""
        return len(self.current())

    def search(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """As :meth:`IndexView.search`, on the current state."""
        return self.current().search(vector, k)

    def current(self) -> IndexView:
        """The vectors as the library has them now; next to no work when it has not changed."""
        with self._guard:
            altered = self._refresh()
            view = self._view
            assert view is not None
            # Writing a large copy again for every photo that is added would cost more than
            # reading those few from the library the next time.
            if altered and (len(view) < _ALWAYS_SAVED or altered > len(view) // 50):
                self._save(view)
            return view

    def save(self) -> None:
        """Bring the copy on disk up to date."""
        self.current()
        with self._guard:
            if self._view is not None and self._saved != self._change:
                self._save(self._view)

    # -- memory ----------------------------------------------------------------------------

    def _refresh(self) -> int:
        """Catch up with the library; how many rows that altered."""
        with self.library.snapshot():
            change, fingerprint = self.library.change, self.library.fingerprint or ""
            view = self._view
            if view is not None and (change, fingerprint) == (self._change, self._fingerprint):
                return 0
            if view is None or fingerprint != self._fingerprint:
                view = self._load(fingerprint)
            if change == self._change and len(view) == self.library.searchable_count():
                altered = 0
            else:
                view, altered = self._catch_up(view, change)
        self._view, self._change, self._fingerprint = view, change, fingerprint
        return altered

    def _load(self, fingerprint: str) -> IndexView:
        """Start from the copy on disk when it belongs to this library, else from nothing."""
        dim = self.library.dim or 1
        loaded = _load_cache(self.cache)
        if loaded is not None:
            header, ids, flat = loaded
            if (header.uid, header.fingerprint, header.dim) == (self.library.uid, fingerprint, dim):
                self._change = self._saved = header.change
                return IndexView(ids, flat)
        self._change = self._saved = -1
        return IndexView(np.empty(0, dtype=np.int64), _flat(dim))

    def _catch_up(self, old: IndexView, change: int) -> tuple[IndexView, int]:
        """A view of the library's state, made from an older one and the difference to it."""
        wanted = self.library.searchable_ids()
        # A smaller number than before: the library was put back from a backup, nothing is sure.
        kept = np.isin(old.ids, wanted) & (self._change < change)
        altered = self.library.ids_changed_since(self._change) if kept.any() else set()
        kept &= ~np.isin(old.ids, np.fromiter(altered, dtype=np.int64, count=len(altered)))
        still = old.ids[kept]
        missing = np.setdiff1d(wanted, still, assume_unique=True)
        if len(missing) == 0 and kept.all():
            return old, 1 if self._saved < 0 else 0
        matrix = np.empty((len(wanted), self.library.dim or 1), dtype=np.float32)
        matrix[np.searchsorted(wanted, still)] = old.matrix[kept]
        if len(missing):
            matrix[np.searchsorted(wanted, missing)] = self.library.vectors(missing.tolist())
        flat = _flat(matrix.shape[1])
        flat.add(matrix)
        return IndexView(wanted, flat), len(missing) + int((~kept).sum())

    # -- disk ------------------------------------------------------------------------------

    def _save(self, view: IndexView) -> None:
        """Keep a copy, whole or not at all; a folder that cannot be written is no trouble."""
        import faiss

        ids = view.ids.astype("<i8").tobytes()
        rows = bytes(faiss.serialize_index(view._flat))
        header = _Header(
            uid=self.library.uid,
            fingerprint=self._fingerprint,
            change=self._change,
            count=len(view),
            dim=int(view._flat.d),
            size=len(ids) + len(rows),
            checksum=zlib.crc32(rows, zlib.crc32(ids)),
        )
        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(
                prefix=self.cache.name + ".", suffix=".tmp", dir=self.cache.parent
            )
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + json.dumps(asdict(header)).encode() + b"\n")
                file.write(ids)
                file.write(rows)
            os.replace(temporary, self.cache)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
        else:
            self._saved = self._change


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
    """The rows inside a FAISS index as an array that keeps the index alive."""
    import faiss

    if flat.ntotal == 0:
        return np.empty((0, flat.d), dtype=np.float32)
    bare = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)
    rows: Vectors = np.asarray(_Memory(flat, bare.ctypes.data, (flat.ntotal, flat.d)))
    return rows


class _Memory:
    """Memory that belongs to another object, in the form that numpy can look into."""

    def __init__(self, owner: Any, address: int, shape: tuple[int, int]) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": "<f4",
            "data": (address, True),
        }


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
        flat = faiss.deserialize_index(content[8 * header.count :])
        if (flat.ntotal, flat.d) != (header.count, header.dim):
            return None
    except (AttributeError, OSError, ValueError, RuntimeError, MemoryError):
        return None
    return header, ids, flat
