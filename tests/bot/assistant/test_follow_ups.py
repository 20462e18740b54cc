"""From a plan and the session to what is looked for."""

from collections.abc import Sequence
from datetime import date

import pytest

from bot.assistant.follow_ups import (
    before_or_after,
    next_topic,
    refers_back,
    replaced,
)
from bot.assistant.session import Session, Topic
from bot.intent.plan import Move, Plan
from retrieval.search.filters import DateRange, Place

KINDS = (
    {"boys", "girls", "kids", "men"},
    {"black", "brown", "red", "white"},
    {"dog", "cat", "dogs", "dogs on the beach"},
    {"car", "bike"},
)
TOKYO, LISBON = Place(city="Tokyo", country="Japan"), Place(city="Lisbon", country="Portugal")
YEAR = DateRange(date(2020, 1, 1), date(2020, 12, 31))


def alike(text: str, others: Sequence[str]) -> list[float]:
    """One where both are of a kind, else nought."""
    return [float(any({text, other} <= kind for kind in KINDS)) for other in others]


def session(*topics: Topic) -> Session:
    return Session(topics=list(topics))


def after(plan: Plan, talk: Session) -> Topic:
    return next_topic(plan, talk, alike)


def test_a_new_request_forgets_the_last_one() -> None:
    talk = session(Topic(content="dogs", when=(YEAR,), galleries=[[1, 2]]))
    topic = after(Plan(Move.REQUEST, content="a castle"), talk)
    assert (topic.words, topic.when, topic.shown) == ("a castle", (), frozenset())


def test_refining_adds_words_and_replaces_time_and_place() -> None:
    talk = session(Topic(content="street photos", where=(TOKYO,), galleries=[[1]], similar=[9]))
    topic = after(Plan(Move.REFINE, content="at night", where=(LISBON,)), talk)
    assert topic.words == "street photos, at night"
    assert topic.where == (LISBON,)
    assert topic.shown == {1, 9}
    assert talk.topics[0].details == (), "the earlier topic stays as it was"


def test_excluding_adds_up() -> None:
    talk = session(Topic(content="boats", exclude=("kayaks",)))
    assert after(Plan(Move.EXCLUDE, exclude="fishing"), talk).exclude == ("kayaks", "fishing")


def test_instead_drops_the_topic_unless_only_a_place_is_named() -> None:
    talk = session(Topic(content="climbing", where=(TOKYO,)))
    assert after(Plan(Move.INSTEAD, content="music"), talk).where == ()
    moved = after(Plan(Move.INSTEAD, where=(LISBON,)), talk)
    assert (moved.content, moved.where) == ("climbing", (LISBON,))


def test_back_goes_to_the_topic_that_is_named() -> None:
    dogs, tennis = Topic(content="dogs on the beach"), Topic(content="tennis")
    castle = Topic(content="a castle")
    talk = session(dogs, tennis, castle)
    assert after(Plan(Move.BACK, content="dogs"), talk) is dogs
    assert after(Plan(Move.BACK), talk) is tennis
    assert after(Plan(Move.BACK, numbers=(1,)), talk) is dogs
    placed = session(Topic(where=(TOKYO,)), Topic(where=(LISBON,)))
    assert after(Plan(Move.BACK, where=(TOKYO,)), placed) is placed.topics[0]


def test_back_at_the_start_is_no_trouble() -> None:
    assert after(Plan(Move.BACK), Session()).words == ""
    only = Topic(content="dogs")
    assert after(Plan(Move.BACK), session(only)).words == "dogs"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("girls on a swing", "boys", "boys on a swing"),
        ("black dog in the water", "the brown one", "brown dog in the water"),
        ("the car", "the race car", "the race car"),
        ("red dog", "white ones", "white dog"),
        ("a dog", "one with a stick in its mouth", "a dog, with a stick in its mouth"),
        ("a dog", "a lighthouse", None),
    ],
)
def test_a_correction_replaces_the_word_of_its_kind(
    old: str, new: str, expected: str | None
) -> None:
    assert replaced(old, new, alike) == expected


def test_a_correction_to_something_else_keeps_time_and_place() -> None:
    talk = session(Topic(content="a dog", where=(TOKYO,)))
    topic = after(Plan(Move.CORRECT, content="a lighthouse"), talk)
    assert (topic.words, topic.where) == ("a lighthouse", (TOKYO,))


def test_older_and_newer_than_all_that_was_shown() -> None:
    days = ["2020-05-03T10:00:00", "", "2019-01-02"]
    assert before_or_after(Move.OLDER, days) == DateRange(None, date(2019, 1, 1))
    assert before_or_after(Move.NEWER, days) == DateRange(date(2020, 5, 4), None)
    assert before_or_after(Move.NEWER, ["", ""]) is None


def test_words_that_mean_what_was_named_before() -> None:
    assert refers_back("the one where he sleeps")
    assert not refers_back("a wooden bridge")
