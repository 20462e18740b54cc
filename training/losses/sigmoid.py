"""SigLIP's sigmoid loss: every pair of text and photo is judged alone, fitting or not.

``L = -1/n sum_i sum_j log sigmoid( z_ij (a s_ij + b) )``,  ``z_ii = 1``, otherwise ``-1``

with a learned scale ``a`` (10 at first) and bias ``b`` (-10 at first, because nearly all pairs do
not fit) (Zhai et al. 2023, arXiv 2303.15343, section 3.2). Pairs that are masked are left out of
the sum; extra photos are further pairs that do not fit.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.losses.protocol import Loss, similarities
from training.losses.temperature import Temperature


class SigmoidLoss(Loss):
    """The pairwise sigmoid loss."""

    def __init__(
        self, temperature: float = 0.1, learned: bool = True, lowest: float = 0.002
    ) -> None:
        """Start at the scale ``1 / temperature``. Scales beyond 100 are usual with this loss."""
        super().__init__(Temperature(temperature, learned, lowest))
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(
        self,
        texts: Tensor,
        photos: Tensor,
        same: Tensor,
        extra: Tensor | None = None,
        extra_same: Tensor | None = None,
    ) -> Tensor:
        """See :meth:`Loss.forward`."""
        logits, masked = similarities(texts, photos, same, extra, extra_same, self._scale())
        logits = logits + self.bias
        fits = -torch.ones_like(logits)
        fits.diagonal().fill_(1.0)
        judged = F.logsigmoid(fits * logits).masked_fill(masked, 0.0)
        return -judged.sum() / len(texts)
