"""Symmetric InfoNCE with a learned temperature: texts choose photos and photos choose texts.

``L = ( mean_i -log softmax_j(s_ij / t)[j = i]  +  mean_j -log softmax_i(s_ij / t)[i = j] ) / 2``

(CLIP, Radford et al. 2021, arXiv 2103.00020.) Extra negatives are photos without a text, so they
count where a text chooses.
"""

from torch import Tensor

from training.losses.cross_entropy import check_smoothing, masked_cross_entropy
from training.losses.protocol import Loss, similarities
from training.losses.temperature import Temperature


class SymmetricInfoNCE(Loss):
    """InfoNCE in both directions."""

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
