"""Favourites in what a person says: the marked photos, and nothing else that is a favourite."""

from datetime import date

import pytest

from bot.intent.favourites import split_favourites
from bot.intent.plan import Move, TalkState
from bot.intent.understanding import Understanding
from bot.intent.where import KnownPlaces
from retrieval.filters import Place

PLACES = KnownPlaces({Place("Chicago", "Illinois", "United States"): 5}, set())
FRESH, BEGUN = TalkState(), TalkState(shown=3, topic="dog", asked=True)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("my favourites", "photos"),
        ("favorites from Chicago", "photos from Chicago"),
        ("show me my favourite photos of the dog", "show me photos of the dog"),
        ("the ones I've hearted", "photos"),
        ("how many favourites do I have?", "how many photos do I have?"),
        ("zeig mir meine Lieblingsfotos", "zeig mir Fotos"),
        ("我的收藏", "照片"),
    ],
)
def test_favourites_are_the_marked_photos(text: str, rest: str) -> None:
    marked = split_favourites(text)
    assert marked.wanted
    assert marked.text == rest


@pytest.mark.parametrize(
    "text",
    [
        "my favourite mug",
        "that's my favourite photo",
        "this is one of my favourites",
        "pizza is my favourite food",
        "add it to my favourites",
        "we went to my favourite restaurant",
        "show me the dog",
    ],
)
def test_other_favourites_are_none_of_them(text: str) -> None:
    marked = split_favourites(text)
    assert not marked.wanted
    assert marked.text == text


@pytest.mark.parametrize(
    ("text", "state", "move", "content"),
    [
        ("my favourites", FRESH, Move.REQUEST, ""),
        ("my favourites", BEGUN, Move.REQUEST, ""),
        ("only favourites", FRESH, Move.REQUEST, ""),
        ("only favourites", BEGUN, Move.REFINE, ""),
        ("which of these are my favourites?", BEGUN, Move.REFINE, ""),
        ("nur Favoriten", BEGUN, Move.REFINE, ""),
        ("只看收藏", BEGUN, Move.REFINE, ""),
        ("my favourites with snow", FRESH, Move.REQUEST, "snow"),
        ("how many favourites do I have?", FRESH, Move.QUESTION, ""),
    ],
)
def test_what_is_wanted_of_them(
    understanding: Understanding, text: str, state: TalkState, move: Move, content: str
) -> None:
    plan = understanding.plan(text, state, now=date(2026, 6, 1), places=PLACES)
    assert plan.favourite
    assert (plan.move, plan.content) == (move, content)


def test_from_a_place(understanding: Understanding) -> None:
    plan = understanding.plan("favourites from Chicago", FRESH, now=date(2026, 6, 1), places=PLACES)
    assert plan.favourite
    assert [place.city for place in plan.where] == ["Chicago"]
