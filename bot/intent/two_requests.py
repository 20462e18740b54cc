"""Two requests in one message: "a boat on the water, and also a picture of somebody with pizza"."""

import re
from dataclasses import dataclass

from bot.intent.asking import take_apart
from bot.intent.move_patterns import SHARE_WORD
from bot.intent.moves import core_of

_PHOTO = r"(?:photos?|pictures?|pics?|shots?|images?|ones?)"
_NEXT = re.compile(
    r"[\s,;.]+(?:and|then|plus|also)\s+(?:(?:also|then|after that|afterwards|next|too|"
    r"please)[\s,]+)*"
    rf"(?:(?:(?:an?|another|some|the|any|one)\s+)?{_PHOTO}\s+(?:of|with|showing|where)\b|"
    r"(?:show|find|get|give|bring)(?: me| us)?\b)\s+(?P<next>(?!it\b|them\b|him\b|her\b|that\b|"
    r"those\b|these\b|more\b|all\b|me\b|out\b).+)$",
    re.IGNORECASE,
)
_THEN_THE = re.compile(
    r"[\s,;]+and (?:then|also|after that|next)[\s,]+(?P<next>(?:an?|the|some|my|"
    r"our)\s+[^.!?]+)[.!?]*$",
    re.IGNORECASE,
)
MOST_WORDS = 40


@dataclass(frozen=True)
class TwoRequests:
    """A message in its two halves.

    Attributes:
        first: what is asked for first; the whole message where there is one request only.
        then: what the second one asks for, without words of asking; "" for none.
    """

    first: str
    then: str = ""


def split_requests(text: str) -> TwoRequests:
    """The first of two requests, and what the second is for.

    Args:
        text: a message.
    """
    if len(text.split()) > MOST_WORDS:
        return TwoRequests(text)
    for pattern in (_NEXT, _THEN_THE):
        match = pattern.search(text)
        if match is None:
            continue
        first = text[: match.start()].strip()
        asked = take_apart(first)
        shares = pattern is _NEXT and SHARE_WORD.search(first)
        named = asked.content.strip(" ,.!?") and len(core_of(first).split()) > 1
        if shares or (asked.asks and named):
            return TwoRequests(first, take_apart(match["next"]).content.strip(" ,.!?"))
    return TwoRequests(text)
