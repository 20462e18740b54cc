"""How alike matching pairs of query and photo are, against pairs at random."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

MOST_PAIRS = 20_000
BINS = 40
POINTS = 120
HALF = 0.5
LEAST_WIDTH = 0.001
"""Of the histograms: bins of values that are all but equal would have no width."""


class Spread(BaseModel):
    """How values are spread.

    Attributes:
        n: how many.
        mean: of them.
        share_over_half: share of them above 0.5.
        counts: in each bin of the histogram.
        density: of a Gaussian kernel estimate at each point (Scott's bandwidth).
    """

    model_config = ConfigDict(frozen=True)

    n: int
    mean: float
    share_over_half: float
    counts: tuple[int, ...]
    density: tuple[float, ...]


class Similarity(BaseModel):
    """Similarities of matching and of random pairs.

    Attributes:
        edges: of the histograms' bins.
        points: at which the densities stand.
        matched: of queries with photos that are right.
        random: of the same queries with photos that are not.
    """

    model_config = ConfigDict(frozen=True)

    edges: tuple[float, ...]
    points: tuple[float, ...]
    matched: Spread
    random: Spread


class PairSampler:
    """Collects the scores of matching pairs, and as many of random ones."""

    def __init__(self, seed: int) -> None:
        """``seed`` draws the random pairs."""
        self._chance = np.random.default_rng(seed)
        self._matched: list[float] = []
        self._random: list[float] = []

    def add(self, scores: NDArray[np.float32], right: Sequence[int]) -> None:
        """Take the pairs of one query.

        Args:
            scores: of all photos [n], as the embedder gives them.
            right: places of those that are right.
        """
        if len(self._matched) >= MOST_PAIRS or not len(right):
            return
        wrong = np.setdiff1d(np.flatnonzero(np.isfinite(scores)), right)
        if not len(wrong):
            return
        drawn = self._chance.choice(wrong, size=min(len(right), len(wrong)), replace=False)
        self._matched += [float(scores[place]) for place in right if np.isfinite(scores[place])]
        self._random += [float(scores[place]) for place in drawn]

    def similarity(self) -> Similarity | None:
        """The spreads; None where there were too few pairs to say anything."""
        if min(len(self._matched), len(self._random)) < 2:
            return None
        values = np.concatenate([self._matched, self._random])
        low, high = float(values.min()), float(values.max())
        if high - low < LEAST_WIDTH:
            low, high = low - LEAST_WIDTH, high + LEAST_WIDTH
        edges = np.linspace(low, high, BINS + 1)
        points = np.linspace(low, high, POINTS)
        return Similarity(
            edges=_rounded(edges),
            points=_rounded(points),
            matched=_spread(np.asarray(self._matched), edges, points),
            random=_spread(np.asarray(self._random), edges, points),
        )


def _spread(values: NDArray[Any], edges: NDArray[Any], points: NDArray[Any]) -> Spread:
    counts, _ = np.histogram(values, edges)
    return Spread(
        n=len(values),
        mean=round(float(values.mean()), 6),
        share_over_half=round(float((values > HALF).mean()), 6),
        counts=tuple(counts.tolist()),
        density=_rounded(_density(values, points)),
    )


def _density(values: NDArray[Any], points: NDArray[Any]) -> NDArray[Any]:
    from scipy.stats import gaussian_kde

    if np.ptp(values) < 1e-9:
        # All alike: no curve to draw.
        return np.zeros(len(points))
    found: NDArray[Any] = gaussian_kde(values)(points)
    return found


def _rounded(values: NDArray[Any]) -> tuple[float, ...]:
    return tuple(round(float(one), 6) for one in values)
