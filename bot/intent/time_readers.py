"""What the times of a message mean: each function reads a match of a rule as days.

Used by :mod:`bot.intent.time_rules`. A reader returns the days, a meaning with a problem, or None
when the words mean no time after all; it raises ValueError for a day that never was.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from bot.intent import time_words as words
from bot.intent.calendar_days import (
    PARTS_OF_YEAR,
    Calendar,
    Meaning,
    as_one,
    day_range,
    last_weekend,
    month_of,
    month_range,
    months_later,
    one_day,
    part_said,
    week_back,
    year_range,
)
from retrieval.search.filters import DateRange

Found = Sequence[DateRange] | Meaning | None
Rule = Callable[[Calendar, re.Match[str]], Found]
"""Reads a match; None when the words mean no time after all, ValueError when it never was."""


def ahead(calendar: Calendar, match: re.Match[str]) -> Meaning:
    """ "next summer", "tomorrow": no photo is from then."""
    return Meaning(future=True)


def turn(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "winter 2019/20", "the season 2021-22"."""
    unit = calendar.season(words.SEASONS[match["season"].casefold()])
    return [unit.days(int(match["a"]))] if unit.spans else unit.of(int(match["a"]))


def between(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "between 2018 and 2020"; with one end only a problem is told."""
    if match["b"] is None:
        if not re.search(r"\d{4}", match["a"]):
            return None
        first = calendar.point(match["a"])[0].first
        problem = f"Between {match['a']} and when? Say the other end too."
        return Meaning((DateRange(first=first),), problem)
    return from_to(calendar, match)


def from_to(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "from May to July 2021", "2015-2017"; a year said at one end counts for both."""
    said, until = match["a"], match["b"]
    if not calendar.has_year(said) and not calendar.has_year(until):
        if "between" not in match[0].casefold() and "from" not in match[0].casefold():
            return None
        first, last = calendar.unit(said), calendar.unit(until)
        for year in range(calendar.now.year, calendar.now.year - 2, -1):
            start = first.days(year).first
            if start is not None and start <= calendar.now:
                end = last.days(year).last
                if end is not None and end < start:
                    end = last.days(year + 1).last
                return Meaning((DateRange(start, end),), yearless=True)
        return None
    ends = calendar.point(until)
    if calendar.has_year(said):
        starts = calendar.point(said)
    else:
        year = max(days.last for days in ends if days.last).year
        unit = calendar.unit(said)
        starts = (unit.days(year),)
        if starts[0].first and ends[-1].last and starts[0].first > ends[-1].last:
            starts = (unit.days(year - 1),)
    if not calendar.has_year(until):
        unit, year = calendar.unit(until), min(days.first for days in starts if days.first).year
        ends = (unit.days(year),)
        if ends[0].last and starts[0].first and ends[0].last < starts[0].first:
            ends = (unit.days(year + 1),)
    first_day = min(days.first for days in starts if days.first)
    last_day = max(days.last for days in ends if days.last)
    if first_day > last_day:
        first_day = min(days.first for days in ends if days.first)
        last_day = max(days.last for days in starts if days.last)
    return [DateRange(first_day, last_day)]


def open_ended(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "since 2020", "before May 2019"."""
    how, said = match["how"].casefold(), match["a"]
    if not calendar.has_year(said) and how not in ("since", "seit", "depuis", "desde"):
        return None
    if how in ("vor", "nach", "dopo", "avant", "antes de") and not re.search(r"\d{4}", said):
        return None
    days = calendar.point(said)
    first = min(part.first for part in days if part.first)
    last = max(part.last for part in days if part.last)
    if how in ("since", "seit", "depuis", "desde"):
        return [DateRange(first=first)]
    if how in ("after", "newer than", "later than", "more recent than", "nach", "dopo"):
        return [DateRange(first=last + timedelta(days=1))]
    if how in ("before", "older than", "earlier than", "vor", "avant", "antes de"):
        return [DateRange(last=first - timedelta(days=1))]
    return [DateRange(last=last)]


def open_onward(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "from 2021 onward", "2019 and later"."""
    days = calendar.point(match["a"])
    return [DateRange(first=min(part.first for part in days if part.first))]


def iso(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "2021-05-03"."""
    return [day_range(int(match["y"]), int(match["m"]), int(match["d"]))]


def numeric(calendar: Calendar, match: re.Match[str]) -> Found:
    """Both readings of 03/05/2021; dots are always day first."""
    a, b, year = int(match["a"]), int(match["b"]), int(match["y"])
    if year < 100:
        year += 2000 if 2000 + year <= calendar.now.year else 1900
    orders = ((b, a),) if match["s"] == "." else ((b, a), (a, b))
    found = []
    for month, day in dict.fromkeys(orders):
        try:
            found.append(day_range(year, month, day))
        except ValueError:
            continue
    if not found:
        raise ValueError("neither order is a date")
    return found


def month_number(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange] | None:
    """ "05/2021"."""
    month = int(match["m"])
    return [month_range(int(match["y"]), month)] if 1 <= month <= 12 else None


def chinese_date(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "2019年5月3日", "去年夏天"."""
    back = {"今年": 0, "去年": 1, "前年": 2}
    year = calendar.now.year - back[match["y"]] if match["y"] in back else int(match["y"])
    parts = match.groupdict()
    if parts["d"]:
        return [day_range(year, int(parts["m"]), int(parts["d"]))]
    if parts["m"]:
        return [month_range(year, int(parts["m"]))]
    if parts["season"]:
        return calendar.season("春夏秋冬".index(parts["season"])).of(year)
    return [year_range(year)]


def chinese_ago(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "三年前"."""
    return [year_range(calendar.now.year - words.count_of(match["n"])[0])]


def chinese_near(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "昨天", "上个周末"."""
    said, now = match["which"], calendar.now
    if said in ("昨天", "前天"):
        return [one_day(now - timedelta(days=1 if said == "昨天" else 2))]
    if said.endswith("月"):
        return [month_of(months_later(now.replace(day=1), -1))]
    return [last_weekend(now) if said.endswith("周末") else week_back(now, 1)]


def decade(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "the nineties", "the early 80s"."""
    names = ("fifties", "sixties", "seventies", "eighties", "nineties", "noughties")
    if match["name"]:
        first = 1950 + 10 * names.index(match["name"].casefold())
    else:
        first = int(match["d"])
        if first < 100:
            first += 1900 if first > 20 else 2000
    part = (match["part"] or match["part2"] or "").casefold().strip(" -")
    start, end = {"early": (0, 3), "mid": (3, 6), "late": (6, 9)}.get(part, (0, 9))
    return [DateRange(date(first + start, 1, 1), date(first + end, 12, 31))]


def part_of_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "early 2020", "the end of last year"."""
    start, end = PARTS_OF_YEAR[part_said(match["part"])]
    return [
        DateRange(month_range(year, start).first, month_range(year, end).last)
        for year in calendar.years(match["y"])
    ]


def unit_of_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "May 2019", "Christmas 2023", "summer of last year"."""
    unit = calendar.unit(match["u"])
    return [days for year in calendar.years(match["y"]) for days in unit.of(year)]


def this_unit(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "this spring"; one that has not begun lies ahead."""
    unit, now = calendar.unit(match["u"]), calendar.now
    for year in (now.year, now.year - 1):
        days = unit.days(year)
        if (
            days.first
            and days.last
            and days.first <= now
            and (year == now.year or days.last >= now.replace(month=1, day=1))
        ):
            return [days]
    return Meaning(future=True)


def last_unit(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "last March": the latest one that is over."""
    return calendar.latest(calendar.unit(match["u"]), ended=True)


def units_ago(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "two summers ago", "a few Christmases back"."""
    least, most = words.count_of(match["n"])
    said = match["u"]
    try:
        unit = calendar.unit(said)
    except ValueError:
        unit = calendar.unit(re.sub(r"(?<=s)es$|s$", "", said))
    found: dict[DateRange, None] = {}
    for number in range(least, most + 1):
        found.update(dict.fromkeys(calendar.latest(unit, ended=True, number=number)))
    return list(found)


def span_ago(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "three years ago", "about two weeks ago"."""
    least, most = words.count_of(match["n"])
    if match["about"] or re.search(r"\b(?:about|around)\b", match[0], re.IGNORECASE):
        least, most = max(0, least - 1), most + 1
    now = calendar.now
    if re.fullmatch(words.YEAR_UNIT, match["u"], re.IGNORECASE):
        return as_one(year_range(now.year - number) for number in range(least, most + 1))
    if re.fullmatch(words.MONTH_UNIT, match["u"], re.IGNORECASE):
        slack = timedelta(days=21 if most == least else 31)
        return [DateRange(months_later(now, -most) - slack, months_later(now, -least) + slack)]
    days = 7 if re.fullmatch(words.WEEK_UNIT, match["u"], re.IGNORECASE) else 1
    slack = timedelta(days=5 if days == 7 else (1 if most > 2 else 0))
    first, last = now - timedelta(days=days * most), now - timedelta(days=days * least)
    return [DateRange(first - slack, min(now, last + slack))]


def past_span(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "in the last six months"."""
    most = words.count_of(match["n"])[1] if match["n"] else 1
    now = calendar.now
    if re.fullmatch(words.YEAR_UNIT, match["u"], re.IGNORECASE):
        return [DateRange(months_later(now, -12 * most), now)]
    if re.fullmatch(words.MONTH_UNIT, match["u"], re.IGNORECASE):
        return [DateRange(months_later(now, -most), now)]
    days = 7 if re.fullmatch(words.WEEK_UNIT, match["u"], re.IGNORECASE) else 1
    return [DateRange(now - timedelta(days=days * most), now)]


def relative_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "last year", "the year before last"."""
    return as_one(year_range(year) for year in calendar.years(match["y"]))


def near_unit(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "last weekend", "the other week", "this month"."""
    now, said = calendar.now, match["u"].casefold()
    this = bool(match.groupdict().get("this"))
    other = not this and not match["last"]
    if said in ("night", "day", "morning", "afternoon", "evening"):
        if other:
            return [DateRange(now - timedelta(days=21), now)]
        if this:
            return [one_day(now)] if said != "day" else None
        return [DateRange(now - timedelta(days=1), now)] if said == "night" else None
    if said.replace("-", "") in ("weekend", "wochenende"):
        if this and now.weekday() < 5:
            return Meaning(future=True)
        weekend = last_weekend(now + timedelta(days=7) if this else now)
        return [weekend]
    if re.fullmatch(words.WEEK_UNIT, said):
        return [
            DateRange(week_back(now, 2).first, week_back(now, 1).last)
            if other
            else week_back(now, 0 if this else 1)
        ]
    if other:
        return None
    return [month_of(now if this else months_later(now.replace(day=1), -1))]


def near_day(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "yesterday", "the day before yesterday"."""
    said = match["which"].casefold()
    back = 1
    if "before" in said or said in ("vorgestern", "avant-hier", "anteayer"):
        back = 2
    elif said in ("today", "heute"):
        back = 0
    return [one_day(calendar.now - timedelta(days=back))]


def weekday(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    """ "on Sunday", "last Friday": the latest one."""
    weekday = words.WEEKDAYS[match["w"].casefold()]
    back = (calendar.now.weekday() - weekday) % 7 or 7
    return [one_day(calendar.now - timedelta(days=back))]


def latest_unit(calendar: Calendar, match: re.Match[str]) -> Meaning:
    """ "in June", "at Easter", "on 3 May": the latest one, for no year was said."""
    unit = calendar.unit(match["u"])
    ranges = calendar.latest(unit, ended=False)
    return Meaning(ranges, yearless=True, every_year=calendar.every(unit))


def bare_year(calendar: Calendar, match: re.Match[str]) -> Found:
    """ "in 2019", "the beach 2017"."""
    prep = (match.groupdict().get("prep") or "").casefold()
    year, said = int(match["y"]), bool(prep)
    if prep.startswith(("at ", "over ", "about ")):
        return None  # "at 2030", "over 2000 people"
    if year > calendar.now.year:
        problem = f"{year} lies ahead." if said else ""
        return Meaning([year_range(year)] if said else (), problem, future=True)
    if not said and (year < 1990 or year % 100 == 0):
        return None
    return [year_range(year)]


def short_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange] | None:
    """ "summer '18"."""
    year = calendar.years(f"'{match['y']}")[0]
    return [year_range(year)] if year >= 1990 else None
