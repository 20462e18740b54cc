"""Scores of every photo for every query, by vectors or by the product's own search."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Embeddings
from training.bench.base import BenchPhoto, BenchQuery
from training.errors import SizesDiffer

Scores = NDArray[np.float32]


class Scorer(Protocol):
    """Scores photos."""

    @property
    def failed(self) -> Mapping[int, str]:
        """Why a query cannot be asked, by its place."""
        ...

    def scores(self, start: int, stop: int) -> Scores:
        """Of the queries from ``start`` to ``stop`` [stop - start, photos]."""
        ...


class VectorScorer:
    """Dot products of unit vectors."""

    def __init__(
        self, photos: Embeddings, queries: Embeddings, failed: Mapping[int, str] | None = None
    ) -> None:
        """Score these.

        Args:
            photos: [n, dim].
            queries: [m, dim].
            failed: why a query has no vector, by its place.

        Raises:
            SizesDiffer: their vectors are of two lengths.
        """
        if len(queries) and len(photos) and photos.shape[1] != queries.shape[1]:
            raise SizesDiffer(
                f"photos have vectors of {photos.shape[1]} numbers and queries of "
                f"{queries.shape[1]}: they cannot be compared"
            )
        self._photos = photos
        self._queries = queries
        self.failed: dict[int, str] = dict(failed or {})

    def scores(self, start: int, stop: int) -> Scores:
        """See :class:`Scorer`."""
        found = np.empty((stop - start, len(self._photos)), dtype=np.float32)
        # One by one: a product of two matrices rounds a query's scores by what else is asked.
        for row, query in zip(found, self._queries[start:stop], strict=True):
            row[:] = self._photos @ query
        return found


def restrict(scores: Scores, queries: Sequence[BenchQuery], photos: Sequence[BenchPhoto]) -> Scores:
    """The scores without those of photos that a query leaves out, or that are not in its pool.

    Args:
        scores: [queries, photos]; changed in place.
        queries: in the order of the rows.
        photos: in the order of the columns.
    """
    if not any(one.excluded or one.pool is not None for one in queries):
        return scores
    places = {photo.id: place for place, photo in enumerate(photos)}
    for row, query in zip(scores, queries, strict=True):
        if query.pool is not None:
            outside = np.ones(len(photos), dtype=bool)
            outside[[places[one] for one in query.pool if one in places]] = False
            row[outside] = -np.inf
        row[[places[one] for one in query.excluded if one in places]] = -np.inf
    return scores
