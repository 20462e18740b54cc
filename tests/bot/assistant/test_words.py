"""What the assistant says: dates, places, subjects, small talk."""

from datetime import date
from itertools import pairwise

import pytest

from bot.assistant import facts
from bot.assistant.sentences import say, subject, two_parts
from bot.assistant.session import Session
from bot.assistant.small_talk import chat, tone_of
from retrieval.search.filters import DateRange, Filter, Place


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ((2020, 1, 1), (2020, 12, 31), "2020"),
        ((2019, 1, 1), (2021, 12, 31), "2019 to 2021"),
        ((2022, 7, 1), (2022, 7, 31), "July 2022"),
        ((2024, 6, 1), (2024, 8, 31), "summer 2024"),
        ((2023, 12, 1), (2024, 2, 29), "winter 2023/24"),
        ((2023, 12, 24), (2023, 12, 24), "24 December 2023"),
        ((2023, 12, 24), (2023, 12, 26), "24 December 2023 to 26 December 2023"),
        (None, (2018, 12, 31), "until 2018"),
        ((2020, 1, 1), None, "since 2020"),
        (None, None, ""),
    ],
)
def test_ranges_are_named_as_people_do(
    first: tuple[int, int, int] | None, last: tuple[int, int, int] | None, words: str
) -> None:
    dates = DateRange(date(*first) if first else None, date(*last) if last else None)
    assert facts.range_words(dates) == words


def test_a_filter_in_words() -> None:
    chosen = Filter(
        dates=(DateRange(date(2024, 6, 1), date(2024, 8, 31)),), places=(Place(country="Japan"),)
    )
    assert facts.filter_words(chosen) == "summer 2024 · Japan"
    assert facts.filter_words(Filter(exclude=frozenset({1}))) == ""


def test_spans_places_and_counts() -> None:
    assert facts.span_words(["2018-01-02", "", "2023-05-06T10:00"]) == "2018 to 2023"
    assert facts.places_words(["Rome", "Oslo", "Rome"]) == "Rome and Oslo"
    assert facts.places_words(list("abcde")) == "a, b and 3 more places"
    assert facts.count_words(1) == "1 photo"
    assert facts.count_words(1173) == "1,173 photos"
    assert facts.day_words("2012-09-17T10:00:00") == "17 September 2012"
    assert facts.day_words("yesterday") == ""


def test_the_persons_words_are_said_back() -> None:
    assert subject("my cat on our sofa") == "your cat on your sofa"
    assert len(subject("a very long thing " * 50)) < 90


def test_no_sentence_comes_twice_in_a_row() -> None:
    talk = Session()
    said = [chat(talk, "we drove home in the rain and sang") for _ in range(40)]
    assert len(set(said)) == 40
    thanks = [say(talk, "thanks") for _ in range(12)]
    assert all(one != two for one, two in pairwise(thanks))


def test_languages_have_their_own_words() -> None:
    talk = Session(language="de")
    assert say(talk, "thanks") == "Gern geschehen."
    assert say(talk, "privacy") == say(Session(), "privacy"), "English where none is"
    assert two_parts(talk, "bad", "story_more"), "a kind that German lacks"


@pytest.mark.parametrize(
    ("message", "tone"),
    [
        ("how are you today?", "how_are_you"),
        ("hi there", "hello"),
        ("ok", "ok"),
        ("grandpa is in hospital again", "bad"),
        ("she said yes, we are engaged", "good"),
        ("the bus took the long way round today", "story"),
        ("🙂", "ok"),
    ],
)
def test_the_tone_of_a_message(message: str, tone: str) -> None:
    assert tone_of(message) == tone
