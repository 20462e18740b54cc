"""hit@k: whether a relevant photo is among the first k. trec_eval: ``success_k``.

``hit@k = 1 if min(ranks) <= k else 0``

The course that PhotoChat's leaderboard comes from calls the mean of hit@30 "Precision@30". It is
not the precision of information retrieval (:mod:`training.metrics.precision`), which cannot exceed
1/30 where one photo is relevant. With one relevant photo hit@k equals recall@k, the R@k of papers.
"""

from training.metrics.ranks import Judged


def hit_at(k: int, judged: Judged) -> float:
    """1.0 when a relevant photo is among the first ``k``, else 0.0."""
    return float(judged.best is not None and judged.best <= k)
