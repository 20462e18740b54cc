"""Which photos are no negatives: the text's own photo met again, and its near-duplicates.

A batch that holds two texts of one photo would otherwise teach that each of them does not fit it.
"""

import torch
from torch import Tensor

from training.losses.false_negatives import NEAR_DUPLICATE, FalseNegativeMask

__all__ = ["NEAR_DUPLICATE", "FalseNegativeMask", "batch_mask", "extra_mask"]

Bank = Tensor | FalseNegativeMask | None
"""By what near-duplicates are told: vectors of all photos [m, d], or what was found among them
once, which is far quicker at every step. None: only the very same photo counts."""


def batch_mask(places: Tensor, bank: Bank = None, threshold: float = NEAR_DUPLICATE) -> Tensor:
    """Bool [n, n]: photos i and j of a batch are one, or nearly. False on the diagonal.

    Args:
        places: of the batch's photos among all photos, long [n].
        bank: unit vectors of all photos [m, d], their :class:`FalseNegativeMask`, or None.
        threshold: cosine from which on two photos count as one; ``FalseNegativeMask`` have their own.
    """
    same = _alike(places, places, bank, threshold)
    return same.fill_diagonal_(False)


def extra_mask(
    places: Tensor,
    extra_places: Tensor,
    bank: Bank = None,
    threshold: float = NEAR_DUPLICATE,
    *,
    once: bool = True,
) -> Tensor:
    """Bool [n, k]: which extra photos are no negatives of each text of a batch.

    Args:
        places: of the batch's photos among all photos, long [n].
        extra_places: of the extra photos, long [k].
        bank: unit vectors of all photos [m, d], their :class:`FalseNegativeMask`, or None.
        threshold: cosine from which on two photos count as one; ``FalseNegativeMask`` have their own.
        once: leave out for every text what is in the batch anyway, so that no photo counts twice.
    """
    own = _alike(places, extra_places, bank, threshold)
    if once:
        own |= torch.isin(extra_places, places)[None]
    return own


def _alike(a: Tensor, b: Tensor, bank: Bank, threshold: float) -> Tensor:
    if isinstance(bank, FalseNegativeMask):
        return bank.alike(a, b)
    same = a[:, None] == b[None]
    if bank is not None:
        same |= bank[a].float() @ bank[b].float().T >= threshold
    return same
