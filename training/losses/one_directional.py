"""One-directional InfoNCE: each text chooses its photo. The published baseline's loss.

``L = mean_i -log( exp(s_ii / t) / sum_j exp(s_ij / t) )``

with the cosine ``s_ij`` of text i and photo j and a fixed temperature ``t`` (van den Oord et al.
2018, arXiv 1807.03748). Photos never choose among texts, so nothing keeps a photo that fits every
text from being everybody's second best. Computed by log-sum-exp.
"""

from torch import Tensor

from training.losses.cross_entropy import check_smoothing, masked_cross_entropy
from training.losses.protocol import Loss, similarities
from training.losses.temperature import Temperature


class OneDirectionalInfoNCE(Loss):
    """InfoNCE from text to photo."""

    def __init__(
        self, temperature: float = 0.07, learned: bool = False, label_smoothing: float = 0.0
    ) -> None:
        """The baseline's settings by default."""
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
