"""How sure a figure is: bootstrap intervals, and tests of two systems paired by query.

* Intervals: how far a mean over these queries may be from that over all such queries.
* Hits (0 or 1 a query): McNemar's exact test. Only queries on which the two systems differ count;
  were they equally good, each would win half of those (``scipy.stats.binomtest``).
* Reciprocal ranks and other numbers: Fisher's randomisation test. Were the systems equally good,
  their results on a query could be swapped (``scipy.stats.permutation_test``; Smucker, Allan and
  Carterette 2007 on why this one).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

INTERVAL_RESAMPLES = 2_000
TEST_RESAMPLES = 9_999
LEVEL = 0.95
SEED = 20


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``, both included."""

    low: float
    high: float


def bootstrap_interval(values: Sequence[float]) -> Interval:
    """The 95 % interval of the mean of per-query values, by the percentile bootstrap (Efron 1979).

    Queries are drawn with replacement, as many as there are; the interval holds the middle 95 % of
    the means so obtained. The seed is fixed: the same results give the same interval.
    """
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) == 0:
        return Interval(0.0, 0.0)
    if sample.min() == sample.max():
        # scipy warns of a degenerate distribution; the answer is plain.
        return Interval(float(sample[0]), float(sample[0]))
    from scipy.stats import bootstrap

    found = bootstrap(
        (sample,),
        np.mean,
        n_resamples=INTERVAL_RESAMPLES,
        batch=250,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Interval(float(found.low), float(found.high))


@dataclass(frozen=True)
class PairedTest:
    """A comparison of two systems on the same queries.

    Attributes:
        difference: mean of the first minus mean of the second.
        p: probability of a difference at least as large, either way, between equals.
    """

    difference: float
    p: float


def mcnemar_test(first: Sequence[float], second: Sequence[float]) -> PairedTest:
    """Compare hits."""
    one, other = _paired(first, second)
    won, lost = int((one > other).sum()), int((one < other).sum())
    if won + lost == 0:
        return PairedTest(0.0, 1.0)
    from scipy.stats import binomtest

    return PairedTest(float((one - other).mean()), float(binomtest(won, won + lost).pvalue))


def randomisation_test(first: Sequence[float], second: Sequence[float]) -> PairedTest:
    """Compare any per-query measure."""
    one, other = _paired(first, second)
    if np.array_equal(one, other):
        return PairedTest(0.0, 1.0)
    from scipy.stats import permutation_test

    def mean_difference(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.asarray((a - b).mean(axis=axis))

    found = permutation_test(
        (one, other),
        mean_difference,
        permutation_type="samples",
        vectorized=True,
        n_resamples=TEST_RESAMPLES,
        batch=500,
        rng=np.random.default_rng(SEED),
    )
    return PairedTest(float((one - other).mean()), float(found.pvalue))


def adjusted_for_many(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: with twenty comparisons one in twenty is "significant" by luck.

    ``p'_(i) = max over j <= i of min(1, (m - j + 1) p_(j))``, the m values sorted from the smallest
    (Holm 1979).
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for done, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - done) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _paired(first: Sequence[float], second: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape:
        raise ValueError("both systems must have answered the same queries")
    return one, other
