"""The data set that is trained on: pairs of a text, drawn anew each epoch, and a photo."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from torch.utils.data import Dataset

from training.datasets.augment import Augmentation, caption_text, descriptors_text, dialogue_text
from training.datasets.example import Example, Kind


class Item(NamedTuple):
    """A text, and the place of its photo among the photos that are trained on."""

    text: str
    photo: int


class TextPhotoDataset(Dataset[Item]):
    """One item for each kind of text of each example; an epoch draws each once.

    An item is a function of (seed, epoch, place) and of nothing else: a run that is resumed sees
    the very texts that it would have seen, whatever was drawn before and in whichever process.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        photo_places: Mapping[Path, int],
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            examples: what is trained on.
            photo_places: place of each example's photo, by its path.
            augmentation: what is varied from epoch to epoch.
            seed: of all drawing.
        """
        self._items: list[tuple[Example, Kind, int]] = [
            (example, kind, photo_places[example.path])
            for example in examples
            for kind in example.kinds
        ]
        self.augmentation = augmentation
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Draw the texts of this epoch from now on."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, i: int) -> Item:
        example, kind, photo = self._items[i]
        if i < 0:
            i += len(self._items)
        # A seed in the form of a text is hashed whole, so that neighbours have nothing in common.
        chance = Random(f"{self.seed} {self.epoch} {i}")
        return Item(self._text(example, kind, chance), photo)

    def kind(self, i: int) -> Kind:
        """The kind of text of an item."""
        return self._items[i][1]

    @property
    def photos(self) -> tuple[int, ...]:
        """The place of each item's photo."""
        return tuple(photo for _, _, photo in self._items)

    def _text(self, example: Example, kind: Kind, chance: Random) -> str:
        if kind == "caption":
            return caption_text(example.captions, self.augmentation, chance)
        if kind == "dialogue":
            assert example.conversation is not None
            return dialogue_text(example.conversation, self.augmentation, chance)
        assert example.descriptors is not None
        return descriptors_text(example.descriptors, self.augmentation, chance)
