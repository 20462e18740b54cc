"""Which parameters the optimizer gets, at which rate and with how much decay."""

from collections.abc import Iterable
from typing import Any

from torch import nn

from training.errors import TrainingError


def parameter_groups(
    parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """At most two groups: matrices decay, vectors and scalars (biases, norms) do not.

    Decoupled weight decay (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) pulls
    weights to zero; for a bias, a norm's gain or a temperature zero is no simpler value.
    Parameters that do not require gradients are left out.
    """
    moving = [parameter for parameter in parameters if parameter.requires_grad]
    decayed = [parameter for parameter in moving if parameter.ndim > 1]
    kept = [parameter for parameter in moving if parameter.ndim <= 1]
    groups = [
        {"params": decayed, "lr": learning_rate, "weight_decay": weight_decay},
        {"params": kept, "lr": learning_rate, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def lock(module: nn.Module) -> None:
    """No parameter of a module moves."""
    module.requires_grad_(False)


def lock_layers(layers: nn.ModuleList, embeddings: nn.Module, count: int) -> None:
    """The lowest layers of a transformer, and its embeddings when there is any, do not move.

    Raises:
        TrainingError: it has fewer layers.
    """
    if not 0 <= count <= len(layers):
        raise TrainingError(f"cannot lock {count} layers: the text tower has {len(layers)}")
    if count:
        lock(embeddings)
    for layer in layers[:count]:
        lock(layer)
