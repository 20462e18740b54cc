"""From items to batches: tokens, places, and pictures where they are needed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import Dataset

if TYPE_CHECKING:
    from training.datasets.text_photo import Item, TextPhotoDataset
    from training.encoders.base import TrainableEncoder


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
    """Collates numbered items into what :class:`~training.fine_tuning.model.TuningModel` takes."""

    def __init__(self, trainable: "TrainableEncoder", photos: Sequence[Path]) -> None:
        """``photos`` are all training photos, in the order of their places."""
        self.trainable = trainable
        self.photos = photos

    def __call__(self, numbered: "Sequence[tuple[int, Item]]") -> dict[str, Any]:
        """One batch."""
        items = [item for _, item in numbered]
        batch: dict[str, Any] = {
            "texts": dict(self.trainable.tokenize([item.text for item in items])),
            "photos": torch.tensor([item.photo for item in items]),
            "items": torch.tensor([place for place, _ in numbered]),
        }
        if self.trainable.moves_photos:
            from retrieval.photos.reading import open_image

            side = 2 * self.trainable.encoder.image_size
            batch["images"] = [open_image(self.photos[item.photo], side) for item in items]
        return batch
