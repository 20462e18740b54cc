"""Cross-entropy of each row's own column, over the columns that count."""

from typing import Any

import torch
from torch import Tensor


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
