"""Cross-entropy of each row's own column, over the columns that count."""

import torch
from torch import Tensor


def own_column_loss(logits: Tensor, counts: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean over the rows of ``-log softmax_j(logits_ij)[j = i]``, by log-sum-exp.

    ``L_i = log sum_{j counts} exp(l_ij) - (1 - e) l_ii - e mean_{j counts} l_ij``

    with smoothing ``e`` (Szegedy et al. 2016, arXiv 1512.00567) spread over the columns that count.
    No raw ``exp`` is ever formed: at a temperature of 0.01 it would overflow in half precision.

    Args:
        logits: scaled scores [n, m], m >= n.
        counts: bool [n, m]; the diagonal is true.
        label_smoothing: from 0 to below 1.
    """
    own = logits.diagonal()
    loss = torch.logsumexp(logits.masked_fill(~counts, -torch.inf), dim=1) - own
    if label_smoothing:
        kept = logits.masked_fill(~counts, 0.0).sum(dim=1) / counts.sum(dim=1)
        loss = loss + label_smoothing * (own - kept)
    return loss.mean()


def check_smoothing(label_smoothing: float) -> float:
    """The number itself. Raises ValueError when it is none from 0 to below 1."""
    if not 0.0 <= label_smoothing < 1.0:
        raise ValueError("label smoothing must be from 0 to below 1")
    return label_smoothing
