"""From scores to the ranks of the relevant photos, with ties broken as trec_eval breaks them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


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
    scores: ArrayLike, photo_ids: Sequence[str], relevant: Collection[str]
) -> Judged:
    """Rank photos by score and find the relevant ones.

    Equal scores are ordered as trec_eval does: by id, the greater one first (``z`` before ``a``).
    Scores count as float32, trec_eval's precision: what differs only beyond it is a tie there too.
    The order of the input never matters, so an encoder that scores all photos alike cannot win by
    the luck of being asked in the right order.
    """
    values = np.asarray(scores, dtype=np.float32)
    ids = np.asarray(photo_ids)
    ranks = []
    for wanted in relevant:
        (places,) = np.nonzero(ids == wanted)
        if not len(places):
            continue
        score = values[places[0]]
        ahead = int((values > score).sum())
        tied = ids[values == score]
        ranks.append(1 + ahead + int((tied > wanted).sum()))
    return Judged(tuple(sorted(ranks)), len(relevant))
