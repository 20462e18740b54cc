"""The items of an epoch."""

import pickle
import random
from pathlib import Path

import pytest
from torch.utils.data import DataLoader

from bot.conversation import Conversation, Turn
from bot.descriptors import Descriptors
from training.datasets.augment import Augmentation
from training.datasets.example import Example
from training.datasets.text_photo import TextPhotoDataset

TALK = Conversation(tuple(Turn("0", f"boat {n}") for n in range(8)), "0")
FIELDS = Descriptors(main_subject="boat", events="sailing", background_scene="lake")
A, B = Path("a.png"), Path("b.png")
EXAMPLES = [
    Example("a.png", A, ("one", "two", "three"), TALK, FIELDS),
    Example("b.png", B, ("four",)),
    Example("a.png", A, (), None, FIELDS),
]


def items(seed: int = 0, augmentation: Augmentation | None = None) -> TextPhotoDataset:
    return TextPhotoDataset(EXAMPLES, {A: 7, B: 3}, augmentation or Augmentation(), seed)


def texts(drawn: TextPhotoDataset) -> list[str]:
    return [drawn[i].text for i in range(len(drawn))]


def test_one_for_each_kind_of_text_of_each_example() -> None:
    found = items()
    assert len(found) == 5
    assert [found.kind(i) for i in range(5)] == [
        "caption",
        "dialogue",
        "descriptors",
        "caption",
        "descriptors",
    ]
    assert found.photos == (7, 7, 7, 3, 7)
    assert [found[i].photo for i in range(5)] == [7, 7, 7, 3, 7]


def test_without_augmentation_an_epoch_is_like_the_other() -> None:
    found = items(augmentation=Augmentation.none())
    expected = [
        "one",
        " ".join(f"boat {n}" for n in range(8)),
        "boat, lake, sailing",
        "four",
        "boat, lake, sailing",
    ]
    assert texts(found) == expected
    found.set_epoch(5)
    assert texts(found) == expected


def test_other_texts_in_other_epochs_and_with_other_seeds() -> None:
    found = items()
    seen = set()
    for epoch in range(30):
        found.set_epoch(epoch)
        seen.add(tuple(texts(found)))
    assert len(seen) > 25
    assert any(texts(items(seed)) != texts(items()) for seed in range(1, 4))


def test_an_item_depends_on_seed_epoch_and_place_alone() -> None:
    found = items()
    found.set_epoch(3)
    inorder = [found[i] for i in range(5)]
    random.seed(1)
    fresh = items()
    for epoch in range(3):
        fresh.set_epoch(epoch)
        fresh[2]
    fresh.set_epoch(3)
    assert [fresh[i] for i in (4, 2, 0, 3, 1)] == [inorder[i] for i in (4, 2, 0, 3, 1)]
    assert pickle.loads(pickle.dumps(found))[1] == inorder[1]
    assert found[-1] == inorder[-1]


def test_known_draws_do_not_change_with_the_version_of_python() -> None:
    # A checkpoint may be resumed years later: what seed 0 draws is written down.
    found = items()
    found.set_epoch(1)
    assert texts(found) == [
        "two",
        "boat 2 boat 3 boat 4 boat 5 boat 6 boat 7",
        "sailing, lake, boat",
        "four",
        "boat, lake",
    ]


def test_there_is_nothing_behind_the_end() -> None:
    with pytest.raises(IndexError):
        items()[5]


def test_a_data_loader_takes_them() -> None:
    loader = DataLoader(items(), batch_size=2, collate_fn=list)
    assert [len(batch) for batch in loader] == [2, 2, 1]


def test_a_photo_without_a_place_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        TextPhotoDataset(EXAMPLES, {A: 0}, Augmentation(), 0)
