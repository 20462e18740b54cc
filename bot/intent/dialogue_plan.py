"""When, where and what not: what a dialogue of two people says of the photo that is shared next.

A dialogue names more times and places than the photo's: a journey that is planned, where a cousin
lives, what happened yesterday. Each mention is weighed by its sentence; the heaviest is taken, and
what agrees with it makes it narrower.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.conversation import Conversation, Turn
from bot.intent.cues import since_last_photo
from bot.intent.not_this import exclusion
from bot.intent.when import WhenMention, read_times
from bot.intent.where import KnownPlaces, WhereMention
from retrieval.search.filters import DateRange, Place

NEWS = timedelta(days=21)
"""What happened within it is small talk, unless the sentence speaks of a photo."""
OLDEST = date(1990, 1, 1)
"""So is what was before it: "very seventies"."""


@dataclass(frozen=True)
class DialoguePlan:
    """What a dialogue says of the photo.

    Attributes:
        when: ranges that its day lies in, any of them; empty when no time is said.
        where: places that it was taken at, any of them; only ones that the library has.
        exclude: what it does not show, or which one it is not; empty when nothing is said.
    """

    when: tuple[DateRange, ...] = ()
    where: tuple[Place, ...] = ()
    exclude: str = ""


@dataclass(frozen=True)
class _Weighed:
    """A mention, its sentence's weight, and the words before it in its clause."""

    weight: float
    mention: WhenMention | WhereMention
    text: str


def plan_of(conversation: Conversation, *, now: date, places: KnownPlaces) -> DialoguePlan:
    """What a dialogue says of the photo that its owner is about to share.

    Args:
        conversation: what came before an earlier photo is not read.
        now: today; times ahead are never the photo's.
        places: of the owner's library.
    """
    turns = since_last_photo(conversation.turns)
    where = _where(turns, places)
    return DialoguePlan(_when(turns, now, places.latitude(where)), where, exclusion(turns))


# Where and when -----------------------------------------------------------------------------------

_PHOTO = re.compile(
    r"\b(?:photos?|pics?|pictures?|shots?|snaps?|camera|album|selfies?|the one|that one)\b", re.I
)
_MEMORY = re.compile(
    r"\b(?:remember|reminds?|that time|back when|when (?:we|i|you|he|she|they)|used to|those days|"
    r"think of|like (?:that|those|the)|was|were|did|had|went|saw|met|came|took|got)\b|\w\wed\b",
    re.I,
)
_COMPARED = re.compile(r"\b(?:than|as|since|till|until|unlike)\s*$", re.I)
_AHEAD = re.compile(
    r"(?:(?:'m|’m|'re|’re|'s| is| are| am| be|\bto be) (?:\w+ )?(?:going|flying|moving|heading|off|"
    r"driving|travell?ing|relocating|back|visiting)(?: \w+)?"
    r"|\b(?:want|wants|hope|hoping|plan|plans|planning|planned|going|love|like|dying) to (?:go|"
    r"move|visit|see|fly|travel|live|be)\b[^.!?,]{0,20}"
    r"|\b(?:booked|booking|tickets?|flights?|dream(?:ing)?|moves?|moving|transfer|interview|job|"
    r"wish|will be|will go|'ll be|'ll go|should go|let's go|save up|saving up)\b[^.!?,]{0,25})\s*$",
    re.I,
)
_RESIDENCE = re.compile(
    r"(?:\b(?:lives?|living|lived|based|born|works?|working|grew up|moved|studies|studying) "
    r"(?:\w+ )?(?:in|to|at|near|from)"
    r"|(?:\b(?:am|is|are|i'm|friends?|cousin|colleague|guy|people)|'s|'re) (?:\w+ )?from)"
    r"(?: the)?\s",
    re.I,
)
_BOUNDARY = re.compile(r"(?<=[.!?;…\n])\s+|\s[-–—]\s")


def _where(turns: Sequence[Turn], places: KnownPlaces) -> tuple[Place, ...]:
    found = [
        _Weighed(weight, mention, text)
        for turn, text in enumerate(_texts(turns))
        for mention in places.find(text)
        if mention.known and mention.places
        for weight in (_weight(text, mention, turn / len(turns)),)
        if weight > 0
    ]
    if not found:
        return ()
    best = max(found, key=lambda one: one.weight)
    assert isinstance(best.mention, WhereMention)
    chosen = best.mention.places
    for one in found:
        assert isinstance(one.mention, WhereMention)
        inside = tuple(
            place
            for place in one.mention.places
            if any(_contains(around, place) for around in chosen)
        )
        if inside and inside != chosen:
            chosen = inside
    return chosen


def _contains(around: Place, place: Place) -> bool:
    return not around.city and around.country == place.country and bool(place.city)


def _when(turns: Sequence[Turn], now: date, latitude: float | None) -> tuple[DateRange, ...]:
    found: list[_Weighed] = []
    for turn, text in enumerate(_texts(turns)):
        for mention in _times(text, now, latitude):
            weight = _weight(text, mention, turn / len(turns))
            if weight > 0 and _of_a_photo(text, mention, now):
                found.append(_Weighed(weight, mention, text))
    if not found:
        return ()
    best = max(found, key=lambda one: one.weight)
    assert isinstance(best.mention, WhenMention)
    chosen = best.mention.ranges
    for one in found:
        assert isinstance(one.mention, WhenMention)
        if one is best:
            continue
        chosen = _narrowed(best, one, chosen, now, latitude)
    return chosen


def _times(text: str, now: date, latitude: float | None) -> Iterator[WhenMention]:
    """Times of a text; in the south, seasons are those of there and of a guest from the north."""
    mentions = read_times(text, now=now)
    if latitude is None or latitude >= 0:
        yield from mentions
        return
    for north, south in zip(mentions, read_times(text, now=now, latitude=latitude), strict=False):
        yield replace(north, ranges=tuple(dict.fromkeys((*south.ranges, *north.ranges))))


def _of_a_photo(text: str, mention: WhenMention, now: date) -> bool:
    if mention.future or mention.problem or not mention.ranges:
        return False
    sentence = _sentence(text, mention.start)
    firsts = [days.first or date.min for days in mention.ranges]
    if min(firsts) > now:
        return False
    if _PHOTO.search(sentence):
        return True
    if _COMPARED.search(text[: mention.start]):
        return False
    if any(days.first is None or days.last is None for days in mention.ranges):
        return False
    if max(days.last or now for days in mention.ranges) < OLDEST:
        return False
    recent = min(firsts) >= now - NEWS or mention.ranges[0].last == date(now.year, 12, 31)
    return not recent and (not mention.yearless or bool(_MEMORY.search(sentence)))


def _narrowed(
    best: _Weighed,
    other: _Weighed,
    chosen: tuple[DateRange, ...],
    now: date,
    latitude: float | None,
) -> tuple[DateRange, ...]:
    """The best mention's ranges, made narrower by another that agrees with them.

    A month without a year and a year elsewhere ("in December" … "2021") are one time.
    """
    for unit, year in ((best, other), (other, best)):
        said = re.search(r"\b(?:19|20)\d\d\b", _said(year))
        if isinstance(unit.mention, WhenMention) and unit.mention.yearless and said:
            both = read_times(f"{_said(unit)} {said[0]}", now=now, latitude=latitude)
            if len(both) == 1 and both[0].ranges:
                return both[0].ranges
    assert isinstance(other.mention, WhenMention)
    common = tuple(
        DateRange(max(a.first, b.first), min(a.last, b.last))
        for a in chosen
        for b in other.mention.ranges
        if a.first
        and a.last
        and b.first
        and b.last
        and max(a.first, b.first) <= min(a.last, b.last)
    )
    return common or chosen


def _said(one: _Weighed) -> str:
    return one.text[one.mention.start : one.mention.end].strip(" ,")


def _weight(text: str, mention: WhenMention | WhereMention, late: float) -> float:
    """How much a mention is about the photo: 0 is not at all."""
    sentence = _sentence(text, mention.start)
    before = re.split(r"[.!?;]", text[: mention.start])[-1]
    start = text[mention.start : mention.end]
    if _AHEAD.search(before) or (_AHEAD.search(before + " " + start.split(" ")[0])):
        return 0.0
    near = text[max(0, mention.start - 30) : mention.end]
    if isinstance(mention, WhereMention) and _RESIDENCE.search(near):
        return 0.0
    if re.search(r"\bnext (?:week|month|year|summer|spring|fall|winter)\b", sentence, re.I):
        clause = re.split(r"[,.!?;]", text[mention.start :])[0]
        if re.search(r"\bnext \w+", clause, re.I):
            return 0.0
    weight = 1.0 + late
    weight += 1.0 if _PHOTO.search(sentence) else 0.0
    weight += 0.7 if _MEMORY.search(sentence) else 0.0
    return weight


def _sentence(text: str, position: int) -> str:
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        if boundary.start() >= position:
            return text[start : boundary.start()]
        start = boundary.end()
    return text[start:]


def _texts(turns: Sequence[Turn]) -> Iterator[str]:
    return (turn.text for turn in turns)
