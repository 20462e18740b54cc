"""When: the times that a message names, as ranges of days in the past.

A grammar of our own over closed sets of words (:mod:`bot.intent.time_words`,
:mod:`bot.intent.feasts`): general date parsers take verbs and counts for dates ("may", "march",
"2019 steps"), read "June" as the next one, and need seconds for a long message.

A *unit* is what recurs each year: a day, a month, a part of one, a season, a holiday. A *year* is a
number or relative ("three years ago"). Rules are tried from the most specific to the least; a piece
of text that one rule has read is closed to the others.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from bot.intent import time_words as words
from bot.intent.calendar_days import Calendar, Meaning
from bot.intent.time_readers import Rule
from bot.intent.time_rules import time_rules
from retrieval.search.filters import DateRange

MAX_CHARS = 4_000
"""Of a message; times beyond it are not looked for."""


@dataclass(frozen=True)
class WhenMention:
    """A time that a text names.

    Attributes:
        start: index of its first character, prepositions included ("back in 2019").
        end: index after its last.
        ranges: days meant, any of them; empty when the time makes no sense.
        problem: one sentence for the person when it makes no sense; else empty.
        yearless: whether no year was said ("in June"), so that the ranges are the latest ones.
        future: whether it lies ahead ("next summer").
        every_year: where no year was said, the same days of each year, the latest first.
    """

    start: int
    end: int
    ranges: tuple[DateRange, ...]
    problem: str = ""
    yearless: bool = False
    future: bool = False
    every_year: tuple[DateRange, ...] = ()


def find_when(text: str, *, now: date, latitude: float | None = None) -> list[WhenMention]:
    """The times that a text names, in its order. Never raises for what a person writes.

    Args:
        text: a message.
        now: today.
        latitude: of the person's home or of the place that the message names; in the south,
            summer is December to February.

    Example::

        find_when("us in Rome two summers ago", now=date(2026, 6, 10))
        # [WhenMention(11, 26, (DateRange(date(2024, 6, 1), date(2024, 8, 31)),))]
    """
    known = (mention for mention in read_times(text, now=now, latitude=latitude))
    return [mention for mention in known if mention.ranges or mention.problem]


def read_times(text: str, *, now: date, latitude: float | None = None) -> list[WhenMention]:
    """:func:`find_when`, times ahead ("next summer") among them: those have no ranges."""
    calendar = Calendar(now, south=latitude is not None and latitude < 0)
    found: list[WhenMention] = []
    for pattern, rule in time_rules():
        for match in pattern.finditer(text[:MAX_CHARS]):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            meaning = _meaning(rule, calendar, match)
            if meaning is not None:
                found.append(
                    WhenMention(
                        *match.span(),
                        tuple(meaning.ranges),
                        meaning.problem,
                        meaning.yearless,
                        meaning.future,
                        tuple(meaning.every_year),
                    )
                )
    return sorted(found, key=lambda mention: mention.start)


def time_alone(text: str, *, now: date, latitude: float | None = None) -> list[WhenMention]:
    """The time that a text without a year is all about: "halloween", "in winter", "december".

    Inside longer texts such words may name what is to be seen: "a christmas tree".
    """
    match = _TIME_ALONE.fullmatch(text.strip(" .?!,"))
    if match is None:
        return []
    start = text.index(match[0])
    return [
        replace(mention, start=start, end=start + len(match[0]))
        for mention in find_when(f"from the {match['unit']}", now=now, latitude=latitude)
        + find_when(f"from {match['unit']}", now=now, latitude=latitude)
        if mention.every_year
    ][:1]


_TIME_ALONE = re.compile(
    rf"(?:(?:taken|just|only|back) )?(?:(?:in|from|at|on|over|during|around|of|im|zu|an|en|au|"
    rf"nel) )?(?:the )?(?!(?:mar|estate|lente)\b)(?P<unit>{words.SEASON}|{words.MONTH}|"
    rf"{words.FEAST})(?: ?time)?",
    re.IGNORECASE,
)


def _meaning(rule: Rule, calendar: Calendar, match: re.Match[str]) -> Meaning | None:
    try:
        found = rule(calendar, match)
    except (ValueError, OverflowError):
        said = re.sub(rf"^{words.PREPOSITION}(?:the )?", "", match[0].strip(" ,"), flags=re.I)
        return Meaning(problem=f"{said} is no date.")
    return found if found is None or isinstance(found, Meaning) else Meaning(found)
