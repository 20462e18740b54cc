"""what every loss offers."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from training.losses.temperature import Temperature


class Loss(nn.Module, ABC):
    """Says how badly texts and photos fit. Its parameters are trained with the encoder's."""

    def __init__(self, scale: Temperature) -> None:
        """``scale`` multiplies the cosines."""
        super().__init__()
        self._scale = scale

    @abstractmethod
    def forward(
        self,
        texts: Tensor,
        photos: Tensor,
        same: Tensor,
        extra: Tensor | None = None,
        extra_same: Tensor | None = None,
    ) -> Tensor:
        """The loss, a scalar.

        Args:
            texts: unit vectors [n, d].
            photos: unit vectors [n, d]; row i belongs to row i of ``texts``.
            same: bool [n, n], true where photo j is that of text i under another row, or a
                near-duplicate: never a negative. The diagonal does not count.
            extra: unit vectors [k, d] of further photos: mined ones, or the whole gallery.
            extra_same: bool [n, k], true where an extra photo is not a negative of the text.
        """

    @property
    def temperature(self) -> float:
        """The temperature now."""
        return self._scale.value


def similarities(
    texts: Tensor,
    photos: Tensor,
    same: Tensor,
    extra: Tensor | None = None,
    extra_same: Tensor | None = None,
    scale: Tensor | float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Scaled cosines [n, n + k] of texts with photos and extra ones, and which are masked.

    In float32 even under autocast: at a scale of 100 a bfloat16 cosine is off by half a logit.
    """
    with torch.autocast(texts.device.type, enabled=False):
        columns = photos if extra is None else torch.cat([photos, extra.to(photos.dtype)])
        # The texts are scaled, not the scores: they are fewer numbers.
        scores = (texts.float() * scale) @ columns.float().T
    n = len(texts)
    masked = torch.zeros(scores.shape, dtype=torch.bool, device=scores.device)
    masked[:, :n] = same
    masked.diagonal().fill_(False)
    if extra_same is not None:
        masked[:, n:] = extra_same
    return scores, masked
