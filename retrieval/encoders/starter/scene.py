"""The scene network: all-MiniLM fine-tuned on captions and chat, kept as what training changed."""

import copy
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from retrieval.encoders.starter.bases import TextBase
from retrieval.encoders.starter.packing import pack_rows

UNUSED = "pooler."
"""The last layer of the published network, which sentence vectors never pass."""


def copy_of(base: TextBase) -> TextBase:
    """A network of its own to be fine-tuned, with the same tokens."""
    return TextBase(base.tokenizer, copy.deepcopy(base.network))


def pack_changes(tuned: nn.Module, base: nn.Module) -> dict[str, NDArray[np.generic]]:
    """What differs between two networks of one shape: matrices as 8-bit rows, the rest in fp32.

    A tenth of the network's own size: a difference is small, so that 255 steps of its largest
    number in a row are fine, and what training left alone (word embeddings) is not there at all.
    """
    packed: dict[str, NDArray[np.generic]] = {}
    original = base.state_dict()
    for name, tensor in tuned.state_dict().items():
        if name.startswith(UNUSED) or not tensor.is_floating_point():
            continue
        change = (tensor.detach().cpu().float() - original[name].float()).numpy()
        if not change.any():
            continue
        if change.ndim == 2:
            packed[name], packed[f"{name}.scale"] = pack_rows(change)
        else:
            packed[name] = change.astype(np.float32)
    return packed


def unpack_changes(
    tuned: nn.Module, base: nn.Module, changes: Mapping[str, NDArray[np.generic]]
) -> None:
    """Make ``tuned`` the base plus the changes that :func:`pack_changes` made.

    Raises:
        KeyError: a change of something that the network does not have.
        ValueError: a change of another shape.
    """
    tuned.load_state_dict(changed(base, changes))


def holds(tuned: nn.Module, base: nn.Module, changes: Mapping[str, NDArray[np.generic]]) -> bool:
    """Whether ``tuned`` is the base plus just these changes.

    Then they are written again as they are: packing the difference anew would move a few numbers
    by their last bit, for the sum of base and change was rounded.
    """
    state = tuned.state_dict()
    expected = changed(base, changes)
    return all(torch.equal(state[name].cpu(), value.cpu()) for name, value in expected.items())


def changed(base: nn.Module, changes: Mapping[str, NDArray[np.generic]]) -> dict[str, torch.Tensor]:
    """The state of a network: the base's plus the changes that :func:`pack_changes` made."""
    state = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    for name, values in changes.items():
        if name.endswith(".scale"):
            continue
        change = np.asarray(values, dtype=np.float32)
        if f"{name}.scale" in changes:
            change = change * np.asarray(changes[f"{name}.scale"], dtype=np.float32)[:, None]
        if change.shape != tuple(state[name].shape):
            raise ValueError(f"{name} has another shape")
        state[name] += torch.from_numpy(change)
    return state
