"""Whether one system is better than another, or only luckier: tests paired by query.

* Hits (0 or 1 a query): McNemar's exact test. Only queries on which the two systems differ count;
  were they equally good, each would win half of those (``scipy.stats.binomtest``).
* Reciprocal ranks and other numbers: Fisher's randomisation test. Were the systems equally good,
  their results on a query could be swapped (``scipy.stats.permutation_test``; Smucker, Allan and
  Carterette 2007 on why this one).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 9_999
SEED = 20


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
        n_resamples=RESAMPLES,
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
