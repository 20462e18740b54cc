"""Photos like those that are shown: "more like the second one", "something similar but at night".

"More like these" alone goes on with what was looked for (:data:`bot.intent.plan.Move.MORE`). Here a
photo is named, or something is asked for besides.
"""

import re
from dataclasses import dataclass

from bot.intent.numbers import numbers_in
from bot.intent.plan import Like

MAX_CHARS = 200

_PHOTOS = r"(?:photos?|pictures?|pics?|shots?|images?|ones?)"
_LEAD = (
    r"(?:(?:please|and|so|hey|ok(?:ay)?|now|yes|can you|could you|can i see|do (?:i|we|you) have|"
    r"have (?:i|we|you) got|is there|are there|show(?: me)?|find(?: me)?|search(?: for)?|"
    r"look for|give me|get me|i want|i need|let me see|let's see|what about)\b[\s,]*)*"
)
_SOME = r"any(?:thing)?|some(?:thing)?|more|others?|a few|all the|all"
_THINGS = rf"(?:(?:{_SOME})\b\s*)*{_PHOTOS}?"
_LIKE = re.compile(
    rf"{_LEAD}{_THINGS}\s*(?:(?:that|which) (?:is|are|looks?)\s+|looking\s+|look\s+)?"
    r"(?:just |exactly |much |very |quite |a bit )?(?:like|similar to|resembling|alike to)\s+"
    r"(?P<rest>\S.*)",
    re.IGNORECASE,
)
_SIMILAR = re.compile(
    rf"{_LEAD}(?:(?P<one>something|anything|one|a photo|another)\s+(?:that(?:'s| is)\s+)?similar"
    rf"(?: {_PHOTOS})?|(?:more |some |other )?similar(?: {_PHOTOS}| things)?)"
    r"(?P<rest>(?:[\s,]+(?:but|only|just|and|with|without|in|at|on|from|taken|where)\b.*)?)",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"[\s,;:–—-]+(?=(?:but|only|just|with|without|in|at|on|from|taken|where|and)\b)|\s*[,;]\s*",
    re.IGNORECASE,
)
_ONE = re.compile(rf"(?:this|that|it|the)(?: (?:last|shown))?(?: {_PHOTOS})?", re.IGNORECASE)
_ALL = re.compile(rf"(?:all of )?(?:these|those|them)(?: {_PHOTOS})?", re.IGNORECASE)
_MORE = re.compile(rf"{_LEAD}(?:(?:some|a few|any) )?(?:more|others?)\b", re.IGNORECASE)
_JOINING = re.compile(r"^(?:(?:but|only|just|and|except|yet|taken|where)\b[\s,]*)+", re.IGNORECASE)
_PLACE_ONLY = re.compile(rf"(?:\b(?:the|that|this|{_PHOTOS})\b|[\s.,!?])*", re.IGNORECASE)


@dataclass(frozen=True)
class Alike:
    """Which of the photos shown the next ones are to be like.

    Attributes:
        like: one of them, or all.
        numbers: places that were named; () where "it" or "these" was said.
        besides: what else is asked for, such as "at night".
    """

    like: Like
    numbers: tuple[int, ...] = ()
    besides: str = ""


def split_alike(text: str, *, shown: int) -> Alike | None:
    """What a message that asks for photos like those shown means; None for another message.

    Args:
        text: without chatter at its ends.
        shown: photos in the last gallery.
    """
    text = text.strip(" .!?")
    if not shown or len(text) > MAX_CHARS:
        return None
    match = _LIKE.fullmatch(text)
    if match:
        alike = _named(match["rest"], shown)
        goes_on = alike is not None and not alike.numbers and not alike.besides
        return None if goes_on and _MORE.match(text) else alike
    match = _SIMILAR.fullmatch(text)
    besides = _besides(match["rest"]) if match else ""
    if match is None or not (match["one"] or besides):
        return None
    return Alike("one" if match["one"] else "all", besides=besides)


def _named(rest: str, shown: int) -> Alike | None:
    which, *more = _NEXT.split(rest, maxsplit=1)
    besides = _besides(more[0]) if more else ""
    numbers, left = numbers_in(which, shown=shown)
    if numbers and _PLACE_ONLY.fullmatch(left):
        return Alike("one" if len(numbers) == 1 else "all", numbers, besides)
    if _ONE.fullmatch(which):
        return Alike("one", besides=besides)
    if _ALL.fullmatch(which) and besides:
        return Alike("all", besides=besides)
    return None


def _besides(text: str) -> str:
    return _JOINING.sub("", text.strip(" ,.;:!?")).strip(" ,.;:!?")
