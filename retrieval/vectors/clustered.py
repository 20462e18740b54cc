"""Vectors of a million photos: 1-bit codes in clusters find candidates, exact vectors rank them.

The store has two parts. The *base* holds most photos and never changes. Its codes, one bit for a
component (RaBitQ, Gao and Long 2024, https://arxiv.org/abs/2405.12497), are kept in memory, 80 MB
for a million photos of 512 components, in the lists of an inverted file (IVF). Its vectors stay
on disk, mapped into memory, and only those of candidates are read. What was added since is in a
small :class:`retrieval.vectors.flat.FlatVectors` beside it, and what was taken out is masked.

A search scores the codes in the lists that are nearest to the query, takes the best
:data:`CANDIDATES` of them and orders these by their exact cosines. So the scores are always
exact; only which photos are looked at is approximate.
"""

import math
import mmap
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.vectors.base import NO_IDS, Ids, Ranking, Vectors, places_among, ranked
from retrieval.vectors.flat import FlatVectors, load_faiss, selector

EXACT_SUBSET = 12_000
"""Up to so many allowed photos are all scored exactly."""

CANDIDATES = 2_000
"""At least so many photos are scored exactly for a query."""

CANDIDATES_PER_HIT = 4
"""At least so many for each photo that is wanted."""

PROBED = 1 / 8
"""The share of lists that are looked into when all photos are allowed."""

POINTS_PER_LIST = 40
"""FAISS asks for 39 vectors a list to learn the lists from."""

TRAINING_ROUNDS = 8
_PLACES_PER_THREAD = 1_000
"""Fewer vectors are scored before another thread has begun."""

_RELEASED_AFTER = 150_000
"""So many vectors are read before the pages they lie on are given back to the system."""


@dataclass(frozen=True)
class Base:
    """The part that never changes.

    Attributes:
        ids: of its photos [n], in growing order.
        rows: their vectors [n, dim], mapped from a file.
        codes: FAISS's IVF index; its numbers are places in ``ids``.
        statistics: mean [dim] and covariance [dim, dim] of a sample of the vectors.
        token: tells it from every other base.
    """

    ids: Ids
    rows: Vectors
    codes: Any
    statistics: tuple[Vectors, Vectors]
    token: str


class ClusteredVectors:
    """A base, what was added to it, and what is masked; a ``VectorStore``.

    Attributes:
        ids: of all photos, in growing order.
        base: the large part.
        added: photos that came since, and those whose vector is another now.
    """

    def __init__(self, base: Base, gone: Ids = NO_IDS, added: FlatVectors | None = None) -> None:
        """Put the parts together.

        Args:
            base: the large part.
            gone: ids of its photos that must not be found in it.
            added: the small part.
        """
        self.base = base
        self.added = added or FlatVectors.empty(base.rows.shape[1])
        self._alive = np.ones(len(base.ids), dtype=bool)
        self._alive[places_among(base.ids, gone)[0]] = False
        self._read = _Pages(base.rows)
        self.ids = self._all_ids()

    @property
    def gone(self) -> Ids:
        """Ids of the photos that are masked in the base."""
        return self.base.ids[~self._alive]

    @property
    def outgrown(self) -> float:
        """How much was added or masked, as a share of the base."""
        masked = len(self.base.ids) - int(self._alive.sum())
        return (len(self.added.ids) + masked) / max(1, len(self.base.ids))

    def alter(self, gone: Ids, new: Ids, rows: Vectors) -> None:
        """Mask photos or take them out again, and add others."""
        self._alive[places_among(self.base.ids, gone)[0]] = False
        self.added.alter(gone, new, rows)
        self.ids = self._all_ids()

    def search(self, queries: Vectors, k: int, allowed: Ids | None) -> list[Ranking]:
        """The nearest photos; see :class:`retrieval.vectors.flat.VectorStore`."""
        chosen = _Chosen.of(self.base.ids, self._alive, allowed)
        recent = self.added.search(queries, k, allowed)
        answers = []
        for query, (ids, scores) in zip(queries, recent, strict=True):
            places = self._candidates(query, k, chosen)
            found = np.concatenate([self.base.ids[places], ids])
            answers.append(ranked(found, np.concatenate([self._scores(query, places), scores]), k))
        return answers

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of photos that are here."""
        wanted = np.asarray(ids, dtype=np.int64)
        rows = np.empty((len(wanted), self.base.rows.shape[1]), dtype=np.float32)
        places, there = places_among(self.base.ids, wanted)
        there[there] = self._alive[places]
        places, _ = places_among(self.base.ids, wanted[there])
        self._read.count(len(places))
        rows[there] = self.base.rows[places]
        rows[~there] = self.added.vectors(wanted[~there])
        return rows

    def _all_ids(self) -> Ids:
        if self._alive.all() and not len(self.added.ids):
            return self.base.ids
        # Two sorted lists, none in both: a stable sort merges them.
        parts = [self.base.ids[self._alive], self.added.ids]
        return np.sort(np.concatenate(parts), kind="stable")

    def _candidates(self, query: Vectors, k: int, chosen: "_Chosen") -> NDArray[np.int64]:
        """Places in the base of the photos that are scored exactly, in growing order."""
        wanted = max(CANDIDATES, CANDIDATES_PER_HIT * k)
        if chosen.count <= max(EXACT_SUBSET, wanted):
            return chosen.places()
        lists = self.base.codes.nlist
        share = chosen.count / len(self.base.ids)
        # The fewer photos are allowed, the farther apart they lie.
        probed = min(lists, max(1, math.ceil(lists * PROBED / math.sqrt(share))))
        while True:
            found = self._scan(query, wanted, probed, chosen.selector)
            if len(found) >= wanted or probed == lists:
                return found
            probed = lists

    def _scan(self, query: Vectors, wanted: int, probed: int, only: Any) -> NDArray[np.int64]:
        parameters = load_faiss().IVFSearchParameters(nprobe=probed, sel=only)
        found: NDArray[np.int64] = self.base.codes.search(query[None], wanted, params=parameters)[1]
        return np.sort(found[found >= 0])

    def _scores(self, query: Vectors, places: NDArray[np.int64]) -> Vectors:
        """Exact cosines [n] of photos of the base."""
        faiss = load_faiss()
        if not len(places):
            return np.empty(0, dtype=np.float32)
        self._read.count(len(places))
        # FAISS gives each thread a query: so each gets the same one, with a part of the places.
        threads = max(1, min(faiss.omp_get_max_threads(), len(places) // _PLACES_PER_THREAD))
        each = math.ceil(len(places) / threads)
        parts = np.full((threads, each), places[-1], dtype=np.int64)
        parts.reshape(-1)[: len(places)] = places
        queries = np.ascontiguousarray(np.broadcast_to(query, (threads, len(query))))
        scores = np.empty((threads, each), dtype=np.float32)
        # Each by itself: in a product of matrices, equal rows may differ in the last bit.
        faiss.fvec_inner_products_by_idx(
            faiss.swig_ptr(scores),
            faiss.swig_ptr(queries),
            faiss.swig_ptr(self.base.rows),
            faiss.swig_ptr(parts),
            self.base.rows.shape[1],
            threads,
            each,
        )
        return scores.reshape(-1)[: len(places)]


@dataclass(frozen=True)
class _Chosen:
    """Which photos of a base may be found.

    Attributes:
        count: how many.
        mask: truth by place [n]; None where few are listed, or all may be found.
        listed: their places, where they are few.
        total: photos in the base.
    """

    count: int
    total: int
    mask: NDArray[np.bool_] | None = None
    listed: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, ids: Ids, alive: NDArray[np.bool_], allowed: Ids | None) -> "_Chosen":
        if allowed is None:
            count = int(alive.sum())
            return cls(count, len(ids), None if count == len(ids) else alive)
        if len(allowed) <= EXACT_SUBSET:
            places, _ = places_among(ids, allowed)
            places = places[alive[places]]
            return cls(len(places), len(ids), listed=places)
        table = np.zeros(1 + max(int(ids[-1]), int(allowed[-1])), dtype=bool)
        table[allowed] = True
        mask = table[ids] & alive
        return cls(int(mask.sum()), len(ids), mask)

    @property
    def selector(self) -> Any:
        return None if self.mask is None else selector(self.mask)

    def places(self) -> NDArray[np.int64]:
        if self.listed is not None:
            return self.listed
        return np.arange(self.total) if self.mask is None else np.flatnonzero(self.mask)


class _Pages:
    """Keeps the pages of a mapped file that were read from piling up in the process's memory."""

    def __init__(self, rows: Vectors) -> None:
        self._map = getattr(rows, "_mmap", None)
        self._guard = threading.Lock()
        self._since = 0
        if self._map is not None and hasattr(mmap, "MADV_RANDOM"):
            self._map.madvise(mmap.MADV_RANDOM)

    def count(self, rows: int) -> None:
        """Note that so many rows are about to be read."""
        with self._guard:
            self._since += rows
            if self._since < _RELEASED_AFTER:
                return
            self._since = 0
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


def lists_for(count: int) -> int:
    """How many lists so many photos are put into: about the square root, a power of two."""
    return int(2 ** round(math.log2(max(1.0, math.sqrt(count)))))


def trained_codes(sample: Vectors, lists: int) -> Any:
    """An empty IVF index of so many lists, learnt from some of the vectors [m, dim].

    Learning 1,024 lists from 40,960 vectors of 512 components takes some 3 s of one core, and
    coding a million then 20 s.
    """
    faiss = load_faiss()
    dim, lists = sample.shape[1], min(lists, len(sample))
    coarse = faiss.IndexFlatIP(dim)
    clustering = faiss.Clustering(dim, lists)
    clustering.niter, clustering.spherical = TRAINING_ROUNDS, True
    clustering.min_points_per_centroid = 1
    clustering.train(sample, coarse)
    codes = faiss.IndexIVFRaBitQFastScan(coarse, dim, lists, faiss.METRIC_INNER_PRODUCT)
    codes.train(sample)
    # The index lets go of what it points to unless Python holds on to it.
    codes.referenced_objects = [coarse]
    return codes
