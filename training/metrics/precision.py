"""precision@k: the share of the first k photos that are relevant. trec_eval: ``P_k``.

``P@k = |{r in ranks : r <= k}| / k``

The k stays in the denominator also where fewer photos were ranked. With one relevant photo it is at
most 1/k; see :mod:`training.metrics.hit` for what is published as "Precision@30".
"""

from training.metrics.ranks import Judged


def precision_at(k: int, judged: Judged) -> float:
    """The share of the first ``k`` places that hold a relevant photo."""
    return sum(rank <= k for rank in judged.ranks) / k
