"""Messages about the photos that are shown: one seen alone, which is oldest, others of that day."""

import pytest

from bot.intent.plan import Move, TalkState
from tests.bot.intent.conftest import KYOTO, ROME

SHOWN = TalkState(topic="kites", asked=True, shown=5)
ONE = TalkState(topic="kites", asked=True, shown=1)


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("show me the fourth one", (4,)),
        ("could I see number 2 larger?", (2,)),
        ("the first one again please", (1,)),
        ("I really like the third one", (3,)),
        ("just the last one", (-1,)),
        ("zoom in", ()),
        ("bigger please", ()),
        ("open it", ()),
    ],
)
def test_one_is_seen_alone_and_not_handed_over(plan, message: str, numbers) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.aspect, found.numbers) == (Move.ORDINAL, "look", numbers)


def test_nothing_is_seen_where_nothing_is_shown(plan) -> None:
    assert plan("bigger please", TalkState()).aspect == ""


@pytest.mark.parametrize(
    ("message", "aspect"),
    [
        ("which of these is the newest?", "newest"),
        ("what's the oldest one", "oldest"),
        ("show me the earliest of those", "oldest"),
        ("which one would you print?", "which"),
        ("and which is the prettiest", "which"),
        ("what's the difference between the second and the third?", "which"),
        ("the second one, when was it taken?", "when"),
        ("what was the date of that one", "when"),
        ("when were we there?", "when"),
        ("which harbour is this", "where"),
        ("where's this file stored?", "which"),
    ],
)
def test_a_question_is_no_wish_for_other_photos(plan, message: str, aspect: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.aspect) == (Move.QUESTION, aspect)


@pytest.mark.parametrize(
    ("message", "same"),
    [
        ("more from that evening", "day"),
        ("the same place", "place"),
        ("anything else from that trip?", "trip"),
        ("other photos of the same month", "month"),
    ],
)
def test_others_that_have_something_in_common(plan, message: str, same: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.same) == (Move.REFINE, same)


@pytest.mark.parametrize("message", ["that day was long", "what a place", "that trip!"])
def test_talk_of_a_day_or_place_is_no_wish(plan, message: str) -> None:
    assert plan(message, SHOWN).same == ""


@pytest.mark.parametrize(
    ("message", "extreme", "several", "where"),
    [
        ("the last picture from Rome", "newest", False, (ROME,)),
        ("my first photos in kyoto", "oldest", True, (KYOTO,)),
        ("can I see the last 12 photos", "newest", True, ()),
        ("the first photo in 2017", "oldest", False, ()),
    ],
)
def test_the_first_and_last_of_some(plan, message: str, extreme, several, where) -> None:
    found = plan(message)
    assert (found.extreme, found.several) == (extreme, several)
    assert [one.city for one in found.where] == [one.city for one in where]


def test_the_last_of_those_shown_is_one_of_them(plan) -> None:
    assert plan("the last two", SHOWN).extreme == ""
    assert plan("last summer in Rome").extreme == ""
