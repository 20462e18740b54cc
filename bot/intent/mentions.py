"""When and where a message names, wanted or not, and the message without these words."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from bot.intent.asking import take_apart
from bot.intent.cameras import camera_in
from bot.intent.plan import Plan
from bot.intent.when import WhenMention, find_when, time_alone
from retrieval.search.filters import DateRange

if TYPE_CHECKING:
    from retrieval.search.filters import Place

_TRIP = (
    r"(?:trips?|holidays?|vacations?|visits?|stay|travels|travelling|journey|getaway|city break|"
    r"honeymoon|time|days|week|weekend)"
)

_BEFORE_MENTION = (
    r"(?:(?:but|and|only|just|taken|back|somewhere|that was|it was|it (?:must|might|may|"
    r"could|should) (?:be|have been)|must (?:be|have been)|make (?:it|that)|make|all|the ones?|"
    r"those|that|ones?)\s+)*?"
    rf"(?:(?:(?:in|from|on|during|of) )?(?:our|my|the|that|this|a|her|his|"
    rf"their) (?:\w+ )?{_TRIP}\s+|{_TRIP}\s+(?=(?:in|to|at|from)\s))?"
    r"(?:(?:when|where) (?:we|i) (?:were|was|went|visited|stayed)\s+)?"
    r"(?:(?:in|from|at|on|during|of|since|until|till|around|to|near|over|for|by|about|between|"
    r"before|after|back in|taken in)\s+)?(?:the\s+)?"
)

TRIP_ALONE = re.compile(
    rf"(?:(?:our|my|the|that|a) )?(?:(?:latest|last|recent|most recent|first|second|big|little|"
    rf"long|short|summer|winter|road|family|weekend|business|school|whole|entire) )*{_TRIP}",
    re.IGNORECASE,
)
"""A whole content that says no more than the place beside it: "vacation pics from Rome"."""

_PREPOSITIONS = re.compile(
    r"^(?:(?:there|here|right|out|all|somewhere|back|over|down|up|in|from|at|on|during|of|since|"
    r"until|around|to|near|for|by|the|our|my)\s+)+",
    re.IGNORECASE,
)


class KnownPlaces(Protocol):
    """The places that the library has photos of, found in texts (:mod:`bot.intent.where`)."""

    @property
    def cameras(self) -> Sequence[str]:
        """Names of the library's cameras."""

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
        camera: part of a camera's name.
        problem: one sentence for the person where a time makes no sense.
        words: that name all these, the longest first.
        refused: the words for places that are not wanted, with the "not" before them.
        every_year: where no year was said, the same days of each year.
    """

    when: tuple[DateRange, ...] = ()
    where: "tuple[Place, ...]" = ()
    not_when: tuple[DateRange, ...] = ()
    not_where: "tuple[Place, ...]" = ()
    folders: tuple[str, ...] = ()
    camera: str = ""
    problem: str = ""
    words: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    every_year: tuple[DateRange, ...] = ()

    def without_refused(self, text: str) -> str:
        """A text without the places that are not wanted, and the words that say so."""
        for words in self.refused:
            text = text.replace(words, " ", 1)
            # "nothing from Paris, but a bike"
            text = re.sub(r"^[\s,;.–—-]*(?:but|just|only)\s+", "", text, flags=re.IGNORECASE)
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


ASKS_OF_TRAVEL = re.compile(
    r"(?:(?:and|so|but|ok(?:ay)?|hey|hi),? )*(?:have|had|did|was|were|when (?:was|were|did|have)) "
    r"(?:i|we)(?: (?:ever|once|really|also|actually|not))*(?: (?:been|be|go|went|gone|"
    r"travel(?:led)?|visit(?:ed)?|stay(?:ed)?|spend (?:any |some )?time))?(?: (?:ever|before|"
    r"already))?(?: (?:to|in|at|on holiday|on vacation))*(?: (?:the )?(?:winter|summer|spring|"
    r"autumn|fall))?|(?:(?:and|so|but|ok(?:ay)?),? )*what(?: else)? (?:did|have|do) (?:i|"
    r"we) (?:photograph(?:ed)?|see|seen|take|taken|shoot|shot|do|done|visit(?:ed)?|"
    r"captured?)(?: photos of)?(?: in| there)?",
    re.IGNORECASE,
)
"""A message without its place and time: "have we ever been" to Norway, "did I go" to Rome."""

WHERE_WAS_I = re.compile(
    r"(?:(?:and|so|but),? )*where (?:all )?(?:was|were|did|have) (?:i|we)(?: go| been|"
    r" travel(?:led)?)?(?: in)?",
    re.IGNORECASE,
)
"""A message without its time: "where were we" in 2022."""

THE_ONE_THERE = re.compile(
    r"(?:(?:show me|open) )?(?:(?:the|that) )?(?:one|photo|picture)", re.IGNORECASE
)
"""The rest of "the Chicago one"."""

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
    found_when = [one for one in found_when if not _is_of_story(text, one)]
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
    refused = _refused_of(text, sorted(named, key=lambda one: one.start))
    by = camera_in(text, places.cameras)
    found_words = [*found_where, *found_when, *([by] if by else [])]
    words = [text[m.start : m.end].strip(" ,.?!") for m in found_words]
    # A rule may have taken the preposition along: "back to Kyoto" leaves "Kyoto".
    words += [_PREPOSITIONS.sub("", said) for said in words]
    problems = [m.problem for m in found_when if m.problem]
    # "nothing after 2022" is the time until then.
    ends = [m.ranges[0] for m in found_when if m in refused and len(m.ranges) == 1]
    until = tuple(other for one in ends if (other := _other_side(one)))
    wanted = [m for m in found_where if m not in refused]
    times = [m for m in found_when if m not in refused]
    return Mentions(
        when=tuple(r for m in times for r in m.ranges) or until,
        not_when=tuple(
            one
            for m in found_when
            if m in refused
            for one in m.every_year or m.ranges
            if not _other_side(one)
        ),
        where=tuple(p for m in wanted for p in m.places),
        not_where=tuple(p for m in found_where if m in refused for p in m.places),
        refused=tuple(refused.values()),
        folders=tuple(name for m in wanted for name in getattr(m, "folders", ())),
        camera=by.camera if by else "",
        problem=problems[0] if problems else "",
        every_year=times[0].every_year if len(times) == 1 else (),
        words=tuple(sorted({w for w in words if w}, key=len, reverse=True)),
    )


_STORY_WORDS = 20
_STORY_TIME = re.compile(
    r"(?:(?:so|well|hey|oh|hi|ok|anyway|and)[\s,]+)*(?:(?:i|we|my|our|it|she|he|they)[\s,]+)?"
    r"(?:yesterday|today|tonight|last (?:night|weekend|week)|this (?:morning|week|weekend|"
    r"afternoon|evening)|the other day)\b",
    re.IGNORECASE,
)
"""Begins a story: "so yesterday my neighbour came over and …"."""


def _is_of_story(text: str, mention: WhenMention) -> bool:
    """Whether a time is that of the telling, not of a photo."""
    found = _STORY_TIME.match(text) if len(text.split()) > _STORY_WORDS else None
    return bool(found and mention.start < found.end())


def _other_side(one: DateRange) -> DateRange | None:
    """All days but those of a time with an open end; None for one with two ends."""
    if one.first is None and one.last is not None:
        return DateRange(first=one.last + timedelta(days=1))
    if one.last is None and one.first is not None:
        return DateRange(last=one.first - timedelta(days=1))
    return None


def _refused_of(text: str, named: Sequence[Any]) -> dict[Any, str]:
    """Those of the places and times named that are not wanted, with the words that say so.

    In "nothing from Rome or Kyoto" both are not.
    """
    refused: dict[Any, str] = {}
    before: Any = None
    for one in named:
        found = _REFUSING.search(text[: one.start])
        if found:
            refused[one] = text[found.start() : one.end]
        elif before is not None and before in refused:
            between = text[before.end : one.start]
            # "not Rome, Porto" means Porto instead, "not Rome, Porto or Kyoto" none of them.
            list_goes_on = between.strip() == "," and _OR.search(text[one.end :])
            if list_goes_on or _OR_ALSO.fullmatch(between):
                refused[one] = text[before.end : one.end]
        before = one
    return refused


_OR_ALSO = re.compile(
    r"\s*(?:,\s*)?(?:or|and|nor|/|&)\s*(?:(?:in|from|at|of|the|not)\s+)*", re.IGNORECASE
)
"""Between two places that are not wanted."""
_OR = re.compile(r"\s*(?:,\s*)?(?:or|and|nor)\b", re.IGNORECASE)

_PHOTOS = r"ones?|photos?|pictures?|pics?|shots?|images?"
_NOT_ANY = (
    r"(?:(?<=^)|(?<=[,;.!–—-] )|(?<=\bbut )|(?<=\band )|(?<=\bjust )|(?<=\bonly )|(?<=\bme ))"
    rf"(?:nothing|none|no(?= (?:{_PHOTOS})\b))"
)
"""Begins a clause of its own: "there was nothing in Rome" tells."""

_REFUSING = re.compile(
    rf"\b(?:and |but |just |only |also |please |anywhere |everywhere |anything |everything |"
    rf"any time |(?:{_PHOTOS}) )*(?:not|except(?: for)?|without|excluding|"
    r"other than|outside(?: of)?|apart from|anywhere but|everywhere but|"
    r"any time but|minus|leave out|skip|drop|exclude|ignore|remove|hide|take out|no longer|"
    rf"don't want|isn't|aren't|wasn't|weren't|{_NOT_ANY})\s+"
    rf"(?:(?:the|those|any|anything|everything|all|stuff|{_PHOTOS}|taken|shot|was|is|are|were)\s+)*"
    r"(?:(?:in|from|at|of)\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
"""Before a place or a time: it must not be from there, or from then."""

_TODAY = re.compile(
    r"\b(?:today|now|tonight|tomorrow|this (?:time|morning|evening|afternoon))\b", re.I
)
"""A time that "not" before it only puts off."""


_REFUSED_UNIT = re.compile(
    rf"\b(?:not|except(?: for)?|excluding|other than|apart from|{_NOT_ANY})\s+"
    rf"(?:(?:the|those|any|{_PHOTOS}|taken)\s+)*"
    r"(?:(?:in|from|at|on|during|of)\s+)?(?:the\s+)?(?P<unit>[^\W\d_]+)",
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
        camera=mentions.camera,
        problem=mentions.problem,
        every_year=mentions.every_year,
    )
