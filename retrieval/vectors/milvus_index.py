"""The vector index on a Milvus server: the server ranks, the library stays the truth.

What stays here: the ids that can be searched, as everywhere, and the vectors, which are read from
the library when they are asked for, so that they are exact and need no server. What the server
does is to find the nearest among all rows. It is brought up to date by :meth:`MilvusIndex.save`,
which belongs to indexing and holds the library's lock, so that only one process writes. A search
writes nothing; what the library holds and the server does not (yet) is scored here, so that the
answers are those of :class:`retrieval.vectors.faiss_index.FaissIndex` at any moment.

A filter comes as ids. Fields for day, place, folder and favourite on the server would be a second
truth: places and favourites change without a new vector, and names are compared as people write
them. So ids become an expression: up to :data:`MAX_RANGES` ranges of ids, which let in as few
others as possible (photos of one day or folder have neighbouring ids), with more rows asked for
and the others left out until the wanted ones are there; or, where these would be too many, the
list of the ids itself.
"""

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from retrieval.errors import PhotoNotFound, VectorIndexBehind, VectorServerRefused
from retrieval.library import Library
from retrieval.vectors.base import (
    NO_IDS,
    STATISTICS_SAMPLE,
    Ids,
    IndexState,
    Ranking,
    Vectors,
    is_in,
    mean_and_covariance,
    members,
    ranked,
)
from retrieval.vectors.milvus_collection import MAX_LIMIT, Kind, MilvusCollection, ServerStamp
from retrieval.vectors.sharing import SharedLock

EXACT_UP_TO = 200_000
"""With more photos the server's index is an approximate one (IVF)."""

SMALL_SUBSET = 1_000
"""Up to so many photos are scored here, without the server."""

MAX_BEHIND = 20_000
"""So many photos that the server lacks are scored here; with more, a search is refused."""

MAX_RANGES = 16
"""Ranges in an expression. Milvus 2.3 reads 20 in a row of "or" in 100 s; nested ones in 50 ms."""

WIDEST = 4_096
"""Rows that are asked for at first, wanted or not; past that the ids are sent instead."""

_SPARE = 32
_TIE = 2e-6
_GROWTH = 4
_READ_AT_ONCE = 5_000


@dataclass(frozen=True)
class _View:
    """The library as it was when it was last looked at."""

    library: Library
    state: tuple[str, str, int]
    ids: Ids


@dataclass(frozen=True)
class _Standing:
    """How the server stands to a view.

    Attributes:
        state: of the view.
        rows: ids of all photos on the server.
        current: those of them that the view has, with the same vector.
        behind: ids that the server lacks or has an old vector of.
        vectors: theirs [n, dim].
        stamp: what the server said of its rows.
        nlist: cells of an approximate index; 0 for an exact one.
    """

    state: tuple[str, str, int]
    rows: Ids
    current: Ids
    behind: Ids
    vectors: Vectors
    stamp: ServerStamp
    nlist: int


class MilvusIndex:
    """A collection on a Milvus server; see :class:`retrieval.vectors.base.VectorIndex`."""

    def __init__(
        self,
        collection: MilvusCollection,
        *,
        exact_up_to: int = EXACT_UP_TO,
        small_subset: int = SMALL_SUBSET,
    ) -> None:
        """Nothing is sent before the first search or :meth:`save`.

        Args:
            collection: on the server.
            exact_up_to: photos up to which the server compares all of them.
            small_subset: photos up to which they are scored here.
        """
        self.collection = collection
        self.exact_up_to = exact_up_to
        self.small_subset = small_subset
        self._lock = SharedLock()
        self._syncing = threading.Lock()
        self._looking = threading.Lock()
        self._view: _View | None = None
        self._standing: _Standing | None = None
        self._statistics: tuple[Vectors, Vectors] | None = None

    # -- keeping up with the library ---------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """Of the encoder whose vectors are searched; see :attr:`VectorIndex.fingerprint`."""
        return "" if self._view is None else self._view.state[1]

    def sync(self, library: Library) -> int:
        """Look at the library again; the server is asked when there is something to search."""
        with self._syncing:
            before = self._view
            with library.snapshot():
                now = _state_of(library)
                if before is not None and before.library is library and before.state == now:
                    return 0
                ids = library.searchable_ids()
                same = NO_IDS if before is None else _unchanged(library, before.state, before.ids)
            with self._lock.alone():
                self._view, self._statistics = _View(library, now, ids), None
            held = NO_IDS if before is None else before.ids
            return len(np.setdiff1d(held, ids)) + len(np.setdiff1d(ids, same))

    def reading(self) -> AbstractContextManager[None]:
        """Hold changes off; see :meth:`VectorIndex.reading`."""
        return self._lock.shared()

    def __len__(self) -> int:
        """Number of photos that can be searched."""
        return len(self.ids())

    def ids(self) -> Ids:
        """Their ids, in growing order."""
        return NO_IDS if self._view is None else self._view.ids

    def known(self, ids: Ids) -> Ids:
        """Those of these ids that can be searched, in their order."""
        return members(ids, self.ids())

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of these photos, from the library."""
        if self._view is None:
            return np.empty((0, 0), dtype=np.float32)
        return self._view.library.vectors(ids.tolist())

    def statistics(self) -> tuple[Vectors, Vectors]:
        """Mean and covariance; see :meth:`VectorIndex.statistics`."""
        known = self._statistics
        if known is None:
            step = max(1, len(self) // STATISTICS_SAMPLE)
            known = self._statistics = mean_and_covariance(self.vectors(self.ids()[::step]))
        return known

    # -- searching ---------------------------------------------------------------------------

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> list[Ranking]:
        """The nearest photos of each query; see :meth:`VectorIndex.search`.

        Raises:
            VectorServerAway: the server does not answer.
            VectorServerRefused: it wants another token, or the collection is another library's.
            VectorIndexBehind: the collection is not there, or lacks too many photos.
        """
        queries = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        view = self._view
        wanted = self.ids() if allowed is None else np.intersect1d(allowed, self.ids())
        k = min(k, len(wanted))
        if view is None or k <= 0:
            return [(NO_IDS, np.empty(0, dtype=np.float32))] * len(queries)
        if len(wanted) <= self.small_subset:
            return [self._compared(query, wanted, k) for query in queries]
        standing = self._look(view)
        on_server, here = standing.current, standing.behind
        if allowed is not None:
            on_server = members(wanted, on_server)
        chosen = is_in(here, wanted)
        rankings = []
        for query in queries:
            ids, scores = self._nearest(query, on_server, min(k, len(on_server)), standing)
            ids = np.concatenate([ids, here[chosen]])
            scores = np.concatenate([scores, standing.vectors[chosen] @ query])
            rankings.append(ranked(ids, scores, k))
        return rankings

    def _nearest(self, query: Vectors, wanted: Ids, k: int, standing: _Standing) -> Ranking:
        """The ``k`` best of some ids that the server has, by exact scores."""
        if len(wanted) <= self.small_subset or k + _SPARE > MAX_LIMIT:
            return self._compared(query, wanted, k)
        condition, let_in = covering(wanted, standing.rows)
        limit, nprobe = k + _SPARE, cells_to_search(standing.nlist)
        if let_in > len(wanted):
            limit = int(1.2 * limit * let_in / len(wanted)) + 1
        if limit > max(WIDEST, k + _SPARE):
            condition, let_in = f"id in {wanted.tolist()}", len(wanted)
            # An approximate index would look for these few in the nearest cells only.
            limit, nprobe = k + _SPARE, standing.nlist
        while True:
            # One more, for the stamp's row.
            limit = min(limit, let_in + 1, MAX_LIMIT)
            ids, scores = self.collection.search(
                query, limit, condition, standing.stamp.written, nprobe
            )
            mine = is_in(ids, wanted)
            if mine.sum() >= k:
                lowest = float(scores[mine][k - 1]) - _TIE
                if len(ids) < limit or limit > let_in or scores[-1] < lowest:
                    best = ids[mine & (scores >= lowest)]
                    return self._compared(query, best, k)
            if len(ids) < limit and nprobe >= standing.nlist:
                # Somebody took rows out: what the server has must be looked at anew.
                self._standing = None
                return self._compared(query, wanted, k)
            if limit == MAX_LIMIT or limit > let_in:
                return self._compared(query, wanted, k)
            limit, nprobe = limit * _GROWTH, standing.nlist

    def _compared(self, query: Vectors, ids: Ids, k: int) -> Ranking:
        """The ``k`` best of some ids, each compared with the query [dim] here."""
        best: Ranking = (NO_IDS, np.empty(0, dtype=np.float32))
        for start in range(0, len(ids), _READ_AT_ONCE):
            some, rows = self._there(np.sort(ids[start : start + _READ_AT_ONCE]))
            found = np.concatenate([best[0], some]), np.concatenate([best[1], rows @ query])
            best = ranked(*found, k)
        return best

    def _there(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of some photos that the library has not forgotten since, with their vectors."""
        try:
            return ids, self.vectors(ids)
        except PhotoNotFound:
            assert self._view is not None
            left = members(ids, self._view.library.searchable_ids())
            return left, self.vectors(left)

    # -- the server --------------------------------------------------------------------------

    def _look(self, view: _View) -> _Standing:
        """How the server stands to the view; asked once for each state of the library."""
        with self._looking:
            known = self._standing
            if known is not None and known.state == view.state:
                return known
            library, collection = view.library, self.collection
            self._owned(view)
            collection.load()
            # The quick answer may be an old one; then it is asked for again.
            stamp = collection.stamp("Eventually")
            if not self._is_fresh(stamp, view):
                stamp = collection.stamp()
            if stamp is None or (stamp.uid, stamp.fingerprint) != view.state[:2]:
                raise self._behind(len(view.ids))
            nlist = collection.kind()[1]
            if self._is_fresh(stamp, view):
                rows, current = view.ids, view.ids
            else:
                # While another process indexes, the library changes often and the server not.
                same = known is not None and known.stamp == stamp and stamp.count >= 0
                rows = known.rows if known is not None and same else collection.ids()
                current = _unchanged(library, _state_in(stamp), rows)
                current = members(current, view.ids)
            behind = np.setdiff1d(view.ids, current)
            if len(behind) > MAX_BEHIND:
                raise self._behind(len(behind))
            behind, vectors = self._there(behind)
            self._standing = _Standing(view.state, rows, current, behind, vectors, stamp, nlist)
            return self._standing

    def _is_fresh(self, stamp: ServerStamp | None, view: _View) -> bool:
        """Whether the collection holds exactly what the view holds, as far as it can be told."""
        if stamp is None or _state_in(stamp) != view.state or stamp.count != len(view.ids):
            return False
        return self.collection.count(stamp.written) == stamp.count

    def _owned(self, view: _View) -> bool:
        """Whether the collection is there for the view's library.

        Raises:
            VectorServerRefused: it belongs to something else.
        """
        owner = self.collection.owner()
        if owner not in (None, view.state[0]):
            raise VectorServerRefused(
                f"the collection {self.collection.address} "
                f"{'belongs to another library' if owner else 'was not made by Photopal'} and is "
                "left untouched: choose another name for this library's"
            )
        return owner is not None

    def _behind(self, photos: int) -> VectorIndexBehind:
        return VectorIndexBehind(
            f"the collection {self.collection.address} lacks {photos:,} photos of the library: "
            "bring it up to date with photopal index"
        )

    def check(self, library: Library) -> None:
        """Make sure that the server answers and that the collection may be this library's.

        Raises:
            VectorServerAway, VectorServerRefused: it does not, or it is not.
        """
        try:
            self._owned(_View(library, _state_of(library), NO_IDS))
        finally:
            # Indexing starts processes, and gRPC wants none while it is connected.
            self.collection.close()

    def save(self) -> bool:
        """Bring the server up to date, with the difference only.

        What was done is kept when it is stopped: the stamp is written first on a new collection
        and last on one that is there, and rows are written anew where the two do not agree.

        Raises:
            VectorServerError: it cannot be done now. The library has everything: the next
                :meth:`save` does it.
        """
        with self._syncing:
            view = self._view
            if view is None or not view.library.dim:
                return False
            collection, dim = self.collection, view.library.dim
            kind, nlist = kind_for(len(view.ids), self.exact_up_to)
            stamp = None
            if self._owned(view):
                if not collection.has_index():
                    # Another process was ended while it made one of another kind.
                    collection.set_kind(kind, nlist)
                collection.load()
                stamp = collection.stamp()
            rows, fresh = NO_IDS, False
            if stamp is None or stamp.fingerprint != view.state[1] or collection.dim() != dim:
                if self._owned(view):
                    collection.drop()
                collection.create(view.state[0], dim, kind, nlist)
                stamp = ServerStamp(*view.state, count=-1)
                collection.set_stamp(stamp, dim)
            else:
                fresh = self._is_fresh(stamp, view)
                rows = NO_IDS if fresh else collection.ids()
            if not fresh:
                self._write(view, _unchanged(view.library, _state_in(stamp), rows), rows)
                written = max(stamp.written, collection.last_written())
                stamp = ServerStamp(*view.state, len(view.ids), written)
                collection.set_stamp(stamp, dim)
            if collection.kind()[0] != kind:
                collection.set_kind(kind, nlist)
            self._standing = None
            return True

    def _write(self, view: _View, current: Ids, rows: Ids) -> None:
        """Write what the server lacks, and take out what the view has not."""
        new = view.ids[~is_in(view.ids, current)]
        for start in range(0, len(new), _READ_AT_ONCE):
            self.collection.upsert(*self._there(new[start : start + _READ_AT_ONCE]))
        self.collection.delete(rows[~is_in(rows, view.ids)])

    def state(self, library: Library) -> IndexState:
        """How the collection stands to the library.

        Raises:
            VectorServerAway, VectorServerRefused: it cannot be told.
        """
        view = _View(library, _state_of(library), library.searchable_ids())
        if not self._owned(view):
            return "missing"
        self.collection.load()
        stamp = self.collection.stamp()
        if stamp is None:
            return "damaged"
        return "fresh" if self._is_fresh(stamp, view) else "stale"

    def is_whole(self) -> bool:
        """The server looks after its files itself; see :meth:`VectorIndex.is_whole`."""
        return True

    def discard(self) -> None:
        """Drop the collection; see :meth:`VectorIndex.discard`."""
        self.collection.drop()

    def kind(self, library: Library) -> str:
        """What kind of index the server keeps for a library of this size, in words."""
        kind, nlist = kind_for(library.searchable_count(), self.exact_up_to)
        return "Milvus, exact" if kind == "FLAT" else f"Milvus, approximate (IVF, {nlist:,} cells)"


def kind_for(photos: int, exact_up_to: int) -> tuple[Kind, int]:
    """The kind of the server's index for so many photos, and its cells: 4 times their root."""
    if photos <= exact_up_to:
        return "FLAT", 0
    return "IVF_FLAT", min(65_536, max(16, int(4 * photos**0.5)))


def cells_to_search(nlist: int) -> int:
    """Cells of an approximate index that are looked into for one query."""
    return min(nlist, max(16, nlist // 16))


def covering(wanted: Ids, rows: Ids) -> tuple[str, int]:
    """An expression that lets some rows in, and as few others as a few ranges can.

    Args:
        wanted: ids, in growing order, at least one, all of them in ``rows``.
        rows: the ids of all rows, in growing order.

    Returns:
        The expression, empty where all rows are let in, and how many rows it lets in.
    """
    places = np.searchsorted(rows, wanted)
    gaps = np.diff(places) - 1
    largest = np.sort(np.argsort(-gaps, kind="stable")[: MAX_RANGES - 1])
    breaks = largest[gaps[largest] > 0]
    first = places[np.concatenate([[0], breaks + 1])]
    last = places[np.concatenate([breaks, [len(places) - 1]])]
    let_in = int((last - first + 1).sum())
    if let_in == len(rows):
        return "", let_in
    parts = [
        f"(id >= {low} and id <= {high})"
        for low, high in zip(rows[first].tolist(), rows[last].tolist(), strict=True)
    ]
    return _either(parts), let_in


def _either(parts: list[str]) -> str:
    """Nested in halves: Milvus reads a long row of "or" in exponential time."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_either(parts[:half])} or {_either(parts[half:])})"


def _state_of(library: Library) -> tuple[str, str, int]:
    return library.uid, library.fingerprint or "", library.change


def _state_in(stamp: ServerStamp) -> tuple[str, str, int]:
    return stamp.uid, stamp.fingerprint, stamp.change


def _unchanged(library: Library, state: tuple[str, str, int], ids: Ids) -> Ids:
    """Those of some ids whose vectors are as they were in a state of the library."""
    uid, fingerprint, change = _state_of(library)
    # A smaller number than before: the library was put back from a backup, nothing is sure.
    if state[:2] != (uid, fingerprint) or state[2] > change:
        return NO_IDS
    changed = np.array(sorted(library.ids_changed_since(state[2])), dtype=np.int64)
    return ids[~is_in(ids, changed)]
