"""When and where a message names, wanted or not, and the message without these words."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from bot.intent.asking import take_apart
from bot.intent.plan import Plan
from bot.intent.when import WhenMention, find_when, time_alone

if TYPE_CHECKING:
    from retrieval.search.filters import DateRange, Place

_TRIP = (
    r"(?:trips?|holidays?|vacations?|visits?|stay|travels|travelling|journey|getaway|city break|"
    r"honeymoon|time|days|week|weekend)"
)

_BEFORE_MENTION = (
    r"(?:(?:but|and|only|just|taken|back|somewhere|that was|it was|all|the ones?|those|that|"
    r"ones?)\s+)*?"
    rf"(?:(?:(?:in|from|on|during|of) )?(?:our|my|the|that|this|a|her|his|"
    rf"their) (?:\w+ )?{_TRIP}\s+|{_TRIP}\s+(?=(?:in|to|at|from)\s))?"
    r"(?:(?:when|where) (?:we|i) (?:were|was|went|visited|stayed)\s+)?"
    r"(?:(?:in|from|at|on|during|of|since|until|till|around|to|near|over|for|by|about|between|"
    r"before|after|back in|taken in)\s+)?(?:the\s+)?"
)

TRIP_ALONE = re.compile(rf"(?:(?:our|my|the|that|a) )?{_TRIP}", re.IGNORECASE)
"""A whole content that says no more than the place beside it: "vacation pics from Rome"."""

_PREPOSITIONS = re.compile(
    r"^(?:(?:there|here|right|out|all|somewhere|back|over|down|up|in|from|at|on|during|of|since|"
    r"until|around|to|near|for|by|the|our|my)\s+)+",
    re.IGNORECASE,
)


class KnownPlaces(Protocol):
    """The places that the library has photos of, found in texts (:mod:`bot.intent.where`)."""

    @property
    def any_known(self) -> bool:
        """Whether the place of any photo is known."""

    def find(self, text: str) -> Sequence[Any]:
        """Mentions with ``start``, ``end``, ``places``, ``known`` and ``folders``."""

    def latitude(self, places: "Collection[Place]") -> float | None:
        """About where places lie; None for none."""


@dataclass(frozen=True)
class Mentions:
    """When and where, and the words that said so.

    Attributes:
        when: periods that are meant, any of them.
        where: places that are meant, any of them.
        not_when: periods that are not wanted.
        not_where: places that are not wanted.
        folders: names of the library's folders.
        problem: one sentence for the person where a time makes no sense.
        words: that name all these, the longest first.
        refused: the words for places that are not wanted, with the "not" before them.
        every_year: where no year was said, the same days of each year.
    """

    when: "tuple[DateRange, ...]" = ()
    where: "tuple[Place, ...]" = ()
    not_when: "tuple[DateRange, ...]" = ()
    not_where: "tuple[Place, ...]" = ()
    folders: tuple[str, ...] = ()
    problem: str = ""
    words: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    every_year: "tuple[DateRange, ...]" = ()

    def without_refused(self, text: str) -> str:
        """A text without the places that are not wanted, and the words that say so."""
        for words in self.refused:
            text = text.replace(words, " ", 1)
        return re.sub(r"\s+([,.?!])", r"\1", " ".join(text.split())) if self.refused else text

    def cut(self, text: str) -> str:
        """A text without these words and the prepositions before them."""
        for words in self.words:
            text = re.sub(
                rf"(?:^|(?<=[\s,;.(–—-])){_BEFORE_MENTION}{re.escape(words)}(?:['’]s)?"
                rf"(?: {_TRIP}(?!\s+(?:of|for)\b))?(?!\w)",
                " ",
                text,
                flags=re.IGNORECASE,
            )
        return re.sub(r"\s+([,.?!])", r"\1", " ".join(text.split())) if self.words else text


THERE_INSTEAD = re.compile(
    r"(?:no[,.]? |sorry,? )?not (?:in |from |at |on )?(?P<out>[^,;.]+)[,;.]\s*(?:but )?"
    r"(?P<instead>\S.*)",
    re.IGNORECASE,
)
"""Another place or time: "not Lisbon, London"."""


def mentions_in(text: str, *, now: date, places: KnownPlaces) -> Mentions:
    """The times and places that a text names.

    Args:
        text: a message.
        now: today.
        places: the library's places.
    """
    found_where = [m for m in places.find(text) if places.any_known or m.folders]
    latitude = places.latitude([place for m in found_where for place in m.places])
    found_when = find_when(text, now=now, latitude=latitude)
    if not found_when:
        found_when = _time_alone(text, now, latitude)
    if not found_when and found_where:
        # "munich in autumn": beside the place there is nothing but a time.
        blank = text
        for one in found_where:
            blank = blank[: one.start] + " " * (one.end - one.start) + blank[one.end :]
        found_when = _time_alone(blank, now, latitude)
    found_when += _refused_alone(text, now, latitude, found_when)
    named = [m for m in found_where if m.places]
    named += [m for m in found_when if not _TODAY.search(text[m.start : m.end])]
    before = {m: _REFUSING.search(text[: m.start]) for m in named}
    refused = {m: text[found.start() : m.end] for m, found in before.items() if found}
    words = [text[m.start : m.end].strip(" ,.?!") for m in (*found_where, *found_when)]
    # A rule may have taken the preposition along: "back to Kyoto" leaves "Kyoto".
    words += [_PREPOSITIONS.sub("", said) for said in words]
    problems = [m.problem for m in found_when if m.problem]
    wanted = [m for m in found_where if m not in refused]
    times = [m for m in found_when if m not in refused]
    return Mentions(
        when=tuple(r for m in times for r in m.ranges),
        not_when=tuple(r for m in found_when if m in refused for r in m.every_year or m.ranges),
        where=tuple(p for m in wanted for p in m.places),
        not_where=tuple(p for m in found_where if m in refused for p in m.places),
        refused=tuple(refused.values()),
        folders=tuple(name for m in wanted for name in getattr(m, "folders", ())),
        problem=problems[0] if problems else "",
        every_year=times[0].every_year if len(times) == 1 else (),
        words=tuple(sorted({w for w in words if w}, key=len, reverse=True)),
    )


_REFUSING = re.compile(
    r"\b(?:and |but |just |only |ones? |photos? |pictures? |pics? )*(?:not|except(?: for)?|without|"
    r"excluding|other than|outside(?: of)?|apart from|anywhere but|everywhere but|minus|"
    r"leave out|skip|don't want|isn't|aren't|wasn't|weren't)\s+(?:(?:the|those|any|anything|"
    r"ones?|photos?|pictures?|pics?|taken|shot|was|is|are|were)\s+)*(?:(?:in|from|at|"
    r"of)\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
"""Before a place or a time: it must not be from there, or from then."""

_TODAY = re.compile(
    r"\b(?:today|now|tonight|tomorrow|this (?:time|morning|evening|afternoon))\b", re.I
)
"""A time that "not" before it only puts off."""


_REFUSED_UNIT = re.compile(
    r"\b(?:not|except(?: for)?|excluding|other than|apart from)\s+(?:(?:the|those|ones?|any|"
    r"taken)\s+)*(?:(?:in|from|at|on|during|of)\s+)?(?:the\s+)?(?P<unit>[^\W\d_]+)",
    re.IGNORECASE,
)
"""A word that may be a time without a year: "not in winter"."""


def _refused_alone(
    text: str, now: date, latitude: float | None, known: Sequence[WhenMention]
) -> list[WhenMention]:
    """Times without a year that are not wanted, besides those that are known."""
    found = []
    for match in _REFUSED_UNIT.finditer(text):
        start, end = match.span("unit")
        if not any(one.start < end and start < one.end for one in known):
            times = time_alone(match["unit"], now=now, latitude=latitude)
            found += [replace(one, start=start, end=end) for one in times]
    return found


def _time_alone(text: str, now: date, latitude: float | None) -> list[WhenMention]:
    """The time without a year that a whole message asks for: "pictures taken in winter"."""
    content = take_apart(text).content
    at = text.find(content)
    found = time_alone(content, now=now, latitude=latitude) if at >= 0 else []
    return [replace(one, start=at + one.start, end=at + one.end) for one in found]


def named_places(text: str, places: KnownPlaces) -> set[str]:
    """The words of a text that name places, in small letters."""
    return {word.lower() for m in places.find(text) for word in text[m.start : m.end].split()}


TELLS_OF_A_TRIP = re.compile(
    r"(?:(?:and|so|well|oh|yeah|but|hey)[\s,]+)*(?:(?:i|we|he|she|they|my \w+)(?:'(?:ve|re|m)\b|"
    r"(?:'d)? (?:was|were|am|are|is|had|have|went|got|spent|flew|came|just|finally|will|moved|"
    r"lived?|live)\b)|(?:just |finally )?(?:(?:got )?(?:home|back)) from\b)"
    r"(?!.*\b(?:show|find|see|want|need|like|looking|photos?|pictures?|pics?)\b)",
    re.IGNORECASE,
)
"""Begins a message that tells of a place and asks for nothing: "we were in Rome"."""


def filled(plan: Plan, mentions: Mentions) -> Plan:
    """The plan with the times and places of its message."""
    return replace(
        plan,
        when=mentions.when,
        not_when=mentions.not_when,
        where=mentions.where,
        not_where=mentions.not_where,
        folders=mentions.folders,
        problem=mentions.problem,
        every_year=mentions.every_year,
    )
