"""The order in which an epoch draws its items."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class EpochSampler(Sampler[int]):
    """A permutation of ``count`` places that depends on seed and epoch alone.

    Nothing of it has to be remembered for a continuation: the order of any epoch can be made
    again at any time.
    """

    def __init__(self, count: int, seed: int) -> None:
        """Of epoch 0 until :meth:`set_epoch` says otherwise."""
        self.count = count
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        """How many places."""
        return self.count

    def __iter__(self) -> Iterator[int]:
        """The places."""
        chance = torch.Generator().manual_seed(mixed(self.seed, self.epoch))
        yield from torch.randperm(self.count, generator=chance).tolist()


def mixed(*numbers: int) -> int:
    """One seed of several numbers; neighbouring numbers give unlike seeds (splitmix64)."""
    state = 0
    for number in numbers:
        state = (state + number + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 31
    return state & 0x7FFFFFFFFFFFFFFF
