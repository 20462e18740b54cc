"""A running average of weights, which does better than the last step's."""

from collections.abc import Sequence

import torch
from torch import nn


class RunningAverage:
    """Exponential moving average of parameters (Polyak averaging).

    ``a <- k a + (1 - k) w`` after each step, with ``k = min(keep, (1 + step) / (10 + step))``, so
    that the first steps do not weigh for ever.
    """

    def __init__(self, weights: Sequence[nn.Parameter], keep: float) -> None:
        """Start from the weights as they are."""
        self._weights = list(weights)
        self._averages = [weight.detach().clone() for weight in weights]
        self._keep = keep
        self._steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self._steps += 1
        keep = min(self._keep, (1 + self._steps) / (10 + self._steps))
        for average, weight in zip(self._averages, self._weights, strict=True):
            average.lerp_(weight, 1 - keep)

    @torch.no_grad()
    def install(self) -> None:
        """Put the averages in place of the weights."""
        for average, weight in zip(self._averages, self._weights, strict=True):
            weight.copy_(average)
