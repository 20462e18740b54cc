"""Near-duplicates among the photos that are trained on, found once instead of at every step."""

import torch
from torch import Tensor

NEAR_DUPLICATE = 0.95
"""Cosine from which on two photos count as one."""

_BLOCK = 1024
_MOST_EACH = 32


class FalseNegativeMask:
    """Which photos look the same.

    Comparing a batch of 1,024 texts' photos with a gallery of 6,000 costs as much as the loss
    itself, and the answer is the same at every step. Hence pairs, of which real photos have few.
    """

    def __init__(self, bank: Tensor, threshold: float = NEAR_DUPLICATE) -> None:
        """Compare all photos.

        Args:
            bank: unit vectors of all photos [m, d].
            threshold: cosine from which on two photos count as one.
        """
        self._bank = bank.detach().float()
        self._threshold = threshold
        self._pairs: tuple[Tensor, Tensor] | None = self._find()

    def alike(self, a: Tensor, b: Tensor) -> Tensor:
        """Bool [n, k]: photo ``a[i]`` is photo ``b[j]``, or nearly. Places, long [n] and [k]."""
        same = a[:, None] == b[None]
        if self._pairs is None:
            return same | (self._bank[a] @ self._bank[b].T >= self._threshold)
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
        m = len(self._bank)
        others, counts = [], []
        total = 0
        for start in range(0, m, _BLOCK):
            near = self._bank[start : start + _BLOCK] @ self._bank.T >= self._threshold
            rows = torch.arange(len(near), device=near.device)
            near[rows, start + rows] = False
            total += int(near.sum())
            if total > _MOST_EACH * m:
                return None
            others.append(near.nonzero()[:, 1])
            counts.append(near.sum(dim=1))
        nothing = torch.zeros(1, dtype=torch.long, device=self._bank.device)
        return torch.cat([nothing[:0], *others]), torch.cat([nothing, *counts]).cumsum(0)
