"""Measures of rankings: ranks from scores, measures of one query, of many, and chance.

The measures of one query take the ranks, from 1, at which its relevant photos stand
(:func:`relevant_ranks`), so they hold for one relevant photo, as in PhotoChat, and for several.
A photo that was not ranked at all has no rank in the list. Each docstring holds the formula and
trec_eval's name for the measure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retrieval.search.ranking import rank_of

RECALL_SUM_CUTS = (1, 5, 10)


@dataclass(frozen=True)
class Judged:
    """How one query went.

    Attributes:
        ranks: of the relevant photos that were ranked, from 1, growing.
        relevant: how many relevant photos there are, ranked or not; at least 1.
    """

    ranks: tuple[int, ...]
    relevant: int = 1

    @property
    def best(self) -> int | None:
        """The first relevant photo's rank; None when none was ranked."""
        return self.ranks[0] if self.ranks else None


def relevant_ranks(
    scores: ArrayLike, photo_ids: Sequence[str] | NDArray[np.str_], relevant: Collection[str]
) -> Judged:
    """Rank photos by score and find the relevant ones.

    Ties are ordered as :func:`retrieval.search.ranking.rank_of` says. Scores count as float32,
    trec_eval's precision: what differs only beyond it is a tie there too.
    """
    values = np.asarray(scores, dtype=np.float32)
    ids = np.asarray(photo_ids, dtype=np.str_)
    ranks = []
    for wanted in relevant:
        (places,) = np.nonzero(ids == wanted)
        if len(places):
            ranks.append(rank_of(values, ids, int(places[0])))
    return Judged(tuple(sorted(ranks)), len(relevant))


def hit_at(k: int, judged: Judged) -> float:
    """1.0 when a relevant photo is among the first ``k``, else 0.0. trec_eval: ``success_k``.

    ``hit@k = 1 if min(ranks) <= k else 0``

    The course that PhotoChat's leaderboard comes from calls the mean of hit@30 "Precision@30". It
    is not the precision of information retrieval (:func:`precision_at`), which cannot exceed 1/30
    where one photo is relevant. With one relevant photo hit@k equals recall@k, the R@k of papers.
    """
    return float(judged.best is not None and judged.best <= k)


def precision_at(k: int, judged: Judged) -> float:
    """The share of the first ``k`` places that hold a relevant photo. trec_eval: ``P_k``.

    ``P@k = |{r in ranks : r <= k}| / k``

    The k stays in the denominator also where fewer photos were ranked. With one relevant photo it
    is at most 1/k; see :func:`hit_at` for what is published as "Precision@30".
    """
    return sum(rank <= k for rank in judged.ranks) / k


def recall_at(k: int, judged: Judged) -> float:
    """The share of the relevant photos found among the first ``k``. trec_eval: ``recall_k``.

    ``recall@k = |{r in ranks : r <= k}| / relevant``
    """
    return sum(rank <= k for rank in judged.ranks) / judged.relevant


def average_precision_at(k: int, judged: Judged) -> float:
    """Mean, over all relevant photos, of the precision where each was found: ``map_cut_k``.

    ``AP@k = (sum over r in ranks, r <= k, of P@r) / relevant``

    Its mean over queries is MAP@k. With one relevant photo it is the reciprocal rank, cut at k.
    """
    found = (number / rank for number, rank in enumerate(judged.ranks, start=1) if rank <= k)
    return sum(found) / judged.relevant


def reciprocal_rank(judged: Judged) -> float:
    """One over the first relevant photo's rank; its mean over queries is MRR: ``recip_rank``.

    ``RR = 1 / min(ranks)``, and 0 when no relevant photo was ranked.
    """
    return 1.0 / judged.best if judged.best is not None else 0.0


def ndcg_at(k: int, judged: Judged) -> float:
    """The gain of the first ``k`` places over the best possible one. trec_eval: ``ndcg_cut_k``.

    ``DCG@k = sum over r in ranks, r <= k, of 1 / log2(1 + r)``, ``nDCG@k = DCG@k / ideal DCG@k``,
    where the ideal ranking has all relevant photos first. Gains are 0 or 1. (Järvelin and
    Kekäläinen 2002, in the form of Burges et al. 2005, which is the same for such gains.)
    """
    gained = sum(1.0 / log2(1 + rank) for rank in judged.ranks if rank <= k)
    return gained / sum(1.0 / log2(1 + rank) for rank in range(1, min(k, judged.relevant) + 1))


def median_rank(judged: Sequence[Judged], pool: int) -> float:
    """The median over queries of the first relevant photo's rank, from 1 ("MedR" in papers).

    A query whose photo was not ranked counts as one place below the whole pool: dropping it would
    make failures look good.
    """
    ranks = [pool + 1 if one.best is None else one.best for one in judged]
    return float(np.median(ranks)) if ranks else 0.0


def recall_sum(judged: Sequence[Judged]) -> float:
    """R@1 + R@5 + R@10 of mean recalls: PhotoChat's and ImageChat's one number for a system.

    From 0 to 3; papers print it in per cent, 0 to 300.
    """
    if not judged:
        return 0.0
    return float(sum(np.mean([recall_at(k, one) for one in judged]) for k in RECALL_SUM_CUTS))


def chance_hit(k: int, pool: int) -> float:
    """The expected hit@k of a random order: ``min(k, n) / n``, every rank being as likely."""
    return min(k, pool) / pool if pool else 0.0


def chance_reciprocal_rank(pool: int) -> float:
    """The expected reciprocal rank of a random order: ``(1/1 + 1/2 + ... + 1/n) / n``."""
    return sum(1.0 / rank for rank in range(1, pool + 1)) / pool if pool else 0.0
