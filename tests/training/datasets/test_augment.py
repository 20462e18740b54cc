"""What is varied, how often, and that it can be turned off."""

from collections import Counter
from random import Random

import pytest

from bot.conversation import Conversation, Turn
from bot.descriptors import Descriptors
from training.datasets.augment import Augmentation, caption_text, descriptors_text, dialogue_text

FIELDS = Descriptors(
    main_subject="dog",
    foreground_objects="ball",
    background_scene="beach",
    events="running",
    materials_and_attributes="brown",
)
TALK = Conversation(
    tuple(Turn("me" if n % 2 else "you", f"the boat number {n}") for n in range(10)), "me"
)
NONE = Augmentation.none()
ALL = Augmentation()
DRAWS = 4000


def shares(texts: list[str]) -> dict[str, float]:
    return {text: count / len(texts) for text, count in Counter(texts).items()}


def test_without_augmentation_the_first_caption_the_whole_dialogue_all_fields() -> None:
    chance = Random(0)
    assert caption_text(("a", "b"), NONE, chance) == "a"
    assert descriptors_text(FIELDS, NONE, chance) == "dog, ball, beach, running, brown"
    whole = " ".join(turn.text for turn in TALK.turns)
    assert {dialogue_text(TALK, NONE, chance) for _ in range(9)} == {whole}


def test_any_caption() -> None:
    chance = Random(0)
    drawn = shares([caption_text(("a", "b"), ALL, chance) for _ in range(DRAWS)])
    assert drawn == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.03)


def test_fields_come_as_the_first_three_alone_or_as_a_subset() -> None:
    chance = Random(0)
    drawn = shares([descriptors_text(FIELDS, ALL, chance) for _ in range(DRAWS)])
    # A subset of exactly these three, in this order, is rare.
    assert drawn["dog, ball, beach"] == pytest.approx(0.35, abs=0.03)
    alone = sum(share for text, share in drawn.items() if "," not in text)
    assert alone == pytest.approx(0.40 + 0.25 * 5 * 0.7 * 0.3**4, abs=0.03)
    assert sum(text.startswith("beach, ") for text in drawn) > 5
    assert all(text for text in drawn)


def test_a_subset_keeps_its_order_unless_it_is_varied() -> None:
    chance = Random(0)
    ordered = Augmentation(field_order=False)
    order = ["dog", "ball", "beach", "running", "brown"]
    for _ in range(200):
        places = [
            order.index(word) for word in descriptors_text(FIELDS, ordered, chance).split(", ")
        ]
        assert places == sorted(places)
    shuffled = Augmentation(field_dropout=0.0)
    texts = {descriptors_text(FIELDS, shuffled, chance) for _ in range(50)}
    assert len(texts) > 10 and all(len(text.split(", ")) == 5 for text in texts)


def test_empty_fields_are_never_drawn() -> None:
    chance = Random(0)
    lone = Descriptors(events="running")
    assert {descriptors_text(lone, ALL, chance) for _ in range(100)} == {"running"}
    two = Descriptors(main_subject="dog", materials_and_attributes="brown")
    texts = {descriptors_text(two, ALL, chance) for _ in range(200)}
    assert texts == {"dog", "brown", "dog, brown", "brown, dog"}
    assert descriptors_text(two, NONE, chance) == "dog, brown"


def test_windows_of_a_dialogue_in_their_shares() -> None:
    chance = Random(0)
    texts = [dialogue_text(TALK, ALL, chance) for _ in range(DRAWS)]
    said = [turn.text for turn in TALK.turns]
    own = said[1::2]
    drawn = shares(texts)
    assert drawn[" ".join(said)] == pytest.approx(0.25, abs=0.03)
    assert drawn[" ".join(own)] == pytest.approx(0.20, abs=0.03)
    alone = sum(share for text, share in drawn.items() if text in said)
    assert alone == pytest.approx(0.10, abs=0.02)
    for count, share in {7: 0.05, 6: 0.05, 5: 0.10, 4: 0.05, 3: 0.05}.items():
        assert drawn[" ".join(said[-count:])] == pytest.approx(share, abs=0.02)
    for count in (2, 3, 4):
        assert drawn[" ".join(own[-count:])] == pytest.approx(0.05, abs=0.02)
    assert len(drawn) == 1 + 1 + 10 + 5 + 3


def test_a_turn_alone_says_something() -> None:
    chatter = Conversation(
        (Turn("me", "lol"), Turn("you", "a rusty bicycle"), Turn("me", "")), "me"
    )
    chance = Random(0)
    texts = shares([dialogue_text(chatter, ALL, chance) for _ in range(DRAWS)])
    assert set(texts) == {"lol a rusty bicycle", "lol", "a rusty bicycle"}
    # "lol" is all that the owner says, but never the turn that is drawn alone.
    assert texts["lol"] == pytest.approx(0.35, abs=0.03)


def test_a_dialogue_in_which_the_owner_says_nothing() -> None:
    silent = Conversation((Turn("you", "a boat"), Turn("you", "  a\n lake ")), "me")
    chance = Random(0)
    texts = {dialogue_text(silent, ALL, chance) for _ in range(200)}
    assert texts == {"a boat a lake", "a boat", "a lake"}
