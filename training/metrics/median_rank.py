"""Median rank ("MedR" in the literature of image-text retrieval; trec_eval has none).

The median over queries of the first relevant photo's rank, from 1. A query whose photo was not
ranked counts as one place below the whole pool: dropping it would make failures look good.
"""

from collections.abc import Sequence

import numpy as np

from training.metrics.ranks import Judged


def median_rank(judged: Sequence[Judged], pool: int) -> float:
    """The median of the first relevant photos' ranks."""
    ranks = [pool + 1 if one.best is None else one.best for one in judged]
    return float(np.median(ranks)) if ranks else 0.0
