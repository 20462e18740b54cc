"""Where the answer ends and the irrelevant tail begins.

A fixed score cannot say: what is a high cosine for one query is a low one for another. So a score
is judged against what photos of all kinds score for this very query (their mean and standard
deviation), and against the best hit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Cutoff:
    """When a photo counts as fitting.

    Attributes:
        z_score_threshold: standard deviations above the mean that the best photo must reach, and
            all others.
        relative: fraction of the best photo's distance from the mean that the others must reach.
        gap: without reference statistics, a drop in score larger than this fraction of the spread
            of the hits ends the answer.
    """

    z_score_threshold: float = 2.2
    relative: float = 0.62
    gap: float = 0.35


def threshold(
    best: float, query: Vectors, reference: tuple[Vectors, Vectors], cutoff: Cutoff
) -> float:
    """The lowest score that still fits the query.

    Args:
        best: score of the best hit.
        query: its unit vector [dim].
        reference: mean [dim] and covariance [dim, dim] of photos of all kinds.
        cutoff: how strict to be.
    """
    mean, covariance = reference
    average = float(query @ mean)
    deviation = float(np.sqrt(max(float(query @ covariance @ query), 1e-12)))
    return max(
        average + cutoff.z_score_threshold * deviation, average + cutoff.relative * (best - average)
    )


def largest_gap(scores: NDArray[np.float32], cutoff: Cutoff) -> float:
    """The lowest score that still fits, without reference statistics: above the first large drop.

    Args:
        scores: best first, of the whole (small) gallery.
        cutoff: how strict to be.
    """
    if len(scores) < 3:
        return -np.inf
    drops = scores[:-1] - scores[1:]
    spread = float(scores[0] - scores[-1])
    large = np.flatnonzero(drops > cutoff.gap * spread)
    return float(scores[large[0]]) if len(large) and spread > 0 else -np.inf
