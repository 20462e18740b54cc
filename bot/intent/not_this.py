"""Which photo two people say that they do not mean, and what they say without it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.conversation import Turn

_ONE = r"(?:one|ones|photo|pic|picture|shot|video|version)"
_STOP = (
    r"(?=[.;!?…]|,? (?:but|i mean|i'm after|the other|rather)\b|, (?:the|that|this|those|just)\b|$)"
)
_NOT = (
    r"(?:\bnot|\bisn'?t|\bisnt|\bain'?t|\bdon'?t (?:want|mean)|\bnever mind|\binstead of|\bforget)"
)
_NOT_WHICH = (
    re.compile(
        rf"{_NOT} (?:the|that|those|this) {_ONE},? (?:of|where|with|when|in which|in|from|who|that|"
        rf"on|by|at|wearing|holding|showing|i (?:showed|sent))(?: which)? (?P<what>.+?){_STOP}",
        re.I,
    ),
    re.compile(rf"{_NOT} (?:the|that|those|your|my) (?P<what>(?:[\w'’-]+ ){{1,7}}?){_ONE}\b", re.I),
    re.compile(
        rf"{_NOT} (?:that|this|the first|the other) ?{_ONE}?,? (?:it'?s|that'?s|this is|there) "
        rf"(?P<what>.+?){_STOP}",
        re.I,
    ),
    re.compile(
        r"\b(?:this is|that'?s|that is|it'?s) (?:just |only )?(?P<what>[^.,;!?]+), "
        r"(?:so )?not (?:that|this|him|her|it|them|the)\b",
        re.I,
    ),
    re.compile(
        rf"\b(?:no|nah|nope)\b[ ,]+(?:no,? )?not (?:the|a|that|your|my) (?P<what>[^.;!?]+?){_STOP}",
        re.I,
    ),
    re.compile(
        rf"\b(?:no|nah|nope|wrong one)\b\W+(?:this is|that'?s|that is|that one'?s|it'?s) (?:just )?"
        rf"(?P<what>.+?){_STOP}(?=.*\b(?:not (?:that|this|him|her|it)|wrong|other one|i mean(?:t)?|"
        r"i'?m after|looking for))",
        re.I,
    ),
)
_NOT_PICTURES = re.compile(
    r"^(?:best|same|only|point|first|last|end|case|kind|type|worst|most|way|time|right|other|"
    r"question|fun|sharpest|issue|problem|true|fine|ok|okay|fair|good|bad|great|funny|"
    r"nothing|cool|mean|what|how|why|a lot|impossible)\b|^(?:him|her|them|me|you|it|all)\W*$",
    re.I,
)
_OFFERED = re.compile(
    r"(?:\bthe (?P<one>(?:[\w'’-]+ ){1,6})(?:one|pic|photo|picture)|"
    r"\b(?:there'?s|got|have|found|is it|is that|you mean|mean) (?P<what>[^.!?]+))[^.!?]*\?",
    re.I,
)
_REFUSED = re.compile(
    r"^\W*(?:(?:no|nah|nope)\b.*\b(?:not|isn'?t|wrong|other|i meant?)\b|not (?:that|him|her|it)\b)",
    re.I,
)


@dataclass(frozen=True)
class _Refused:
    """What was refused, and where: the turn's place, and the words there."""

    what: str
    turn: int
    start: int
    end: int


def exclusion(turns: Sequence[Turn]) -> str:
    """What the turns say that the photo is not, the latest said; empty when they say nothing.

    What was offered in a question and refused is excluded with it.

    Example::

        exclusion([Turn("a", "Not the one with the hat, the other one!")])  # "the hat"
    """
    for place in range(len(turns) - 1, -1, -1):
        named = [one.what for one in _refused(turns, place)]
        if named:
            return ", ".join(dict.fromkeys(named))
    return ""


def without_excluded(turns: Sequence[Turn]) -> list[Turn]:
    """The turns without the words for what the photo is not.

    A search for all that was said would find just the photo that was refused.
    """
    kept = list(turns)
    for place in range(len(turns)):
        # From the end, so that the places of those before stay right.
        for one in sorted(_refused(turns, place), key=lambda one: -one.start):
            text = kept[one.turn].text
            rest = f"{text[: one.start].rstrip()} {text[one.end :].lstrip()}".strip()
            kept[one.turn] = replace(kept[one.turn], text=rest)
    return kept


def _refused(turns: Sequence[Turn], place: int) -> list[_Refused]:
    """What one turn refuses: in its own words, and what the turn before offered."""
    text = turns[place].text
    found = list(_refused_in(text, place))[:1]
    if place and _REFUSED.search(text):
        for offer in list(_OFFERED.finditer(turns[place - 1].text))[-1:]:
            what = (offer["one"] or offer["what"]).strip(" ,'\"")
            if what:
                found.append(_Refused(what, place - 1, *offer.span()))
    return found


def _refused_in(text: str, place: int) -> Iterator[_Refused]:
    for pattern in _NOT_WHICH:
        for match in pattern.finditer(text):
            what = match["what"].strip(" ,'\"")
            if what and not _NOT_PICTURES.match(what):
                yield _Refused(what, place, *match.span())
