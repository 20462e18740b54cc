"""recall@k: the share of the relevant photos that are among the first k. trec_eval: ``recall_k``.

``recall@k = |{r in ranks : r <= k}| / relevant``
"""

from training.metrics.ranks import Judged


def recall_at(k: int, judged: Judged) -> float:
    """The share of the relevant photos found among the first ``k``."""
    return sum(rank <= k for rank in judged.ranks) / judged.relevant
