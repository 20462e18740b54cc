"""Hard negatives: for each text the photos that look most like its own without being it.

The best-scored photos are often unlabelled positives. So only those are taken that score clearly
below the text's own photo, by a margin relative to its score: ``s < (1 - margin) s_own``
(TopK-PercPos of NV-Retriever, Moreira et al. 2024, arXiv 2407.15831: 0.95 of the positive's score
was best of what they tried). Near-duplicates of the own photo are never taken.
"""

import numpy as np
import torch
from torch import Tensor

from training.losses.masking import NEAR_DUPLICATE

_SPARE = 64
_BLOCK = 1024


def mine(
    texts: Tensor,
    photos: Tensor,
    own: Tensor,
    *,
    count: int,
    margin: float = 0.05,
    skip: int = 0,
    duplicates: float | None = NEAR_DUPLICATE,
) -> Tensor:
    """Places [n, count] of hard negatives among the photos, hardest first.

    Where a text has fewer than ``count``, its row ends in its own photo, which every loss
    leaves out when it is given :func:`training.losses.masking.extra_mask`.

    Args:
        texts: unit vectors [n, d].
        photos: unit vectors [m, d].
        own: place of each text's photo, long [n].
        count: negatives of each text.
        margin: how far below the own photo's score, as a share of it.
        skip: leave out so many of the hardest of those that pass.
        duplicates: cosine to the own photo from which on a photo counts as the same.

    Raises:
        ValueError: the numbers make no sense.
    """
    import faiss

    if count < 1 or skip < 0 or not 0.0 <= margin < 1.0:
        raise ValueError("needed: count >= 1, skip >= 0 and a margin from 0 to below 1")
    index = faiss.IndexFlatIP(photos.shape[1])
    gallery = np.ascontiguousarray(photos.detach().float().cpu().numpy())
    index.add(gallery)
    queries = np.ascontiguousarray(texts.detach().float().cpu().numpy())
    places = own.cpu().numpy()
    mined = np.repeat(places[:, None], count, axis=1)
    own_scores = np.einsum("nd,nd->n", queries, gallery[places])
    # Written with the absolute value, so that a negative score has its limit below it too.
    limits = own_scores - margin * np.abs(own_scores)
    for start in range(0, len(queries), _BLOCK):
        open_rows = np.arange(start, min(start + _BLOCK, len(queries)))
        depth = min(len(gallery), count + skip + _SPARE)
        while len(open_rows):
            scores, found = index.search(queries[open_rows], depth)
            passes = (scores < limits[open_rows, None]) & (found != places[open_rows, None])
            if duplicates is not None:
                passes &= _cosines(gallery, found, places[open_rows]) < duplicates
            passes &= passes.cumsum(axis=1) > skip
            complete = (passes.sum(axis=1) >= count) | (depth == len(gallery))
            for row in np.flatnonzero(complete):
                best = found[row][passes[row]][:count]
                mined[open_rows[row], : len(best)] = best
            # A text whose own photo ranks low finds its negatives further down.
            open_rows = open_rows[~complete]
            depth = min(len(gallery), 4 * depth)
    return torch.from_numpy(mined)


def _cosines(gallery: np.ndarray, found: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Of each found photo [n, k] with the text's own photo, one text at a time."""
    return np.stack(
        [gallery[row] @ gallery[place] for row, place in zip(found, places, strict=True)]
    )
