"""Ranks from scores: the one place where everything that measures a search ranks.

``photopal evaluate``, replay, the evaluation within fine-tuning and the comparison of queries all
rank by these functions, so one query over one gallery has one rank.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.search.fusion import Vectors, fuse
from retrieval.search.query import Query
from retrieval.search.searcher import SMALL_GALLERY

Scores = NDArray[np.float32]


def score_photos(
    queries: Sequence[Query],
    texts: Mapping[str, Vectors],
    photos: Vectors,
    reference: Vectors | None = None,
) -> Scores:
    """Scores [queries, photos] as :meth:`retrieval.search.Searcher.scores` gives them.

    For galleries that are no library, such as the dev photos of an encoder that is being trained.

    Args:
        queries: each of at least one text.
        texts: the unit vector [dim] of each text of the queries.
        photos: unit vectors [photos, dim] of the gallery.
        reference: covariance [dim, dim] of photos of all kinds, for a gallery that is too small to
            have one of its own.
    """
    covariance = reference
    if len(photos) >= SMALL_GALLERY:
        covariance = np.cov(photos, rowvar=False).astype(np.float32)
    fused = [
        fuse(
            np.stack([texts[part.text] for part in query.parts]),
            np.asarray([part.weight for part in query.parts], dtype=np.float32),
            covariance,
        )
        for query in queries
    ]
    scores = np.zeros((len(fused), len(photos)), dtype=np.float32)
    # One by one: a product of two matrices rounds a query's scores by what else is asked.
    for row, one in zip(scores, fused, strict=True):
        row[:] = photos @ one
    return scores


def rank_of(scores: NDArray[np.float32], ids: NDArray[np.str_], place: int) -> int:
    """Rank, from 1, of one entry of a gallery.

    Equal scores are ordered as trec_eval does: by id, the greater one first (``z`` before ``a``).
    The order of the entries never matters, so an encoder that scores all photos alike gains
    nothing by the luck of their order. A score that is no number ranks last.

    Args:
        scores: of all entries [n].
        ids: of all entries [n], each different.
        place: of the entry.
    """
    own = scores[place]
    if not np.isfinite(own):
        return len(scores)
    tied = ids[scores == own]
    return 1 + int((scores > own).sum()) + int((tied > ids[place]).sum())


def best_places(scores: NDArray[np.float32], ids: NDArray[np.str_], k: int) -> list[int]:
    """Places of the ``k`` best entries, best first; ties as in :func:`rank_of`."""
    k = min(k, len(scores))
    if not k:
        return []
    lowest = np.partition(scores, len(scores) - k)[len(scores) - k]
    candidates = np.flatnonzero(scores >= lowest).tolist()
    candidates.sort(key=lambda place: (scores[place], ids[place]), reverse=True)
    return candidates[:k]


def ordered_places(scores: Scores, ids: NDArray[np.str_], k: int) -> NDArray[np.int64]:
    """As :func:`best_places` for many queries at once.

    Args:
        scores: of all entries [queries, n].
        ids: of all entries [n], each different.
        k: places wanted of each query.

    Returns:
        Places [queries, min(k, n)], best first. What has no score (minus infinity) is last.
    """
    # A stable sort leaves equal scores in the order in which they come: the greatest id first.
    falling = np.argsort(ids, kind="stable")[::-1]
    order = np.argsort(-scores[:, falling], axis=1, kind="stable")[:, :k]
    return falling[order]
