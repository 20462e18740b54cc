"""Sum(R@1, R@5, R@10): PhotoChat's and ImageChat's one number for a whole system.

``Sum = R@1 + R@5 + R@10``, of mean recalls, from 0 to 3 (papers print it in per cent, 0 to 300).
"""

from collections.abc import Sequence

import numpy as np

from training.metrics.ranks import Judged
from training.metrics.recall import recall_at

CUTS = (1, 5, 10)


def recall_sum(judged: Sequence[Judged]) -> float:
    """The sum of the mean recalls at 1, 5 and 10."""
    if not judged:
        return 0.0
    return float(sum(np.mean([recall_at(k, one) for one in judged]) for k in CUTS))
