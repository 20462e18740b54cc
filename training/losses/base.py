"""What every contrastive loss has: the interface, scaled similarities and the temperature."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

HIGHEST_TEMPERATURE = 1.0


class Temperature(nn.Module):
    """``scale = 1 / temperature``, kept as its logarithm.

    A learned one is held between ``lowest`` and ``highest``, as CLIP does (Radford et al. 2021,
    arXiv 2103.00020, section 2.5: logits are never scaled by more than 100): without a floor the
    scale grows until the loss of easy pairs vanishes and training becomes unstable.
    """

    def __init__(self, start: float, learned: bool, lowest: float = 0.01) -> None:
        """Start at ``start``.

        Raises:
            ValueError: the numbers are no temperatures.
        """
        super().__init__()
        if not (math.isfinite(start) and start > 0 and lowest > 0):
            raise ValueError("a temperature must be above 0")
        if learned and start < lowest:
            raise ValueError(f"a learned temperature starts at {lowest} or above")
        log_scale = torch.tensor(-math.log(start), dtype=torch.float32)
        self.learned = learned
        self._least = -math.log(max(HIGHEST_TEMPERATURE, start))
        self._most = -math.log(lowest)
        self.log_scale: Tensor
        if learned:
            self.log_scale = nn.Parameter(log_scale)
        else:
            self.register_buffer("log_scale", log_scale)

    def forward(self) -> Tensor:
        """The scale, a positive scalar."""
        if self.learned:
            # Set back rather than clamped on the way: a clamped parameter has no gradient and
            # would never return from beyond the limit.
            with torch.no_grad():
                self.log_scale.clamp_(self._least, self._most)
        return self.log_scale.exp()

    @property
    def value(self) -> float:
        """The temperature now."""
        log_scale = float(self.log_scale.detach())
        if self.learned:
            # As the next step will see it, which sets it back within its limits.
            log_scale = min(max(log_scale, self._least), self._most)
        return math.exp(-log_scale)


class Loss(nn.Module, ABC):
    """A contrastive loss of texts and photos; its parameters are trained with the encoder's."""

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
