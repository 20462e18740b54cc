"""Reciprocal rank; its mean over queries is MRR. trec_eval: ``recip_rank``.

``RR = 1 / min(ranks)``, and 0 when no relevant photo was ranked.
"""

from training.metrics.ranks import Judged


def reciprocal_rank(judged: Judged) -> float:
    """One over the first relevant photo's rank."""
    return 1.0 / judged.best if judged.best is not None else 0.0
