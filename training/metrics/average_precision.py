"""Average precision at k; its mean over queries is MAP@k. trec_eval: ``map_cut_k``.

``AP@k = (sum over r in ranks, r <= k, of P@r) / relevant``

With one relevant photo it is the reciprocal rank, cut off at k.
"""

from training.metrics.ranks import Judged


def average_precision_at(k: int, judged: Judged) -> float:
    """The mean, over all relevant photos, of the precision where each was found."""
    found = (number / rank for number, rank in enumerate(judged.ranks, start=1) if rank <= k)
    return sum(found) / judged.relevant
