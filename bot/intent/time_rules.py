"""The rules of time: which words name days of the past, the most specific rule first.

Each rule is a pattern and the function of :mod:`bot.intent.time_readers` that reads a match.
"""

import re
from functools import cache

from bot.intent import time_readers as read
from bot.intent import time_words as words
from bot.intent.time_readers import Rule


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
    open_end = (
        r"since|after|before|until|till|up to|(?:older|earlier) than|(?:newer|later|"
        r"more recent) than|seit|depuis|desde|nach|vor|avant|antes de|dopo"
    )
    rules: list[tuple[str, Rule]] = [
        (
            rf"\b(?:(?:from|during|in) )?(?:the )?{words.NEXT_BEFORE} (?:few |couple of )?"
            rf"(?:{unit}|{span}|weekend|{words.alternatives(words.WEEKDAYS)})s?\b",
            read.ahead,
        ),
        (
            rf"\b(?:{unit}(?: of)? next year|(?:{unit}|{span}) {words.NEXT_AFTER}\b|"
            rf"tomorrow|tonight|in {count} {span}(?:'|’)?(?: time)?\b(?! ago| back))",
            read.ahead,
        ),
        (
            rf"{before}(?:the )?(?P<season>{season})(?: of)? (?P<a>{bare})[/–-](?:20)?\d\d\b",
            read.turn,
        ),
        (
            rf"(?:\bfrom )?\b(?:between|zwischen|entre|tra|tussen) (?:the )?(?P<a>{point})"
            rf"(?: (?:and|und|et|y|e|en|to)\b(?: (?:the )?(?P<b>{point}))?|$)",
            read.between,
        ),
        (
            rf"\b(?:from|von|de|du|dal|van)? ?\b(?P<a>{point}){to}(?:the )?(?P<b>{point})(?!\w)",
            read.from_to,
        ),
        (
            rf"\b(?:(?:from|ever) )?(?P<how>{open_end})(?: the)? (?P<a>{words.POINT})(?!\w)",
            read.open_ended,
        ),
        (
            rf"\b(?:from |starting (?:in |from )?|since )?(?P<a>{words.POINT}) (?:onwards?|"
            r"upwards?|and (?:later|after|newer|up|onwards?)|or (?:later|newer))(?!\w)",
            read.open_onward,
        ),
        (rf"{before}(?:the )?(?P<y>\d{{4}})[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)\b(?!\d)", read.iso),
        (
            rf"{before}(?:the )?(?<![\d./-])(?P<a>\d{{1,2}})(?P<s>[./-])(?P<b>\d{{1,2}})(?P=s)"
            r"(?P<y>\d{4}|\d\d)\b(?![./-]?\d)",
            read.numeric,
        ),
        (rf"{before}(?<![\d./-])(?P<m>\d{{1,2}})[/.](?P<y>(?:19|20)\d\d)\b", read.month_number),
        (
            r"(?:在)?(?P<y>\d{4})年(?:(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?|"
            r"(?P<season>[春夏秋冬])[天季]?)?(?:的)?",
            read.chinese_date,
        ),
        (
            r"(?P<y>去年|前年|今年)(?:(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?|(?P<season>[春夏秋冬])[天季]?)?"
            r"(?:的)?",
            read.chinese_date,
        ),
        (r"(?P<n>\d{1,2}|[一二两三四五六七八九十])年前(?:的)?", read.chinese_ago),
        (r"(?P<which>昨天|前天|上个?周末|上个?周|上个?星期|上个月)(?:的)?", read.chinese_near),
        (
            rf"(?<!his )(?<!her )(?<!their )(?<!my )(?<!our )(?<!your ){before}(?:the )?"
            r"(?P<part>early |mid[ -]?|late )?(?P<d>(?:19|20)?[1-9]0)['’]?s\b"
            r"|\b(?:(?:in|from|back in) )?the (?P<part2>early |mid[ -]?|late )?"
            r"(?P<name>fifties|sixties|seventies|eighties|nineties|noughties)\b",
            read.decade,
        ),
        (
            rf"{before}(?:the )?(?P<part>{words.PART})[- ](?:of )?(?:the )?(?P<y>{year})(?!\w)",
            read.part_of_year,
        ),
        (rf"{before}(?P<u>{unit}){words.OF}(?P<y>{year})(?!\w)", read.unit_of_year),
        (
            rf"{before}(?P<y>{year}){words.IN}(?P<u>{unit}){thing}(?!\w)",
            read.unit_of_year,
        ),
        (
            rf"{before}(?P<y>{year})(?:['’]s)? (?P<u>{feast}|summer|winter|autumn){thing}"
            r"(?!\w)",
            read.unit_of_year,
        ),
        (
            rf"{before}(?:the |those )?(?P<this>{words.THIS}|earlier this) (?!past)(?P<u>{unit})"
            rf"{thing}(?!\w)(?! {words.LAST_AFTER})",
            read.this_unit,
        ),
        (
            rf"{before}(?:the )?{last} (?P<u>{unit}){thing}(?!\w)(?:['’]s)?",
            read.last_unit,
        ),
        (
            rf"{before}(?:l['’]|le |la |el |o |a )?(?P<u>{season}|{month}|{feast}) "
            rf"{words.LAST_AFTER}\b",
            read.last_unit,
        ),
        (rf"{before}(?:about |around )?(?P<n>{count}) (?P<u>{plural}) {ago}\b", read.units_ago),
        (
            rf"{before}(?P<about>about |around |roughly |some |maybe |like )?(?P<n>{count}) "
            rf"(?P<u>{span}) {ago}\b",
            read.span_ago,
        ),
        (
            rf"\b{words.AGO_BEFORE} (?P<about>etwa |environ |unos )?(?P<n>{count}) (?P<u>{span})\b",
            read.span_ago,
        ),
        (
            r"\b(?:in|over|during|within|from|for) the (?:last|past) "
            rf"(?P<n>{count} )?(?P<u>{span})\b",
            read.past_span,
        ),
        (rf"{before}(?P<y>{words.RELATIVE_YEAR})(?!\w)(?:['’]s)?", read.relative_year),
        (
            rf"{before}(?:the )?(?:(?P<last>{last})|(?P<this>{words.THIS})|the other) "
            rf"(?P<u>weekend|wochenende|{words.WEEK_UNIT}|{words.MONTH_UNIT}|night|day|morning|"
            r"afternoon|evening)\b(?:['’]s)?",
            read.near_unit,
        ),
        (
            rf"{before}(?:la |le |el |o |a )?(?P<u>week-?end|{words.WEEK_UNIT}|{words.MONTH_UNIT})"
            rf" (?P<last>{words.LAST_AFTER})\b",
            read.near_unit,
        ),
        (
            r"\b(?:(?:from|on) )?(?P<which>(?:the )?day before yesterday|yesterday|today|"
            r"(?:vor)?gestern|heute|avant-hier|hier(?! [a-z]*$)|ayer|anteayer|ieri|ontem|gisteren)"
            r"(?: (?:morning|afternoon|evening|night))?\b(?:['’]s)?",
            read.near_day,
        ),
        (
            rf"\b(?:from )?(?:(?P<last>{last})|on|am|this past) "
            rf"(?P<w>{words.alternatives(words.WEEKDAYS)})\b(?! (?:roast|best|school|afternoons))"
            r"(?: (?:morning|afternoon|evening|night))?",
            read.weekday,
        ),
        (
            rf"\b(?P<w>{words.alternatives(words.WEEKDAYS)}) (?P<last>{words.LAST_AFTER})\b",
            read.weekday,
        ),
        (rf"\b(?:on |from |since |around |am |le |el )(?P<u>{words.DAY})(?!\w)", read.latest_unit),
        (rf"\b(?P<u>the (?:[12]\d|3\d|[1-9])(?:st|nd|rd|th) of {month})\b", read.latest_unit),
        (rf"\b(?P<u>{month} (?:the )?(?:[12]\d|3\d|[1-9])(?:st|nd|rd|th))\b", read.latest_unit),
        (
            rf"\b(?:(?:way |right )?back in|in|during|since|from|around|im|ab) (?:the month of )?"
            rf"(?P<u>{words.PART_OF_MONTH}|{month})\b(?!['’]s|-)",
            read.latest_unit,
        ),
        (rf"\b(?P<u>(?:early|mid|late)[- ]{month})\b", read.latest_unit),
        (rf"\b(?:en|em|a|à|au mois de|nel|in) (?P<u>{foreign})\b", read.latest_unit),
        (
            r"\b(?:back )?(?:at|on|over|during|around|from|zu|an|à|en|em) "
            rf"(?P<u>{words.FEAST}){thing}"
            r"(?!\w)",
            read.latest_unit,
        ),
        (rf"\b(?:over|during|from) (?:the |this )(?P<u>{season})\b(?! of)", read.latest_unit),
        (
            rf"\b(?P<prep>{words.PREPOSITION})(?:the )?(?:year )?"
            rf"(?P<y>{words.FOUR}|\d{{4}}(?=\W*$))"
            rf"{words.COUNTED}(?!\w)",
            read.bare_year,
        ),
        (
            r"(?<![\w$€£#.,:/-])(?<!room )(?<!flight )(?<!bus )(?<!number )(?<!page )"
            rf"(?<!code )(?P<y>{words.FOUR}){words.COUNTED}(?![\w%°])",
            read.bare_year,
        ),
        (r"(?<=\s)['’](?P<y>\d\d)\b(?!['’])", read.short_year),
    ]
    return tuple((re.compile(pattern, re.IGNORECASE), rule) for pattern, rule in rules)


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
