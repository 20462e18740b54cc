"""Measures of a ranking: one file each, with its formula and trec_eval's name for it.

The per-query measures take the ranks, from 1, at which the relevant photos stand
(:func:`training.metrics.ranks.relevant_ranks`), so they hold for one relevant photo, as in
PhotoChat, and for several. A photo that was not ranked at all has no rank in the list.
"""

from training.metrics.average_precision import average_precision_at
from training.metrics.bootstrap import Interval, bootstrap_interval
from training.metrics.chance import chance_hit, chance_reciprocal_rank
from training.metrics.hit import hit_at
from training.metrics.median_rank import median_rank
from training.metrics.ndcg import ndcg_at
from training.metrics.precision import precision_at
from training.metrics.ranks import Judged, relevant_ranks
from training.metrics.recall import recall_at
from training.metrics.recall_sum import recall_sum
from training.metrics.reciprocal_rank import reciprocal_rank
from training.metrics.significance import (
    PairedTest,
    adjusted_for_many,
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
