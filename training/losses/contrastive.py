"""The contrastive losses: InfoNCE in one direction, in both, and SigLIP's sigmoid loss.

All take unit vectors of n texts and of their n photos, with the cosine ``s_ij`` of text i and photo
j and a temperature ``t``; what is masked is no negative, and extra photos are further negatives
(:meth:`training.losses.base.Loss.forward`). They are computed in float32 and by log-sum-exp.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.losses.base import Loss, Temperature, similarities


class OneDirectionalInfoNCE(Loss):
    """InfoNCE from text to photo, the loss of PhotoChat's published baseline.

    ``L = mean_i -log( exp(s_ii / t) / sum_j exp(s_ij / t) )``

    with a fixed temperature (van den Oord et al. 2018, arXiv 1807.03748). Photos never choose among
    texts, so nothing keeps a photo that fits every text from being everybody's second best.
    """

    def __init__(
        self, temperature: float = 0.07, learned: bool = False, label_smoothing: float = 0.0
    ) -> None:
        """The defaults are the baseline's."""
        super().__init__(Temperature(temperature, learned))
        self.label_smoothing = check_smoothing(label_smoothing)

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
        return masked_cross_entropy(logits, masked, self.label_smoothing)


class SymmetricInfoNCE(Loss):
    """InfoNCE in both directions: texts choose photos and photos choose texts.

    ``L = (mean_i -log softmax_j(s_ij / t)[j = i] + mean_j -log softmax_i(s_ij / t)[i = j]) / 2``

    (CLIP, Radford et al. 2021, arXiv 2103.00020), with a learned temperature. Extra photos have no
    text, so they count only where a text chooses.
    """

    def __init__(
        self,
        temperature: float = 0.05,
        learned: bool = True,
        lowest: float = 0.01,
        label_smoothing: float = 0.0,
    ) -> None:
        """The temperature starts at ``temperature`` and, when learned, stays above ``lowest``."""
        super().__init__(Temperature(temperature, learned, lowest))
        self.label_smoothing = check_smoothing(label_smoothing)

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
        n = len(texts)
        to_photo = masked_cross_entropy(logits, masked, self.label_smoothing)
        to_text = masked_cross_entropy(logits[:, :n].T, masked[:, :n].T, self.label_smoothing)
        return (to_photo + to_text) / 2


class SigmoidLoss(Loss):
    """SigLIP's pairwise loss: every pair of text and photo is a yes-or-no question of its own.

    ``L = -1/n sum_i sum_j log sigmoid( z_ij (a s_ij + b) )``,  ``z_ii = 1``, otherwise ``-1``

    with a learned scale ``a`` (10 at first) and bias ``b`` (-10 at first, because nearly all pairs
    do not fit) (Zhai et al. 2023, arXiv 2303.15343, section 3.2). Masked pairs are left out of the
    sum; extra photos are further pairs that do not fit.
    """

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
        signs = -torch.ones_like(logits)
        signs.diagonal().fill_(1.0)
        terms = F.logsigmoid(signs * logits).masked_fill(masked, 0.0)
        return -terms.sum() / len(texts)


def masked_cross_entropy(logits: Tensor, masked: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean over the rows of ``-log softmax_j(logits_ij)[j = i]``, by log-sum-exp.

    ``L_i = log sum_{j counts} exp(l_ij) - (1 - e) l_ii - e mean_{j counts} l_ij``

    with smoothing ``e`` (Szegedy et al. 2016, arXiv 1512.00567) spread over the columns that count.
    No raw ``exp`` of a logit is ever formed: at a temperature of 0.01 it would overflow in half
    precision.

    Args:
        logits: scaled scores [n, m], m >= n.
        masked: bool [n, m], true where a column does not count; the diagonal is false.
        label_smoothing: from 0 to below 1.
    """
    loss: Tensor = _MaskedCrossEntropy.apply(logits, masked, label_smoothing)
    return loss


def check_smoothing(label_smoothing: float) -> float:
    """The number itself. Raises ValueError when it is none from 0 to below 1."""
    if not 0.0 <= label_smoothing < 1.0:
        raise ValueError("label smoothing must be from 0 to below 1")
    return label_smoothing


class _MaskedCrossEntropy(torch.autograd.Function):
    """The loss with its gradient written out.

    ``dL / dl_ij = (p_ij - (1 - e) [i = j] - e / k_i) / n`` where column j counts, else 0, with the
    softmax ``p`` and the number of columns ``k_i`` that count. Against a whole gallery the logits
    are large, and every pass over them that is saved is time saved.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, masked: Tensor, smoothing: float) -> Tensor:
        counted = None
        if smoothing:
            counted = (masked.shape[1] - masked.sum(dim=1)).to(logits.dtype)
            mean = torch.einsum("nm,nm->n", logits, (~masked).to(logits.dtype)) / counted
        log_shares = torch.log_softmax(logits.masked_fill(masked, -torch.inf), dim=1)
        losses = -log_shares.diagonal()
        if smoothing:
            losses = losses + smoothing * (logits.diagonal() - mean)
        ctx.save_for_backward(log_shares, masked, counted)
        ctx.smoothing = smoothing
        return losses.mean()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        log_shares, masked, counted = ctx.saved_tensors
        found = log_shares.exp()
        if counted is not None:
            found -= (ctx.smoothing / counted)[:, None]
            found.masked_fill_(masked, 0.0)
        found.diagonal().sub_(1 - ctx.smoothing)
        return found.mul_(gradients[0] / len(found)), None, None
