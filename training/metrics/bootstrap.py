"""Bootstrap intervals: how far a mean over these queries may be from that over all such queries.

The percentile bootstrap (Efron 1979): queries are drawn with replacement, as many as there are; the
interval holds the middle 95 % of the means so obtained. The seed is fixed: the same results give
the same interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2_000
LEVEL = 0.95
SEED = 20


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``, both included."""

    low: float
    high: float


def bootstrap_interval(values: Sequence[float]) -> Interval:
    """The 95 % interval of the mean of per-query values."""
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
        n_resamples=RESAMPLES,
        batch=250,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Interval(float(found.low), float(found.high))
