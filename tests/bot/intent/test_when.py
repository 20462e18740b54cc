"""What sentences say of time, as a person who knows the calendar would read them."""

from datetime import date

import pytest

from bot.intent.when import find_when, read_times
from retrieval.search.filters import DateRange

NOW = date(2026, 6, 10)  # a Wednesday


def said(text: str, *, now: date = NOW, latitude: float | None = None) -> list[str]:
    """The ranges found, as "first/last"; an open end is empty."""
    return [
        f"{days.first or ''}/{days.last or ''}"
        for mention in find_when(text, now=now, latitude=latitude)
        for days in mention.ranges
    ]


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        # Years.
        ("2019", "2019-01-01/2019-12-31"),
        ("the cake, way back in 2014", "2014-01-01/2014-12-31"),
        ("everything from 2021 please", "2021-01-01/2021-12-31"),
        ("2022, at the lake", "2022-01-01/2022-12-31"),
        ("us at the lake in '18", "2018-01-01/2018-12-31"),
        ("that was 2020, right?", "2020-01-01/2020-12-31"),
        ("last year", "2025-01-01/2025-12-31"),
        ("this year's tulips", "2026-01-01/2026-12-31"),
        ("the year before last", "2024-01-01/2024-12-31"),
        ("three years ago", "2023-01-01/2023-12-31"),
        ("a decade of cats, 10 years ago", "2016-01-01/2016-12-31"),
        ("a couple of years back", "2023-01-01/2024-12-31"),
        ("about four years ago", "2021-01-01/2023-12-31"),
        ("a few years ago", "2020-01-01/2024-12-31"),
        ("the 2010s", "2010-01-01/2019-12-31"),
        ("in the nineties", "1990-01-01/1999-12-31"),
        ("in 1850", "1850-01-01/1850-12-31"),
        # Months.
        ("March 2023", "2023-03-01/2023-03-31"),
        ("in march of 2023", "2023-03-01/2023-03-31"),
        ("Feb 2020", "2020-02-01/2020-02-29"),
        ("the snow in january '21", "2021-01-01/2021-01-31"),
        ("in August", "2025-08-01/2025-08-31"),
        ("last october", "2025-10-01/2025-10-31"),
        ("july three years ago", "2023-07-01/2023-07-31"),
        ("last year, in November", "2025-11-01/2025-11-30"),
        ("two Septembers ago", "2024-09-01/2024-09-30"),
        ("05/2021", "2021-05-01/2021-05-31"),
        ("early May 2022", "2022-05-01/2022-05-12"),
        ("mid-July 2019", "2019-07-09/2019-07-21"),
        ("at the end of April 2021", "2021-04-19/2021-04-30"),
        ("the first week of March 2020", "2020-03-01/2020-03-07"),
        # Seasons.
        ("summer 2022", "2022-06-01/2022-08-31"),
        ("the spring of 2021", "2021-03-01/2021-05-31"),
        ("fall 2018", "2018-09-01/2018-11-30"),
        ("autumn of last year", "2025-09-01/2025-11-30"),
        ("last summer", "2025-06-01/2025-08-31"),
        ("last summer's barbecue", "2025-06-01/2025-08-31"),
        ("this past winter", "2025-12-01/2026-02-28"),
        ("two summers ago", "2024-06-01/2024-08-31"),
        ("four winters ago", "2022-12-01/2023-02-28"),
        ("three falls ago", "2023-09-01/2023-11-30"),
        ("six years ago, in the autumn", "2020-09-01/2020-11-30"),
        ("winter 2021/22", "2021-12-01/2022-02-28"),
        ("this summer", "2026-06-01/2026-08-31"),
        # Holidays.
        ("Christmas 2023", "2023-12-22/2023-12-28"),
        ("xmas eve 2019", "2019-12-22/2019-12-28"),
        ("last Christmas", "2025-12-22/2025-12-28"),
        ("two Christmases ago", "2024-12-22/2024-12-28"),
        ("on new year's eve 2022", "2022-12-28/2023-01-03"),
        ("Easter 2021", "2021-04-01/2021-04-08"),
        ("Thanksgiving 2020", "2020-11-23/2020-11-29"),
        ("Halloween last year", "2025-10-28/2025-11-03"),
        ("Valentine's day 2024", "2024-02-11/2024-02-17"),
        ("around Mother's Day 2023", "2023-05-11/2023-05-17"),
        ("Diwali 2022", "2022-10-21/2022-10-27"),
        ("lunar new year 2024", "2024-02-07/2024-02-14"),
        ("the first night of Hanukkah 2022", "2022-12-15/2022-12-21"),
        ("fourth of July 2021", "2021-07-01/2021-07-07"),
        # Days.
        ("the 3rd of May 2021", "2021-05-03/2021-05-03"),
        ("May 3, 2021", "2021-05-03/2021-05-03"),
        ("14 July 2022", "2022-07-14/2022-07-14"),
        ("2021-05-03", "2021-05-03/2021-05-03"),
        ("25/12/2021", "2021-12-25/2021-12-25"),
        ("3.5.2021", "2021-05-03/2021-05-03"),
        ("on February 29 2024", "2024-02-29/2024-02-29"),
        ("yesterday", "2026-06-09/2026-06-09"),
        ("the day before yesterday", "2026-06-08/2026-06-08"),
        ("last night", "2026-06-09/2026-06-10"),
        ("on Saturday", "2026-06-06/2026-06-06"),
        ("last tuesday", "2026-06-09/2026-06-09"),
        # Near ones.
        ("last week", "2026-06-01/2026-06-07"),
        ("from last weekend", "2026-06-05/2026-06-07"),
        ("last month", "2026-05-01/2026-05-31"),
        ("two months ago", "2026-03-20/2026-05-01"),
        ("a few months ago", "2025-11-09/2026-05-11"),
        ("three weeks ago", "2026-05-15/2026-05-25"),
        ("in the last two months", "2026-04-10/2026-06-10"),
        # Ranges.
        ("between 2019 and 2021", "2019-01-01/2021-12-31"),
        ("from 2017 to 2018", "2017-01-01/2018-12-31"),
        ("2017-2019", "2017-01-01/2019-12-31"),
        ("from May to July 2022", "2022-05-01/2022-07-31"),
        ("between November and February 2023", "2022-11-01/2023-02-28"),
        ("between summer 2019 and spring 2020", "2019-06-01/2020-05-31"),
        ("since 2020", "2020-01-01/"),
        ("before 2018", "/2017-12-31"),
        ("after 2022", "2023-01-01/"),
        ("until 2018", "/2018-12-31"),
        ("early 2021", "2021-01-01/2021-04-30"),
        ("late last year", "2025-09-01/2025-12-31"),
    ],
)
def test_times_of_the_past(text: str, ranges: str) -> None:
    assert said(text) == [ranges]


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        # This year's or last year's: people differ.
        ("last March", ["2026-03-01/2026-03-31", "2025-03-01/2025-03-31"]),
        ("in June", ["2026-06-01/2026-06-30", "2025-06-01/2025-06-30"]),
        ("last spring", ["2026-03-01/2026-05-31", "2025-03-01/2025-05-31"]),
        ("two springs ago", ["2025-03-01/2025-05-31", "2024-03-01/2024-05-31"]),
        # A winter has two years.
        ("winter 2023", ["2023-01-01/2023-02-28", "2023-12-01/2024-02-29"]),
        # The 3rd of May, or the 5th of March.
        ("03/05/2021", ["2021-05-03/2021-05-03", "2021-03-05/2021-03-05"]),
    ],
)
def test_both_readings_of_what_is_ambiguous(text: str, ranges: list[str]) -> None:
    assert said(text) == ranges


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("Fotos vom letzten Sommer", "2025-06-01/2025-08-31"),
        ("im März 2020", "2020-03-01/2020-03-31"),
        ("vor zwei Jahren", "2024-01-01/2024-12-31"),
        ("letztes Jahr", "2025-01-01/2025-12-31"),
        ("Weihnachten 2021", "2021-12-22/2021-12-28"),
        ("l'été dernier", "2025-06-01/2025-08-31"),
        ("l'année dernière", "2025-01-01/2025-12-31"),
        ("il y a trois ans", "2023-01-01/2023-12-31"),
        ("en août 2021", "2021-08-01/2021-08-31"),
        ("el verano pasado", "2025-06-01/2025-08-31"),
        ("hace dos años", "2024-01-01/2024-12-31"),
        ("en julio de 2019", "2019-07-01/2019-07-31"),
        ("l'estate scorsa", "2025-06-01/2025-08-31"),
        ("due anni fa", "2024-01-01/2024-12-31"),
        ("no verão passado", "2025-06-01/2025-08-31"),
        ("há três anos", "2023-01-01/2023-12-31"),
        ("vorige zomer", "2025-06-01/2025-08-31"),
        ("twee jaar geleden", "2024-01-01/2024-12-31"),
        ("2019年5月的照片", "2019-05-01/2019-05-31"),
        ("去年夏天", "2025-06-01/2025-08-31"),
        ("三年前的猫", "2023-01-01/2023-12-31"),
        ("2020年", "2020-01-01/2020-12-31"),
    ],
)
def test_other_languages(text: str, ranges: str) -> None:
    assert said(text) == [ranges]


@pytest.mark.parametrize(
    "text",
    [
        "when we were in Spain",
        "once upon a time, one day, back then, those days",
        "you may keep it, may I?",
        "they march through the mud",
        "leaves fall and children fall over",
        "spring water, a spring in the mattress",
        "wait a second",
        "our sunday roast",
        "May and April are my cousins",
        "2019 steps before breakfast",
        "I walked 2015 miles",
        "it cost $2019",
        "room 2019",
        "the christmas tree and the easter bunny",
        "a halloween costume",
        "she is in her 20s",
        "next summer",
        "we fly in two weeks",
        "tomorrow",
        "winter coat, summer dress",
        "3 dogs and 12 ducks",
        "call me at 2030 12345",
        "",
        "🎂🎂🎂",
    ],
)
def test_words_and_counts_that_are_no_times(text: str) -> None:
    assert find_when(text, now=NOW) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("on 31 February", "31 February is no date."),
        ("on February 29 2023", "February 29 2023 is no date."),
        ("45/13/2021", "45/13/2021 is no date."),
        ("photos from 2031", "2031 lies ahead."),
    ],
)
def test_a_time_that_makes_no_sense_is_said(text: str, problem: str) -> None:
    assert [mention.problem for mention in find_when(text, now=NOW)] == [problem]


def test_an_unfinished_range_is_open_and_said() -> None:
    (mention,) = find_when("between 2019 and", now=NOW)
    assert mention.ranges == (DateRange(first=date(2019, 1, 1)),)
    assert "2019" in mention.problem


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("dogs at the beach from 2020, please", "dogs at the beach , please"),
        ("the cat back in 2019", "the cat "),
        ("us on the boat two summers ago", "us on the boat "),
        ("on the 3rd of May 2021 at the zoo", " at the zoo"),
        ("in the summer of 2018 we swam", " we swam"),
        ("the crowd during Easter 2021", "the crowd "),
    ],
)
def test_a_mention_takes_its_preposition_along(text: str, rest: str) -> None:
    (mention,) = find_when(text, now=NOW)
    assert text[: mention.start] + text[mention.end :] == rest


def test_seasons_of_the_south() -> None:
    assert said("summer 2022", latitude=-33.9) == [
        "2022-01-01/2022-02-28",
        "2022-12-01/2023-02-28",
    ]
    assert said("last winter", latitude=-33.9) == ["2025-06-01/2025-08-31"]


def test_a_future_reading_never_wins() -> None:
    assert said("in December", now=date(2026, 1, 5)) == ["2025-12-01/2025-12-31"]
    assert said("this Christmas") == []
    assert said("last summer", now=date(2027, 1, 5)) == ["2026-06-01/2026-08-31"]


def test_times_ahead_are_known_as_such() -> None:
    assert [mention.future for mention in read_times("see you next spring", now=NOW)] == [True]


def test_several_times_come_in_order() -> None:
    text = "not 2019, the one from Christmas 2021"
    assert [text[m.start : m.end] for m in find_when(text, now=NOW)] == [
        "2019",
        "from Christmas 2021",
    ]


@pytest.mark.parametrize(
    "text", ["in " * 40_000, "2019 " * 20_000, "9" * 100_000, "\ud83d may 2021"]
)
def test_odd_input_does_no_harm(text: str) -> None:
    assert isinstance(find_when(text, now=NOW), list)
