"""Some of the photos shown are not wanted, and part of what was looked for no longer is.

"not the first and not the third", "share all but the last"; "drop the date", "forget the snow".
"""

import re

from bot.intent.move_patterns import PHOTOS
from bot.intent.numbers import numbers_in
from bot.intent.plan import Dropped

_WITHOUT = (
    r"(?:not|no|without|except(?: for)?|but|minus|skip|drop|leave out|leaving out|take out|"
    r"take away|remove|lose|hide|exclude|excluding|other than|apart from|anything but|nor)"
)
_BESIDE_NUMBERS = re.compile(
    rf"(?:(?:{_WITHOUT}|all|everything|every one|both|them|these|those|of|the|and|or|either|"
    rf"neither|just|only|please|though|then|but|ones?|{PHOTOS}|that|this)(?:[\s,]+|$))*",
    re.IGNORECASE,
)
_SAYS_WITHOUT = re.compile(
    rf"\b(?!no\b|but\b){_WITHOUT}\b|\b(?:all|everything|both|them|these|those) but\b", re.IGNORECASE
)
"""In "no, the second" and "but the second" that one is meant."""

_DROPS = re.compile(
    r"(?:(?:please|can you|could you|just|ok(?:ay)?|and|now|also|actually)[\s,]+)*"
    r"(?:drop|forget(?: about)?|lose|ignore|skip|remove|clear|scrap|reset|never ?mind|"
    r"take (?:away|out|off)|get rid of) (?:the |that |this |my |"
    r"any )?(?P<what>[\w' -]+?)(?: (?:filter|part|bit|thing|again|then|"
    r"please|now|limit|restriction))*",
    re.IGNORECASE,
)
_KINDS: dict[str, Dropped] = {
    **dict.fromkeys(
        ("date", "dates", "time", "times", "year", "month", "season", "day", "when", "years"),
        "when",
    ),
    **dict.fromkeys(
        ("place", "places", "location", "city", "country", "where", "town", "area"), "where"
    ),
    **dict.fromkeys(("filter", "filters", "date and place", "place and date"), "both"),
}


def left_out(core: str, shown: int) -> tuple[int, ...]:
    """The places of photos shown that a message does not want; () where it names none such.

    Args:
        core: a message without chatter at its ends.
        shown: photos in the last gallery.
    """
    numbers, beside = numbers_in(core, shown=shown)
    bare = beside.strip(" ,.!?")
    refuses = _SAYS_WITHOUT.search(bare) and _BESIDE_NUMBERS.fullmatch(bare)
    return numbers if shown and numbers and refuses else ()


def all_except(numbers: tuple[int, ...], shown: int) -> tuple[int, ...]:
    """The places of the others: of five without the first and the last, 2, 3 and 4."""
    out = {number if number > 0 else shown + 1 + number for number in numbers}
    return tuple(place for place in range(1, shown + 1) if place not in out)


def dropped_kind(core: str) -> Dropped:
    """Which part of the filter a message drops: "drop the date" is "when"; "" for none."""
    match = _DROPS.fullmatch(core)
    return _KINDS.get(match["what"].lower(), "") if match else ""


def dropped_words(core: str, topic: str) -> str:
    """Which words of what was looked for a message drops: "forget the snow"; "" for none.

    Args:
        core: a message without chatter at its ends.
        topic: what was looked for.
    """
    match = _DROPS.fullmatch(core)
    if match is None:
        return ""
    what = match["what"].strip()
    return what if re.search(rf"\b{re.escape(what)}\b", topic, re.IGNORECASE) else ""


def without_words(text: str, words: str) -> str:
    """A description without a part of it: "boats in the evening" without "evening" is "boats"."""
    part = (
        rf"[\s,]*\b(?:(?:and|with|in|on|at|by|near|under|of|during|wearing|holding)\s+)?"
        rf"(?:(?:the|an?|some|his|her|their|my|our)\s+)?{re.escape(words)}\b"
    )
    return " ".join(re.sub(part, "", text, count=1, flags=re.IGNORECASE).split()).strip(" ,")
