"""The temperature: how sharply a loss tells photos apart."""

import math

import torch
from torch import Tensor, nn

HIGHEST = 1.0


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
        self._least = -math.log(max(HIGHEST, start))
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
