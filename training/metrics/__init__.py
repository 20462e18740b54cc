"""Measures of retrieval (:mod:`training.metrics.ranking`) and how sure they are
(:mod:`training.metrics.significance`).
"""

from training.metrics.ranking import (
    Judged,
    average_precision_at,
    chance_hit,
    chance_reciprocal_rank,
    hit_at,
    median_rank,
    ndcg_at,
    precision_at,
    recall_at,
    recall_sum,
    reciprocal_rank,
    relevant_ranks,
)
from training.metrics.significance import (
    Interval,
    PairedTest,
    adjusted_for_many,
    bootstrap_interval,
    mcnemar_test,
    randomisation_test,
)

__all__ = [
    "Interval",
    "Judged",
    "PairedTest",
    "adjusted_for_many",
    "average_precision_at",
    "bootstrap_interval",
    "chance_hit",
    "chance_reciprocal_rank",
    "hit_at",
    "mcnemar_test",
    "median_rank",
    "ndcg_at",
    "precision_at",
    "randomisation_test",
    "recall_at",
    "recall_sum",
    "reciprocal_rank",
    "relevant_ranks",
]
