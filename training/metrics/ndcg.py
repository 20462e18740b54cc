"""nDCG@k: gain that fades with the logarithm of the rank. trec_eval: ``ndcg_cut_k``.

``DCG@k = sum over r in ranks, r <= k, of 1 / log2(1 + r)``, ``nDCG@k = DCG@k / ideal DCG@k``,
where the ideal ranking has all relevant photos first. Gains are 0 or 1. (Järvelin and Kekäläinen
2002, in the form of Burges et al. 2005, which is the same for such gains.)
"""

from math import log2

from training.metrics.ranks import Judged


def ndcg_at(k: int, judged: Judged) -> float:
    """The gain of the first ``k`` places over the best possible one."""
    gained = sum(1.0 / log2(1 + rank) for rank in judged.ranks if rank <= k)
    return gained / sum(1.0 / log2(1 + rank) for rank in range(1, min(k, judged.relevant) + 1))
