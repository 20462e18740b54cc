"""A calendar for the words of time: what "summer", "three years ago" or "mid-June" are in days."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from bot.intent import time_words as words
from bot.intent.feasts import AROUND, Feast, feast_of
from retrieval.search.filters import DateRange


@dataclass(frozen=True)
class Unit:
    """What recurs: its days in the occurrence that starts in a year.

    ``days`` raises ValueError for a year without one (29 February). ``spans`` is whether it goes
    over the turn of the year: "winter 2022" may then be meant by either end.
    """

    days: Callable[[int], DateRange]
    spans: bool = False

    def of(self, year: int) -> tuple[DateRange, ...]:
        whole = self.days(year)
        if not self.spans:
            return (whole,)
        return DateRange(date(year, 1, 1), self.days(year - 1).last), whole


@dataclass(frozen=True)
class Meaning:
    """What a rule has read.

    Attributes:
        ranges: days meant, any of them.
        problem: one sentence for the person when they make no sense.
        yearless: whether no year was said, so that the ranges are the latest ones.
        future: whether the time lies ahead.
        every_year: where no year was said, the same days of each year, the latest first.
    """

    ranges: Sequence[DateRange] = ()
    problem: str = ""
    yearless: bool = False
    future: bool = False
    every_year: Sequence[DateRange] = ()


YEARS_BACK = 60
"""How far "every June" goes back."""


class Calendar:
    """Says what words of time mean today, north or south of the equator."""

    def __init__(self, now: date, *, south: bool) -> None:
        self.now = now
        self.south = south

    def years(self, text: str) -> list[int]:
        """The years that a year's words may mean, the latest first."""
        said = text.casefold().strip(" ,")
        if number := re.fullmatch(r"\d{4}", said):
            return [int(number[0])]
        if number := re.fullmatch(r"['’](\d\d)", said):
            short = int(number[1])
            return [2000 + short if 2000 + short <= self.now.year else 1900 + short]
        if "year before" in said or "vorletzt" in said:
            return [self.now.year - 2]
        if ago := re.fullmatch(
            rf"(about |around |roughly |some )?(?:{words.AGO_BEFORE} )?({words.COUNT}) .*", said
        ):
            least, most = words.count_of(ago[2])
            if ago[1]:
                least, most = max(0, least - 1), most + 1
            return [self.now.year - number for number in range(least, most + 1)]
        this = re.search(rf"\b{words.THIS}\b", said) and not re.search(r"\bpast\b", said)
        return [self.now.year - (0 if this else 1)]

    def unit(self, text: str) -> Unit:
        """What a unit's words mean."""
        said = re.sub(r"^the (?:month of )?", "", text.casefold().strip(" ,."))
        if week := re.fullmatch(rf"({words.WEEK_OF}) ({words.MONTH})", said):
            return Unit(week_of(week[1], words.MONTHS[week[2]]))
        if part := re.fullmatch(rf"({words.PART})[- ](?:the )?({words.MONTH})", said):
            return Unit(part_of_month(part[1], words.MONTHS[part[2]]))
        if said in words.MONTHS:
            return Unit(lambda year: month_range(year, words.MONTHS[said]))
        first_only = re.sub(r"^first (?:night|day|evening) of ", "", said)
        if feast := feast_of(re.sub(r"^last (?:night|day|evening) of ", "", first_only)):
            return Unit(lambda year: _around(feast, year, first_only != said))
        if season := re.search(rf"{words.SEASON}$", said):
            return self.season(words.SEASONS[season[0]])
        month = re.search(words.MONTH, said)
        number = re.search(r"\d+", said)
        if month is None or number is None:
            raise ValueError(f"not a unit of time: {text}")
        return Unit(lambda year: day_range(year, words.MONTHS[month[0]], int(number[0])))

    def season(self, number: int) -> Unit:
        if self.south:
            number = (number + 2) % 4

        def days(year: int) -> DateRange:
            first = date(year, 3 * number + 3, 1)
            return DateRange(first, months_later(first, 3) - timedelta(days=1))

        return Unit(days, spans=number == 3)

    def latest(self, unit: Unit, *, ended: bool, number: int = 1) -> tuple[DateRange, ...]:
        """The latest occurrence, or the number-th latest, that has begun (or ended) by now.

        The latest may lie in the current year, and then people differ over what "last" means: the
        one before it counts too.
        """
        found: list[DateRange] = []
        for year in range(self.now.year + 1, self.now.year - number - 12, -1):
            try:
                days = unit.days(year)
            except ValueError:
                continue
            edge = days.last if ended else days.first
            if edge is not None and (edge < self.now if ended else edge <= self.now):
                found.append(days)
            if len(found) > number:
                break
        if len(found) < number:
            raise ValueError("it never was")
        newest = found[0]
        both = newest.first is not None and newest.first.year == self.now.year
        return tuple(found[number - 1 : number + (1 if both else 0)])

    def every(self, unit: Unit) -> tuple[DateRange, ...]:
        """Each occurrence that has begun by now, the latest first."""
        found: list[DateRange] = []
        for year in range(self.now.year, self.now.year - YEARS_BACK, -1):
            with suppress(ValueError):
                days = unit.days(year)
                if days.first is not None and days.first <= self.now:
                    found.append(days)
        return tuple(found)

    def point(self, text: str) -> tuple[DateRange, ...]:
        """The days of a year, a unit with its year, or the latest of a unit without one."""
        if re.fullmatch(words.YEAR, text, re.IGNORECASE):
            return tuple(as_one(year_range(year) for year in self.years(text)))
        if both := re.fullmatch(rf"({words.UNIT}){words.OF}({words.YEAR})", text, re.IGNORECASE):
            unit = self.unit(both[1])
            return tuple(days for year in self.years(both[2]) for days in unit.of(year))
        return self.latest(self.unit(text), ended=False)

    def has_year(self, text: str) -> bool:
        return re.search(rf"(?:^|\W){words.YEAR}$", text, re.IGNORECASE) is not None


def _around(feast: Feast, year: int, first_only: bool) -> DateRange:
    first, last = feast.days(year)
    return DateRange(first - AROUND, (first if first_only else last) + AROUND)


def day_range(year: int, month: int, day: int) -> DateRange:
    return one_day(date(year, month, day))


def one_day(day: date) -> DateRange:
    return DateRange(day, day)


def month_range(year: int, month: int) -> DateRange:
    return month_of(date(year, month, 1))


def month_of(day: date) -> DateRange:
    first = day.replace(day=1)
    return DateRange(first, months_later(first, 1) - timedelta(days=1))


def year_range(year: int) -> DateRange:
    return DateRange(date(year, 1, 1), date(year, 12, 31))


def months_later(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def week_back(now: date, back: int) -> DateRange:
    monday = now - timedelta(days=now.weekday() + 7 * back)
    return DateRange(monday, min(monday + timedelta(days=6), now))


def last_weekend(now: date) -> DateRange:
    """The latest Friday to Sunday that is over."""
    sunday = now - timedelta(days=now.weekday() + 1)
    return DateRange(sunday - timedelta(days=2), sunday)


PARTS_OF_YEAR = {"early": (1, 4), "mid": (5, 9), "late": (9, 12)}
_PARTS_OF_MONTH = {"early": (1, 12), "mid": (9, 21), "late": (19, 31)}


def part_said(said: str) -> str:
    if re.search(r"early|begin|start|anfang|début|principios|inizio", said, re.IGNORECASE):
        return "early"
    late = re.search(r"late|end|fin", said, re.IGNORECASE)
    return "late" if late else "mid"


def part_of_month(said: str, month: int) -> Callable[[int], DateRange]:
    start, end = _PARTS_OF_MONTH[part_said(said)]
    return lambda year: days_of_month(year, month, start, end)


def week_of(said: str, month: int) -> Callable[[int], DateRange]:
    numbers = ("first", "second", "third", "fourth")
    number = next((i for i, word in enumerate(numbers) if word in said), None)
    if number is None:
        return lambda year: days_of_month(year, month, 22, 31)
    return lambda year: days_of_month(year, month, 7 * number + 1, 7 * number + 7)


def days_of_month(year: int, month: int, start: int, end: int) -> DateRange:
    whole = month_range(year, month)
    last = whole.last.day if whole.last else end
    return DateRange(date(year, month, start), date(year, month, min(end, last)))


def as_one(years: Iterable[DateRange]) -> list[DateRange]:
    """Years that follow on each other, the latest first, as one range."""
    listed = sorted(years, key=lambda days: days.first or date.min)
    return [DateRange(listed[0].first, listed[-1].last)]
