"""From a data set to batches: the order of an epoch, and the collator."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import Dataset, Sampler

if TYPE_CHECKING:
    from training.datasets.text_photo import Item, TextPhotoDataset
    from training.encoders.base import TrainableEncoder


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


class IndexedDataset(Dataset[tuple[int, "Item"]]):
    """TextPhotoDataset with their places, by which mined negatives are looked up."""

    def __init__(self, items: "TextPhotoDataset") -> None:
        """Of the epoch that the items are set to."""
        self.items = items

    def __len__(self) -> int:
        """How many items an epoch has."""
        return len(self.items)

    def __getitem__(self, place: int) -> "tuple[int, Item]":
        """The place and the item there."""
        return place, self.items[place]


class Collator:
    """Makes indexed items into what :class:`~training.fine_tuning.model.TuningModel` takes."""

    def __init__(self, trainable: "TrainableEncoder", photos: Sequence[Path]) -> None:
        """``photos`` are all training photos, in the order of their places."""
        self.trainable = trainable
        self.photos = photos

    def __call__(self, indexed: "Sequence[tuple[int, Item]]") -> dict[str, Any]:
        """One batch."""
        items = [item for _, item in indexed]
        batch: dict[str, Any] = {
            "texts": dict(self.trainable.tokenize([item.text for item in items])),
            "photos": torch.tensor([item.photo for item in items]),
            "rows": torch.tensor([row for row, _ in indexed]),
        }
        if self.trainable.moves_photos:
            from retrieval.photos.reading import open_image

            side = 2 * self.trainable.encoder.image_size
            batch["images"] = [open_image(self.photos[item.photo], side) for item in items]
        return batch
