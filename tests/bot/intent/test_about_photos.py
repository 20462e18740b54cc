"""What is said of photos without looking for any by what they show."""

from datetime import date

import pytest

from bot.intent.plan import Move, TalkState
from retrieval.search.filters import DateRange

ASKED = TalkState(shown=6, topic="boats on a lake", asked=True)


@pytest.mark.parametrize(
    ("message", "extreme", "content"),
    [
        ("show the oldest one", "oldest", ""),
        ("my newest picture", "newest", ""),
        ("the first photo ever taken", "oldest", ""),
        ("what's the oldest picture I own", "oldest", ""),
        ("show me my oldest photo of a tractor", "oldest", "a tractor"),
        ("my oldest son called me", "", ""),
    ],
)
def test_the_oldest_and_the_newest(plan, message: str, extreme: str, content: str) -> None:
    found = plan(message)
    assert (found.extreme, found.content) == (extreme, content)


@pytest.mark.parametrize(
    "message", ["show me everything from Rome", "anything at all from Rome", "all photos from Rome"]
)
def test_everything_is_no_content(plan, message: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, "")
    assert {place.city for place in found.where} == {"Rome"}


@pytest.mark.parametrize(
    ("message", "aspect", "numbers"),
    [
        ("who is in the second photo?", "who", (2,)),
        ("when was the third one taken?", "when", (3,)),
        ("where was that?", "where", ()),
        ("was that in Rome?", "where", ()),
        ("what's the file called?", "which", ()),
        ("delete the third one", "change", ()),
        ("could you rotate it", "change", ()),
        ("hide it", "change", ()),
        ("delete all my photos", "change", ()),
    ],
)
def test_questions_about_a_shown_photo(plan, message: str, aspect: str, numbers) -> None:
    found = plan(message, ASKED)
    assert (found.aspect, found.numbers) == (aspect, numbers)
    assert not found.move.wants_photo


@pytest.mark.parametrize("message", ["what's in my library?", "what do you have?", "which years?"])
def test_questions_about_the_library(plan, message: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.QUESTION, "")


@pytest.mark.parametrize("message", ["something else", "anything different", "something different"])
def test_something_else_is_another(plan, message: str) -> None:
    assert plan(message, ASKED).move is Move.ANOTHER


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("halloween", date(2025, 10, 28)),
        ("anything from christmas?", date(2025, 12, 22)),
        ("pictures taken in winter", date(2025, 12, 1)),
        ("toddlers in december", date(2025, 12, 1)),
    ],
)
def test_a_time_without_a_year_is_the_latest_and_knows_the_others(plan, message, first) -> None:
    found = plan(message)
    assert found.when[0].first == first
    assert found.every_year[1].first == first.replace(year=first.year - 1)


def test_a_year_that_was_said_is_meant(plan) -> None:
    found = plan("toddlers in december 2019")
    assert found.when == (DateRange(date(2019, 12, 1), date(2019, 12, 31)),)
    assert not found.every_year


@pytest.mark.parametrize(
    "message",
    ["you're useless", "this thing doesn't work", "forget it", "no", "what a useless app"],
)
def test_displeasure_asks_for_nothing(plan, message: str) -> None:
    assert plan(message).move is Move.SMALL_TALK


def test_both_means_two_photos_only(plan) -> None:
    assert plan("both", TalkState(shown=2, topic="boats", asked=True)).numbers == (1, 2)
    assert plan("both", ASKED).move is Move.SMALL_TALK


@pytest.mark.parametrize(
    "message",
    [
        "surprise me",
        "a random picture please",
        "show me everything you've got",
        "can you show me any photo",
        "pick one for me",
        "show me something nice",
        "random photos from Rome",
        "I'm feeling lucky",
    ],
)
def test_any_photo_will_do(plan, message: str) -> None:
    found = plan(message)
    assert (found.move, found.any_photo, found.content) == (Move.REQUEST, True, "")
    assert bool(found.where) == ("Rome" in message)


@pytest.mark.parametrize(
    "message",
    ["that's so random", "what a surprise party", "everything is fine", "any dogs?", "whatever"],
)
def test_other_messages_with_these_words(plan, message: str) -> None:
    assert not plan(message).any_photo


def test_all_of_those_that_are_shown_are_more_of_them(plan) -> None:
    assert plan("show me all of them", ASKED).move is Move.MORE
