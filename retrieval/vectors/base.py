"""What search needs of a vector index, whatever engine is behind it."""

from contextlib import AbstractContextManager
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.library import Library

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

IndexState = Literal["fresh", "stale", "missing", "damaged"]
"""How what is kept on disk (or on a server) stands to the library."""

STATISTICS_SAMPLE = 20_000
"""Mean and covariance of larger libraries are taken from about so many vectors."""


class VectorIndex(Protocol):
    """The vectors of the photos that can be searched, and the nearest of them to a query.

    The library is the truth; an index is a cache that can be made anew from it at any moment.
    :meth:`sync` brings it up to date and touches nothing but memory (or the engine's server);
    :meth:`save` keeps it for the next process and belongs to indexing, so that a search never
    writes. What is read inside one :meth:`reading` block belongs to one state.

    All methods are safe to call from several threads. Vectors have unit length, so that the
    inner product is the cosine.
    """

    @property
    def fingerprint(self) -> str:
        """Of the encoder whose vectors are held; "" before the first :meth:`sync`.

        Read inside :meth:`reading`, it tells whether a query's vector may be compared with them.
        """
        ...

    def sync(self, library: Library) -> int:
        """Take over what changed in the library; returns how many vectors were added or removed.

        Costs next to nothing when nothing changed.
        """
        ...

    def save(self) -> bool:
        """Keep the index for the next process; False where it cannot be kept, which is no error."""
        ...

    def state(self, library: Library) -> IndexState:
        """How what :meth:`save` kept stands to the library, without loading it."""
        ...

    def kind(self, library: Library) -> str:
        """What kind of index serves this library, in words that ``status`` prints."""
        ...

    def is_whole(self) -> bool:
        """Whether all that :meth:`save` kept is as it was written; reads what a start leaves out.

        For an engine's server, which looks after its files itself, always true.
        """
        ...

    def discard(self) -> None:
        """Remove what :meth:`save` kept, so that all of it is made anew."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Hold changes off for as long as the block lasts. Not to be nested."""
        ...

    def __len__(self) -> int:
        """Number of photos that can be searched."""
        ...

    def ids(self) -> Ids:
        """Their ids, in growing order."""
        ...

    def known(self, ids: Ids) -> Ids:
        """Those of these ids that can be searched, in the order in which they are given.

        Must cost no more than a few milliseconds for half of a million photos.
        """
        ...

    def search(self, queries: Vectors, k: int, allowed: Ids | None = None) -> list["Ranking"]:
        """The nearest photos of each query.

        Args:
            queries: unit vectors [q, dim].
            k: how many at most.
            allowed: only these ids, in growing order; unknown ones are left out. None means all.

        Returns:
            For each query ids and cosines, best first; equal ones in the order of the ids. Fewer
            than ``k`` when there are fewer.
        """
        ...

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of these photos, which must be in the index."""
        ...

    def statistics(self) -> tuple[Vectors, Vectors]:
        """Mean [dim] and covariance [dim, dim] of all vectors, or of a sample of many."""
        ...


Ranking = tuple[Ids, Vectors]
"""Ids [n] and scores [n], best first."""


NO_IDS: Ids = np.empty(0, dtype=np.int64)


def is_in(ids: Ids, among: Ids) -> NDArray[np.bool_]:
    """Which of these ids [n] are among others."""
    if not len(ids) or not len(among):
        return np.zeros(len(ids), dtype=bool)
    # A table of all ids, not a sort: half of a million photos take a few milliseconds.
    return np.isin(ids, among, kind="table")


def places_among(ids: Ids, wanted: Ids) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where ids are among sorted ones [found], and which of them are there at all [wanted]."""
    places = np.searchsorted(ids, wanted)
    places[places == len(ids)] = 0
    there = ids[places] == wanted if len(ids) else np.zeros(len(wanted), dtype=bool)
    return places[there], there


def is_in_growing(ids: Ids, among: Ids) -> NDArray[np.bool_]:
    """As :func:`is_in`, faster for a few ids and many others, which must be in growing order."""
    return places_among(among, ids)[1]


def members(ids: Ids, among: Ids) -> Ids:
    """Those of these ids that are among others, in the order in which they are given."""
    return ids[is_in(ids, among)]


class IdTable:
    """Which ids are among some in growing order: a byte for each number up to the highest.

    Half of a million ids are looked up in a millisecond; :func:`is_in` makes the table anew each
    time, which takes longer than the looking up.
    """

    def __init__(self, ids: Ids) -> None:
        """``ids`` [n], none below 0, in growing order; must not be altered from now on."""
        self.ids = ids
        self._table = np.zeros(1 + int(ids[-1]) if len(ids) else 0, dtype=bool)
        self._table[ids] = True

    def members(self, ids: Ids) -> Ids:
        """Those of these ids that are in the table, in the order in which they are given."""
        if not len(ids):
            return ids
        if int(ids.min()) < 0 or int(ids.max()) >= len(self._table):
            ids = ids[(ids >= 0) & (ids < len(self._table))]
        return ids[self._table[ids]]


def ranked(ids: Ids, scores: Vectors, k: int) -> Ranking:
    """The ``k`` best of scored ids, best first; equal scores in the order of the ids."""
    if len(ids) > k:
        # All that are as good as the last one, so that their ids decide which of them it is.
        best = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        ids, scores = ids[best], scores[best]
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]


def mean_and_covariance(rows: Vectors) -> tuple[Vectors, Vectors]:
    """Mean [dim] and covariance [dim, dim] of vectors [n, dim]."""
    mean = rows.mean(axis=0)
    centred = rows - mean
    covariance = centred.T @ centred / max(1, len(rows) - 1)
    return mean.astype(np.float32), covariance.astype(np.float32)
