"""What a fine-tune makes small: the objectives, by name.

Each has its formula and its source in its own file. All mask pairs that are no negatives
(:mod:`training.losses.masking`), all are safe for any scale, and all work in float32 even
where the towers run in bfloat16.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from training.errors import TrainingError
from training.losses.one_directional import OneDirectional
from training.losses.protocol import Objective
from training.losses.sigmoid import Sigmoid
from training.losses.symmetric import Symmetric

OBJECTIVES: Mapping[str, type[Objective]] = MappingProxyType(
    {"symmetric": Symmetric, "one-directional": OneDirectional, "sigmoid": Sigmoid}
)
"""The default first."""

__all__ = ["OBJECTIVES", "Objective", "OneDirectional", "Sigmoid", "Symmetric", "make_objective"]


def make_objective(
    name: str,
    *,
    temperature: float | None = None,
    learned: bool | None = None,
    label_smoothing: float = 0.0,
) -> Objective:
    """The objective of that name.

    Args:
        name: of :data:`OBJECTIVES`.
        temperature: at the start; None for what the objective starts with.
        learned: whether the temperature is trained; None for what is usual with the objective.
        label_smoothing: of those that are cross-entropies; the sigmoid loss has none.

    Raises:
        TrainingError: there is no such objective, or a number makes no sense.
    """
    name = name.replace("_", "-")
    if name not in OBJECTIVES:
        raise TrainingError(f"no objective {name!r}: choose of {', '.join(OBJECTIVES)}")
    given: dict[str, Any] = {"temperature": temperature, "learned": learned}
    options = {key: value for key, value in given.items() if value is not None}
    if name != "sigmoid":
        options["label_smoothing"] = label_smoothing
    try:
        return OBJECTIVES[name](**options)
    except ValueError as error:
        raise TrainingError(f"objective {name}: {error}") from None
