"""What is wanted of the photos that are shown, by what is known of them all.

Which of them is the oldest, which is the best, or others of the same day or place.
"""

import re

from bot.intent.move_patterns import ASK, PHOTOS
from bot.intent.moves import core_of
from bot.intent.plan import SURE, Aspect, Move, Plan, Same, TalkState

MAX_CHARS = 120

_OF_THESE = rf"(?:(?:one|{PHOTOS}|of (?:these|those|them))s? )*"
_END = r"(?:oldest|earliest|newest|latest|most recent|first taken|last taken)"
_RANKED = re.compile(
    rf"(?:(?:and|so|but) )?(?:(?:(?:which|what) {_OF_THESE}(?:is|was)|"
    rf"what['’]?s) (?:the )?(?P<a>{_END})(?: (?:one|{PHOTOS}|of (?:these|those|them)))*"
    rf"|{ASK}(?:the )?(?P<b>{_END})(?: (?:one|{PHOTOS}))? (?:of|among|out of) (?:these|those|them|"
    r"the ones? (?:you showed|shown)(?: me)?))",
    re.IGNORECASE,
)
"""A whole message: "which one is the newest", "show me the oldest of these"."""

_BEST = re.compile(
    rf"(?:(?:and|so|but) )?which {_OF_THESE}(?:(?:do|would|should) (?:you|i|we) (?:like|pick|"
    r"choose|prefer|take|use|print|send|post|recommend)(?: (?:best|most|more|it))?|(?:is|"
    r"are|was|looks?|would (?:look|be)) (?:the )?(?:best|nicest|prettiest|better|good|sharpest|"
    r"cutest|funniest|most \w+|your favou?rite)\b.{0,40})",
    re.IGNORECASE,
)
"""A whole message that asks for an opinion: "which of those is the best one?"."""

_SAME_AS = re.compile(
    rf"{ASK}(?:(?:some|any|the|all|a few|more|others?|other|rest|(?:what|anything|something|"
    rf"everything)(?: else)?|ones?|{PHOTOS}|of) )*(?:(?:from|on|of|at|in|taken|is there|is|was|"
    r"were|there|did|we|i|took|take|have|during) )*(?:(?:the |that )?(?:very )?same|"
    r"that) (?P<what>day|date|night|evening|morning|afternoon|week|weekend|month|year|place|city|"
    r"town|spot|location|trip|holiday|vacation|journey)(?: (?:too|as well|please))?",
    re.IGNORECASE,
)
"""A whole message: "more from that day", "the same place"."""

_WHEN_THERE = re.compile(
    r"(?:(?:and|so|but) )?(?:when|what year|which year|in what year) (?:was|were|did|have) (?:i|we)"
    r"(?: (?:been|go|went|visit|travel|stay|live))?(?: (?:there|here))(?: (?:last|then|again))?",
    re.IGNORECASE,
)
"""A whole message: "when were we there?"."""

_SORTED = re.compile(
    r"(?:(?:can|could|would|will) you |please |now |and |just )*(?:sort|order|arrange|put|list|"
    r"rank|show)(?: me)?(?: (?:them|these|those|it|all|the (?:photos|pictures|results)|photos|"
    r"everything))*(?: in (?:the )?(?:right |correct )?(?:chronological |time |"
    r"date )?order(?: of (?:time|date))?)?(?:,? (?:by (?:the )?(?:date|time|day|year|age|"
    r"when they were taken)|chronologically|from (?:the )?(?:oldest|old|newest|"
    r"new) to (?:the )?(?:newest|new|oldest|old)))?"
    r"(?:,? (?:(?:the )?(?P<end>oldest|earliest|newest|latest|most recent) first))?(?: please)?",
    re.IGNORECASE,
)
"""A whole message: "sort them by date", "in chronological order, newest first"."""
_ORDER_SAID = re.compile(
    r"\b(?:order|sort|arrange|by (?:the )?(?:date|time|year|age)|chronological\w*|oldest|newest)\b",
    re.IGNORECASE,
)
_NEW_FIRST = re.compile(r"\b(?:newest|latest|most recent) first|from (?:the )?new", re.IGNORECASE)

_SAME: dict[str, Same] = {
    "day": "day",
    "date": "day",
    "night": "day",
    "evening": "day",
    "morning": "day",
    "afternoon": "day",
    "week": "week",
    "weekend": "week",
    "month": "month",
    "year": "year",
    "place": "place",
    "city": "place",
    "town": "place",
    "spot": "place",
    "location": "place",
    "trip": "trip",
    "holiday": "trip",
    "vacation": "trip",
    "journey": "trip",
}


def about_gallery(text: str, state: TalkState) -> Plan | None:
    """The plan of a message that is about the photos shown as a whole; None for another one.

    Args:
        text: a message of any length.
        state: what is known of the talk.
    """
    core = core_of(text)
    if len(core) > MAX_CHARS:
        return None
    if _SORTED.fullmatch(core) and _ORDER_SAID.search(core):
        aspect: Aspect = "new_first" if _NEW_FIRST.search(core) else "old_first"
        return Plan(Move.ORDINAL, aspect=aspect, sure=SURE)
    if not state.shown:
        return None
    ranked = _RANKED.fullmatch(core)
    if ranked:
        old = (ranked["a"] or ranked["b"]).lower() in ("oldest", "earliest", "first taken")
        return Plan(Move.QUESTION, aspect="oldest" if old else "newest", sure=SURE)
    everyone = tuple(range(1, state.shown + 1))
    if _WHEN_THERE.fullmatch(core.strip(" ?")):
        return Plan(Move.QUESTION, aspect="when", numbers=everyone, sure=SURE)
    if _BEST.fullmatch(core):
        return Plan(Move.QUESTION, aspect="which", numbers=everyone, sure=SURE)
    same = _SAME_AS.fullmatch(core)
    if same and (len(core.split()) > 2 or "same" in core.lower()):
        return Plan(Move.REFINE, same=_SAME[same["what"].lower()], sure=SURE)
    return None
