"""Contrastive losses, by name.

Formulas and sources stand in :mod:`training.losses.contrastive`. All mask false negatives
(:mod:`training.losses.masking`), all are safe for any scale, and all work in float32 even where
the encoder runs in bfloat16.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from training.errors import TrainingError
from training.losses.base import Loss
from training.losses.contrastive import OneDirectionalInfoNCE, SigmoidLoss, SymmetricInfoNCE

LOSSES: Mapping[str, type[Loss]] = MappingProxyType(
    {
        "symmetric": SymmetricInfoNCE,
        "one-directional": OneDirectionalInfoNCE,
        "sigmoid": SigmoidLoss,
    }
)
"""The default first."""

__all__ = [
    "LOSSES",
    "Loss",
    "OneDirectionalInfoNCE",
    "SigmoidLoss",
    "SymmetricInfoNCE",
    "make_loss",
]


def make_loss(
    name: str,
    *,
    temperature: float | None = None,
    learned: bool | None = None,
    label_smoothing: float = 0.0,
) -> Loss:
    """The loss of that name.

    Args:
        name: of :data:`LOSSES`.
        temperature: at the start; None for what the loss starts with.
        learned: whether the temperature is trained; None for what is usual with the loss.
        label_smoothing: of those that are cross-entropies; the sigmoid loss has none.

    Raises:
        TrainingError: there is no such loss, or a number makes no sense.
    """
    name = name.replace("_", "-")
    if name not in LOSSES:
        raise TrainingError(f"no objective {name!r}: choose of {', '.join(LOSSES)}")
    given: dict[str, Any] = {"temperature": temperature, "learned": learned}
    options = {key: value for key, value in given.items() if value is not None}
    if name != "sigmoid":
        options["label_smoothing"] = label_smoothing
    try:
        return LOSSES[name](**options)
    except ValueError as error:
        raise TrainingError(f"objective {name}: {error}") from None
