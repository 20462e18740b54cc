"""LoRA: small adapters beside locked linear layers, for networks too big to move whole.

    W' = W + (alpha / r) B A,   A [r, in],  B [out, r],  B = 0 at the start

(Hu et al. 2021, https://arxiv.org/abs/2106.09685), by peft. With ``alpha = 2 r`` the learning rate
needs no change with the rank.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from training.errors import TrainingError

ADAPTER = "default"


def add_lora(
    module: nn.Module, rank: int, *, beside: Iterable[nn.Module] = (), seed: int = 0
) -> list[str]:
    """Adapters on the attention and MLP layers that move; everything else in there is locked.

    Args:
        module: changed in place.
        rank: r.
        beside: layers (small heads, projections) that go on moving themselves.
        seed: of A's random numbers: the same each time the encoder is made trainable.

    Returns:
        Names of the layers that have an adapter.

    Raises:
        TrainingError: peft is not installed, or there is nothing to put an adapter on.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise TrainingError("LoRA needs the package peft: pip install photopal[train]") from error
    whole = list(beside)
    targets = _targets(module, whole)
    if not targets:
        raise TrainingError("no linear layer is left to put a LoRA adapter on")
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, lora_dropout=0.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, module, adapter_name=ADAPTER)
    for part in whole:
        part.requires_grad_(True)
    return targets


@contextmanager
def merged(module: nn.Module) -> Iterator[None]:
    """Inside, each layer with an adapter is a plain linear layer that does the same.

    Afterwards all is as before, to the last bit. A module without adapters is left alone.
    """
    swapped = []
    try:
        for name, layer in _adapted(module):
            parent = module.get_submodule(name.rpartition(".")[0])
            plain = layer.get_base_layer()
            before = plain.weight.detach().clone()
            with torch.no_grad():
                plain.weight += layer.get_delta_weight(ADAPTER)
            setattr(parent, name.rpartition(".")[2], plain)
            swapped.append((parent, name.rpartition(".")[2], layer, before))
        yield
    finally:
        for parent, attribute, layer, before in swapped:
            with torch.no_grad():
                layer.get_base_layer().weight.copy_(before)
            setattr(parent, attribute, layer)


def _adapted(module: nn.Module) -> list[tuple[str, Any]]:
    if not any(".lora_A." in name for name, _ in module.named_parameters()):
        return []
    from peft.tuners.lora import LoraLayer

    return [(name, part) for name, part in module.named_modules() if isinstance(part, LoraLayer)]


def _targets(module: nn.Module, whole: list[nn.Module]) -> list[str]:
    apart = {id(part) for parent in whole for part in parent.modules()}
    # The exact class: nn.MultiheadAttention reads its output layer's weight past any adapter.
    return [
        name
        for name, part in module.named_modules()
        if type(part) is nn.Linear and part.weight.requires_grad and id(part) not in apart
    ]
