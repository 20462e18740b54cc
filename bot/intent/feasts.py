"""Holidays that people name when they speak of a time: which days they fall on in a year.

Fixed ones and those counted from Easter or from a weekday are computed; those of other calendars
come from the package ``holidays``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays
from dateutil.easter import easter

AROUND = timedelta(days=3)
"""Days before and after: the tree is lit, and the party is held, when it suits."""

Days = Callable[[int], tuple[date, date]]
"""From a year to the first and the last day; ValueError when the year has none."""


@dataclass(frozen=True)
class Feast:
    """A holiday.

    Attributes:
        names: pattern of its names, in several languages.
        days: when it is.
    """

    names: re.Pattern[str]
    days: Days


def _fixed(month: int, day: int, last_day: int | None = None) -> Days:
    return lambda year: (date(year, month, day), date(year, month, last_day or day))


def _from_easter(days: int, length: int = 1) -> Days:
    def of(year: int) -> tuple[date, date]:
        first = easter(year) + timedelta(days=days)
        return first, first + timedelta(days=length - 1)

    return of


def _weekday(month: int, weekday: int, number: int, length: int = 1) -> Days:
    """The number-th Monday (0) to Sunday (6) of a month; -1 is the last."""

    def of(year: int) -> tuple[date, date]:
        if number > 0:
            start = date(year, month, 1)
            first = start + timedelta(days=(weekday - start.weekday()) % 7 + 7 * (number - 1))
        else:
            end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            first = end - timedelta(days=(end.weekday() - weekday) % 7)
        return first, first + timedelta(days=length - 1)

    return of


@cache
def _moving(country: str, name: str, year: int) -> tuple[date, date]:
    if country == "IL":
        known = holidays.country_holidays(
            country, years=year, categories=("public", "optional", "school"), language="en_US"
        )
    else:
        known = holidays.country_holidays(country, years=year, language="en_US")
    days = sorted(day for day, label in known.items() if name in label and "observed" not in label)
    if not days:
        raise ValueError(f"no {name} is known for {year}")
    return days[0], days[-1]


def _of(country: str, name: str, *, before: int = 0, after: int = 0) -> Days:
    def of(year: int) -> tuple[date, date]:
        first, last = _moving(country, name, year)
        return first - timedelta(days=before), last + timedelta(days=after)

    return of


def _ramadan(year: int) -> tuple[date, date]:
    end = _moving("SG", "Eid al-Fitr", year)[0]
    return end - timedelta(days=30), end


_EVE = r"(?:'?s)?[ -](?:eve|day)"
_FEASTS: tuple[tuple[str, Days], ...] = (
    (
        r"(?:new year'?s? eve|nye|silvester|sylvester|nochevieja|capodanno|oudejaarsavond|"
        r"réveillon|hogmanay)",
        _fixed(12, 31),
    ),
    (
        r"(?:new year'?s?(?: day)?|neujahr|nouvel an|año nuevo|nieuwjaar|ano novo|元旦)",
        _fixed(1, 1),
    ),
    (
        r"(?:christmas(?:[ -](?:eve|day|time))?|christmases|xmas(?: eve| day)?|weihnachten|"
        r"heiligabend|noël|navidad|natale|natal|kerst(?:mis)?|圣诞节|圣诞)",
        _fixed(12, 25),
    ),
    (r"boxing day", _fixed(12, 26)),
    (r"thanksgiving(?: day)?", _weekday(11, 3, 4)),
    (r"(?:halloween|hallowe'en)", _fixed(10, 31)),
    (r"(?:valentine'?s?(?: day)?|valentinstag|saint[- ]valentin|san valent[ií]n)", _fixed(2, 14)),
    (r"(?:saint|st\.?|san) patrick'?s?(?: day)?", _fixed(3, 17)),
    (r"(?:fourth of july|4th of july|july (?:the )?4th)", _fixed(7, 4)),
    (r"(?:bastille day|quatorze juillet)", _fixed(7, 14)),
    (r"(?:bonfire night|guy fawkes(?: night| day)?)", _fixed(11, 5)),
    (r"(?:cinco de mayo)", _fixed(5, 5)),
    (r"(?:juneteenth)", _fixed(6, 19)),
    (r"(?:canada day)", _fixed(7, 1)),
    (r"(?:australia day)", _fixed(1, 26)),
    (r"(?:king'?s day|koningsdag)", _fixed(4, 27)),
    (r"(?:day of the dead|d[ií]a de (?:los )?muertos)", _fixed(11, 1, 2)),
    (r"(?:all saints'?(?: day)?|allerheiligen|toussaint)", _fixed(11, 1)),
    (r"(?:epiphany|three kings'? day|reyes)", _fixed(1, 6)),
    (r"(?:st\.? nicholas'?(?: day)?|nikolaus(?:tag)?|sinterklaas)", _fixed(12, 6)),
    (r"(?:may day)", _fixed(5, 1)),
    (r"(?:groundhog day)", _fixed(2, 2)),
    (r"(?:april fools'?(?: day)?)", _fixed(4, 1)),
    (r"(?:women'?s day)", _fixed(3, 8)),
    (r"(?:veterans day|remembrance day|armistice day)", _fixed(11, 11)),
    (r"(?:memorial day(?: weekend)?)", _weekday(5, 0, -1)),
    (r"(?:labou?r day(?: weekend)?)", _weekday(9, 0, 1)),
    (r"(?:columbus day|indigenous peoples'? day)", _weekday(10, 0, 2)),
    (r"(?:mlk day|martin luther king(?: jr\.?)? day)", _weekday(1, 0, 3)),
    (r"(?:presidents'?s? day)", _weekday(2, 0, 3)),
    (r"(?:mother'?s'? day|muttertag|día de la madre|fête des mères)", _weekday(5, 6, 2)),
    (r"(?:father'?s'? day|vatertag|día del padre|fête des pères)", _weekday(6, 6, 3)),
    (r"(?:black friday)", _weekday(11, 4, 4)),
    (r"(?:mardi gras|carnival|karneval|fasching|carnaval|carnevale)", _from_easter(-52, 6)),
    (r"(?:palm sunday)", _from_easter(-7)),
    (r"(?:good friday|karfreitag)", _from_easter(-2)),
    (
        r"(?:easter(?: sunday| monday| weekend)?|easters|ostern|pâques|pascua|semana santa|pasqua|"
        r"páscoa|pasen|复活节)",
        _from_easter(0, 2),
    ),
    (r"(?:pentecost|whitsun|pfingsten|pentecôte|pinksteren)", _from_easter(49, 2)),
    (
        r"(?:oktoberfest)",
        lambda year: (_weekday(9, 5, 3)(year)[0], _weekday(10, 6, 1)(year)[0]),
    ),
    (r"(?:midsummer)", lambda year: (date(year, 6, 19), date(year, 6, 26))),
    (r"(?:hanukk?ah?|chanukah?)", _of("IL", "Hanukkah", before=1)),
    (r"(?:passover|pesach)", _of("IL", "Pesach", before=1)),
    (r"(?:rosh hashanah?)", _of("IL", "Rosh Hashanah", before=1)),
    (r"(?:yom kippur)", _of("IL", "Yom Kippur", before=1)),
    (r"(?:purim)", _of("IL", "Purim", before=1)),
    (r"(?:diwali|deepavali|divali)", _of("IN", "Diwali")),
    (r"(?:holi)", _of("IN", "Holi", before=1)),
    (
        r"(?:chinese new year|lunar new year|spring festival|春节|过年)",
        _of("SG", "Chinese New Year"),
    ),
    (r"(?:mid-autumn(?: festival)?|moon festival|中秋节?|中秋)", _of("CN", "Mid-Autumn Festival")),
    (r"(?:dragon boat festival|端午节?)", _of("CN", "Dragon Boat Festival")),
    (r"(?:eid al[- ]adha|eid ul[- ]adha|bakr[ -]eid)", _of("SG", "Eid al-Adha")),
    (r"(?:eid(?: al[- ]fitr| ul[- ]fitr)?|bayram)", _of("SG", "Eid al-Fitr")),
    (r"(?:ramadan)", _ramadan),
    (r"(?:nowruz|norooz|persian new year)", _of("IR", "Nowruz")),
)

FEASTS = tuple(Feast(re.compile(names, re.IGNORECASE), days) for names, days in _FEASTS)

FEAST_NAMES = "(?:" + "|".join(names for names, _ in _FEASTS) + ")"
"""Pattern of any holiday's name, without groups."""


_TITLES = (
    ("New Year's Eve", "new year's eve"),
    ("New Year", "new year"),
    ("Christmas", "christmas"),
    ("Thanksgiving", "thanksgiving"),
    ("Halloween", "halloween"),
    ("Valentine's Day", "valentine's day"),
    ("St Patrick's Day", "st patrick's day"),
    ("the Fourth of July", "fourth of july"),
    ("Easter", "easter"),
    ("Carnival", "carnival"),
    ("Mother's Day", "mother's day"),
    ("Father's Day", "father's day"),
    ("Pentecost", "pentecost"),
    ("Oktoberfest", "oktoberfest"),
    ("Diwali", "diwali"),
    ("Hanukkah", "hanukkah"),
    ("Chinese New Year", "chinese new year"),
)
_LONGEST = timedelta(days=35)


@cache
def feast_named(first: date, last: date) -> str:
    """The English name of the holiday around which these days lie; "" for other days."""
    if not 2 * AROUND <= last - first <= _LONGEST:
        return ""
    for title, name in _TITLES:
        feast = feast_of(name)
        assert feast is not None
        # Those around the turn of the year begin in the year before.
        for year in {first.year, last.year}:
            try:
                days = feast.days(year)
            except ValueError:
                continue
            if (days[0] - AROUND, days[1] + AROUND) == (first, last):
                return title
    return ""


def feast_of(name: str) -> Feast | None:
    """The holiday of a name; None when it is none."""
    return next((feast for feast in FEASTS if feast.names.fullmatch(name)), None)
