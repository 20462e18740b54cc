"""The rules of time: which words name days of the past, the most specific rule first."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache

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

_Found = Sequence[DateRange] | Meaning | None
Rule = Callable[[Calendar, re.Match[str]], _Found]
"""Reads a match; None when the words mean no time after all, ValueError when it never was."""


@cache
def time_rules() -> tuple[tuple[re.Pattern[str], Rule], ...]:
    """Patterns and what they mean, the most specific first."""
    unit, year, season, month = words.UNIT, words.YEAR, words.SEASON, words.MONTH
    feast, count, last, thing = words.FEAST_NAMES, words.COUNT, words.LAST_BEFORE, words.THING
    before = rf"(?:\b{words.PREPOSITION}|\b)"
    to = r"(?: ?[-–] ?| (?:to|until|till|through|thru|bis|à|a|al|tot|and) )"
    bare = r"(?:1[89]|20)\d\d"
    point = rf"(?:{unit}(?:{words.OF}(?:{year}))?|{bare}(?!\d)|{year})"
    foreign = words.alternatives({name: 0 for name in words.MONTHS if name not in _ENGLISH_MONTHS})
    ago = words.AGO_AFTER
    plural = rf"(?:{season}s?|{feast}(?:e?s)?|{month}s?)"
    span = rf"(?:{words.DAY_UNIT}|{words.WEEK_UNIT}|{words.MONTH_UNIT}|{words.YEAR_UNIT})"
    open_end = r"since|after|before|until|till|up to|seit|depuis|desde|nach|vor|avant|antes de|dopo"
    rules: list[tuple[str, Rule]] = [
        (
            rf"\b(?:(?:from|during|in) )?(?:the )?{words.NEXT_BEFORE} (?:few |couple of )?"
            rf"(?:{unit}|{span}|weekend|{words.alternatives(words.WEEKDAYS)})s?\b",
            _ahead,
        ),
        (
            rf"\b(?:{unit}(?: of)? next year|(?:{unit}|{span}) {words.NEXT_AFTER}\b|"
            rf"tomorrow|tonight|in {count} {span}(?:'|’)?(?: time)?\b(?! ago| back))",
            _ahead,
        ),
        (
            rf"{before}(?:the )?(?P<season>{season})(?: of)? (?P<a>{bare})[/–-](?:20)?\d\d\b",
            _turn,
        ),
        (
            rf"(?:\bfrom )?\b(?:between|zwischen|entre|tra|tussen) (?:the )?(?P<a>{point})"
            rf"(?: (?:and|und|et|y|e|en|to)\b(?: (?:the )?(?P<b>{point}))?|$)",
            _between,
        ),
        (
            rf"\b(?:from|von|de|du|dal|van)? ?\b(?P<a>{point}){to}(?:the )?(?P<b>{point})(?!\w)",
            _from_to,
        ),
        (
            rf"\b(?:(?:from|ever) )?(?P<how>{open_end})(?: the)? (?P<a>{words.POINT})(?!\w)",
            _open_ended,
        ),
        (rf"{before}(?:the )?(?P<y>\d{{4}})[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)\b(?!\d)", _iso),
        (
            rf"{before}(?:the )?(?<![\d./-])(?P<a>\d{{1,2}})(?P<s>[./-])(?P<b>\d{{1,2}})(?P=s)"
            r"(?P<y>\d{4}|\d\d)\b(?![./-]?\d)",
            _numeric,
        ),
        (rf"{before}(?<![\d./-])(?P<m>\d{{1,2}})[/.](?P<y>(?:19|20)\d\d)\b", _month_number),
        (
            r"(?:在)?(?P<y>\d{4})年(?:(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?|"
            r"(?P<season>[春夏秋冬])[天季]?)?(?:的)?",
            _chinese_date,
        ),
        (
            r"(?P<y>去年|前年|今年)(?:(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?|(?P<season>[春夏秋冬])[天季]?)?"
            r"(?:的)?",
            _chinese_date,
        ),
        (r"(?P<n>\d{1,2}|[一二两三四五六七八九十])年前(?:的)?", _chinese_ago),
        (r"(?P<which>昨天|前天|上个?周末|上个?周|上个?星期|上个月)(?:的)?", _chinese_near),
        (
            rf"(?<!his )(?<!her )(?<!their )(?<!my )(?<!our )(?<!your ){before}(?:the )?"
            r"(?P<part>early |mid[ -]?|late )?(?P<d>(?:19|20)?[1-9]0)['’]?s\b"
            r"|\b(?:(?:in|from|back in) )?the (?P<part2>early |mid[ -]?|late )?"
            r"(?P<name>fifties|sixties|seventies|eighties|nineties|noughties)\b",
            _decade,
        ),
        (
            rf"{before}(?:the )?(?P<part>{words.PART})[- ](?:of )?(?:the )?(?P<y>{year})(?!\w)",
            _part_of_year,
        ),
        (rf"{before}(?P<u>{unit}){words.OF}(?P<y>{year})(?!\w)", _unit_of_year),
        (
            rf"{before}(?P<y>{year}){words.IN}(?P<u>{unit}){thing}(?!\w)",
            _unit_of_year,
        ),
        (
            rf"{before}(?P<y>{year})(?:['’]s)? (?P<u>{feast}|summer|winter|autumn){thing}"
            r"(?!\w)",
            _unit_of_year,
        ),
        (
            rf"{before}(?:the |those )?(?P<this>{words.THIS}|earlier this) (?!past)(?P<u>{unit})"
            rf"{thing}(?!\w)(?! {words.LAST_AFTER})",
            _this_unit,
        ),
        (
            rf"{before}(?:the )?{last} (?P<u>{unit}){thing}(?!\w)(?:['’]s)?",
            _last_unit,
        ),
        (
            rf"{before}(?:l['’]|le |la |el |o |a )?(?P<u>{season}|{month}|{feast}) "
            rf"{words.LAST_AFTER}\b",
            _last_unit,
        ),
        (rf"{before}(?:about |around )?(?P<n>{count}) (?P<u>{plural}) {ago}\b", _units_ago),
        (
            rf"{before}(?P<about>about |around |roughly |some |maybe |like )?(?P<n>{count}) "
            rf"(?P<u>{span}) {ago}\b",
            _span_ago,
        ),
        (
            rf"\b{words.AGO_BEFORE} (?P<about>etwa |environ |unos )?(?P<n>{count}) (?P<u>{span})\b",
            _span_ago,
        ),
        (
            r"\b(?:in|over|during|within|from|for) the (?:last|past) "
            rf"(?P<n>{count} )?(?P<u>{span})\b",
            _past_span,
        ),
        (rf"{before}(?P<y>{words.RELATIVE_YEAR})(?!\w)(?:['’]s)?", _relative_year),
        (
            rf"{before}(?:the )?(?:(?P<last>{last})|(?P<this>{words.THIS})|the other) "
            rf"(?P<u>weekend|wochenende|{words.WEEK_UNIT}|{words.MONTH_UNIT}|night|day|morning|"
            r"afternoon|evening)\b(?:['’]s)?",
            _near_unit,
        ),
        (
            rf"{before}(?:la |le |el |o |a )?(?P<u>week-?end|{words.WEEK_UNIT}|{words.MONTH_UNIT})"
            rf" (?P<last>{words.LAST_AFTER})\b",
            _near_unit,
        ),
        (
            r"\b(?:(?:from|on) )?(?P<which>(?:the )?day before yesterday|yesterday|today|"
            r"(?:vor)?gestern|heute|avant-hier|hier(?! [a-z]*$)|ayer|anteayer|ieri|ontem|gisteren)"
            r"(?: (?:morning|afternoon|evening|night))?\b(?:['’]s)?",
            _near_day,
        ),
        (
            rf"\b(?:from )?(?:(?P<last>{last})|on|am|this past) "
            rf"(?P<w>{words.alternatives(words.WEEKDAYS)})\b(?! (?:roast|best|school|afternoons))"
            r"(?: (?:morning|afternoon|evening|night))?",
            _weekday,
        ),
        (
            rf"\b(?P<w>{words.alternatives(words.WEEKDAYS)}) (?P<last>{words.LAST_AFTER})\b",
            _weekday,
        ),
        (rf"\b(?:on |from |since |around |am |le |el )(?P<u>{words.DAY})(?!\w)", _latest_unit),
        (rf"\b(?P<u>the (?:[12]\d|3\d|[1-9])(?:st|nd|rd|th) of {month})\b", _latest_unit),
        (rf"\b(?P<u>{month} (?:the )?(?:[12]\d|3\d|[1-9])(?:st|nd|rd|th))\b", _latest_unit),
        (
            rf"\b(?:(?:way |right )?back in|in|during|since|from|around|im|ab) (?:the month of )?"
            rf"(?P<u>{words.PART_OF_MONTH}|{month})\b(?!['’]s|-)",
            _latest_unit,
        ),
        (rf"\b(?P<u>(?:early|mid|late)[- ]{month})\b", _latest_unit),
        (rf"\b(?:en|em|a|à|au mois de|nel|in) (?P<u>{foreign})\b", _latest_unit),
        (
            r"\b(?:back )?(?:at|on|over|during|around|from|zu|an|à|en|em) "
            rf"(?P<u>{words.FEAST}){thing}"
            r"(?!\w)",
            _latest_unit,
        ),
        (rf"\b(?:over|during|from) (?:the |this )(?P<u>{season})\b(?! of)", _latest_unit),
        (
            rf"\b(?P<prep>{words.PREPOSITION})(?:the )?(?:year )?"
            rf"(?P<y>{words.FOUR}|\d{{4}}(?=\W*$))"
            rf"{words.COUNTED}(?!\w)",
            _bare_year,
        ),
        (
            r"(?<![\w$€£#.,:/-])(?<!room )(?<!flight )(?<!bus )(?<!number )(?<!page )"
            rf"(?<!code )(?P<y>{words.FOUR}){words.COUNTED}(?![\w%°])",
            _bare_year,
        ),
        (r"(?<=\s)['’](?P<y>\d\d)\b(?!['’])", _short_year),
    ]
    return tuple((re.compile(pattern, re.IGNORECASE), read) for pattern, read in rules)


_ENGLISH_MONTHS = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    ]
)


def _ahead(calendar: Calendar, match: re.Match[str]) -> Meaning:
    return Meaning(future=True)


def _turn(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    unit = calendar.season(words.SEASONS[match["season"].casefold()])
    return [unit.days(int(match["a"]))] if unit.spans else unit.of(int(match["a"]))


def _between(calendar: Calendar, match: re.Match[str]) -> _Found:
    if match["b"] is None:
        if not re.search(r"\d{4}", match["a"]):
            return None
        first = calendar.point(match["a"])[0].first
        problem = f"Between {match['a']} and when? Say the other end too."
        return Meaning((DateRange(first=first),), problem)
    return _from_to(calendar, match)


def _from_to(calendar: Calendar, match: re.Match[str]) -> _Found:
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


def _open_ended(calendar: Calendar, match: re.Match[str]) -> _Found:
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
    if how in ("after", "nach", "dopo"):
        return [DateRange(first=last + timedelta(days=1))]
    if how in ("before", "vor", "avant", "antes de"):
        return [DateRange(last=first - timedelta(days=1))]
    return [DateRange(last=last)]


def _iso(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    return [day_range(int(match["y"]), int(match["m"]), int(match["d"]))]


def _numeric(calendar: Calendar, match: re.Match[str]) -> _Found:
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


def _month_number(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange] | None:
    month = int(match["m"])
    return [month_range(int(match["y"]), month)] if 1 <= month <= 12 else None


def _chinese_date(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
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


def _chinese_ago(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    return [year_range(calendar.now.year - words.count_of(match["n"])[0])]


def _chinese_near(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    said, now = match["which"], calendar.now
    if said in ("昨天", "前天"):
        return [one_day(now - timedelta(days=1 if said == "昨天" else 2))]
    if said.endswith("月"):
        return [month_of(months_later(now.replace(day=1), -1))]
    return [last_weekend(now) if said.endswith("周末") else week_back(now, 1)]


def _decade(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
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


def _part_of_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    start, end = PARTS_OF_YEAR[part_said(match["part"])]
    return [
        DateRange(month_range(year, start).first, month_range(year, end).last)
        for year in calendar.years(match["y"])
    ]


def _unit_of_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    unit = calendar.unit(match["u"])
    return [days for year in calendar.years(match["y"]) for days in unit.of(year)]


def _this_unit(calendar: Calendar, match: re.Match[str]) -> _Found:
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


def _last_unit(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    return calendar.latest(calendar.unit(match["u"]), ended=True)


def _units_ago(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
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


def _span_ago(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
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


def _past_span(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    most = words.count_of(match["n"])[1] if match["n"] else 1
    now = calendar.now
    if re.fullmatch(words.YEAR_UNIT, match["u"], re.IGNORECASE):
        return [DateRange(months_later(now, -12 * most), now)]
    if re.fullmatch(words.MONTH_UNIT, match["u"], re.IGNORECASE):
        return [DateRange(months_later(now, -most), now)]
    days = 7 if re.fullmatch(words.WEEK_UNIT, match["u"], re.IGNORECASE) else 1
    return [DateRange(now - timedelta(days=days * most), now)]


def _relative_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    return as_one(year_range(year) for year in calendar.years(match["y"]))


def _near_unit(calendar: Calendar, match: re.Match[str]) -> _Found:
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


def _near_day(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    said = match["which"].casefold()
    back = 1
    if "before" in said or said in ("vorgestern", "avant-hier", "anteayer"):
        back = 2
    elif said in ("today", "heute"):
        back = 0
    return [one_day(calendar.now - timedelta(days=back))]


def _weekday(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange]:
    weekday = words.WEEKDAYS[match["w"].casefold()]
    back = (calendar.now.weekday() - weekday) % 7 or 7
    return [one_day(calendar.now - timedelta(days=back))]


def _latest_unit(calendar: Calendar, match: re.Match[str]) -> Meaning:
    ranges = calendar.latest(calendar.unit(match["u"]), ended=False)
    return Meaning(ranges, yearless=True)


def _bare_year(calendar: Calendar, match: re.Match[str]) -> _Found:
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


def _short_year(calendar: Calendar, match: re.Match[str]) -> Sequence[DateRange] | None:
    year = calendar.years(f"'{match['y']}")[0]
    return [year_range(year)] if year >= 1990 else None
