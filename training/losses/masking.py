"""Which photos are false negatives: a text's own photo met again, and its near-duplicates.

A batch that holds two texts of one photo would otherwise teach that each of them does not fit it.
"""

import torch
from torch import Tensor

NEAR_DUPLICATE = 0.95
"""Cosine from which on two photos count as one."""

_BLOCK = 1024
_MOST_EACH = 32


class FalseNegativeMask:
    """Which of the training photos are near-duplicates of each other, found once.

    Comparing a batch of 1,024 texts' photos with a gallery of 6,000 costs as much as the loss
    itself, and the answer is the same at every step. So the pairs are kept; real photos have few.
    """

    def __init__(self, photos: Tensor, threshold: float = NEAR_DUPLICATE) -> None:
        """Compare all photos.

        Args:
            photos: unit vectors of all of them [m, d].
            threshold: cosine from which on two photos count as one.
        """
        self._photos = photos.detach().float()
        self._threshold = threshold
        self._pairs: tuple[Tensor, Tensor] | None = self._find()

    def same(self, a: Tensor, b: Tensor) -> Tensor:
        """Bool [n, k]: photo ``a[i]`` is photo ``b[j]``, or nearly. Places, long [n] and [k]."""
        same = a[:, None] == b[None]
        if self._pairs is None:
            return same | (self._photos[a] @ self._photos[b].T >= self._threshold)
        others, starts = self._pairs
        lengths = starts[a + 1] - starts[a]
        rows = torch.repeat_interleave(torch.arange(len(a), device=a.device), lengths)
        firsts = torch.repeat_interleave(starts[a] - lengths.cumsum(0) + lengths, lengths)
        twins = others[firsts + torch.arange(len(rows), device=a.device)]
        pair, column = (twins[:, None] == b[None]).nonzero(as_tuple=True)
        same[rows[pair], column] = True
        return same

    def _find(self) -> tuple[Tensor, Tensor] | None:
        """The twins of photo 0, of photo 1 ..., end to end, and where each photo's begin.

        None when there are so many that comparing anew is cheaper.
        """
        m = len(self._photos)
        others, counts = [], []
        total = 0
        for start in range(0, m, _BLOCK):
            near = self._photos[start : start + _BLOCK] @ self._photos.T >= self._threshold
            rows = torch.arange(len(near), device=near.device)
            near[rows, start + rows] = False
            total += int(near.sum())
            if total > _MOST_EACH * m:
                return None
            others.append(near.nonzero()[:, 1])
            counts.append(near.sum(dim=1))
        nothing = torch.zeros(1, dtype=torch.long, device=self._photos.device)
        return torch.cat([nothing[:0], *others]), torch.cat([nothing, *counts]).cumsum(0)


Photos = Tensor | FalseNegativeMask | None
"""What tells near-duplicates: vectors of all photos [m, d], or the pairs found among them once,
which is far quicker at every step. None: only the very same photo counts."""


def batch_mask(places: Tensor, photos: Photos = None, threshold: float = NEAR_DUPLICATE) -> Tensor:
    """Bool [n, n]: photos i and j of a batch are one, or nearly. False on the diagonal.

    Args:
        places: of the batch's photos among all photos, long [n].
        photos: unit vectors of all photos [m, d], their :class:`FalseNegativeMask`, or None.
        threshold: cosine from which on two photos count as one; a mask has its own.
    """
    same = _same(places, places, photos, threshold)
    return same.fill_diagonal_(False)


def extra_mask(
    places: Tensor,
    extra_places: Tensor,
    photos: Photos = None,
    threshold: float = NEAR_DUPLICATE,
    *,
    once: bool = True,
) -> Tensor:
    """Bool [n, k]: which extra photos are no negatives of each text of a batch.

    Args:
        places: of the batch's photos among all photos, long [n].
        extra_places: of the extra photos, long [k].
        photos: unit vectors of all photos [m, d], their :class:`FalseNegativeMask`, or None.
        threshold: cosine from which on two photos count as one; a mask has its own.
        once: leave out for every text what is in the batch anyway, so that no photo counts twice.
    """
    own = _same(places, extra_places, photos, threshold)
    if once:
        own |= torch.isin(extra_places, places)[None]
    return own


def _same(a: Tensor, b: Tensor, photos: Photos, threshold: float) -> Tensor:
    if isinstance(photos, FalseNegativeMask):
        return photos.same(a, b)
    same = a[:, None] == b[None]
    if photos is not None:
        same |= photos[a].float() @ photos[b].float().T >= threshold
    return same
