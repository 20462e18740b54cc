"""What a message says of what is to be seen: its words without those of asking and of talk."""

import re

from bot.intent.about_photos import means_everything
from bot.intent.asking import take_apart
from bot.intent.asking_patterns import BREAK, GOES_ON
from bot.intent.comments import split_comment
from bot.intent.exclusion import split_exclusion
from bot.intent.moves import core_of
from bot.intent.plan import TalkState
from bot.intent.telling_words import says_something
from bot.vocabulary import kind_of

THE_SAME = (
    r"(?:exactly )?(?:(?:the|that|this) )?(?:exact )?same(?: (?:ones?|things?|photos?|"
    r"pictures?|pics?|again|search))*"
)
"""What was looked for: "the same", "exactly the same ones"."""

_LEADING_MORE = re.compile(
    r"^(?:some |any |a few |few )?(?:more(?! than)|other|others|further|"
    r"similar)\s+(?:of\s+)?",
    re.IGNORECASE,
)

_LEADING_ONLY = re.compile(
    r"^(?:(?:ok(?:ay)?|alright|all right|and|but|so|then|now|also|no|nah|nope|hm+|oh|ah|or|rather|"
    r"please|only|"
    rf"just|actually|instead|maybe|perhaps|try|make (?:it|that)|more|{THE_SAME}|"
    rf"of course|or rather|better)\b(?!-\w)[\s,.:;!–—-]+"
    rf"|(?:yes|well|sorry|wait|next|fine|better|exactly|precisely|absolutely|anyway|anyways|enough|"
    rf"indeed|ugh|meh|great|lovely|cool|never mind|too bad|oh well|a pity)\b(?:{BREAK}|"
    rf"\s+(?={GOES_ON})))+",
    re.IGNORECASE,
)

_ONE_IS = re.compile(
    r"^(?:the|that) (?:one|photo|picture|pic) (?:that |which |who )?(?:i (?:mean|meant|want|"
    r"wanted)(?: (?:is|was|has|had))?|is|was|has|had)\s+",
    re.IGNORECASE,
)

_TRAILING_THEN = re.compile(
    r"[\s,]+(?:then|instead|too|as well|now|still|though|i mean|rather|again|only|maybe|"
    r"perhaps)\W*$",
    re.IGNORECASE,
)

_PLEASE_INSIDE = re.compile(r"\s*\b(?:pls+|plz|please)\b|\b(and) also\b", re.IGNORECASE)

_ANY = re.compile(r"^(?:any|some|a few)\s+(?!(?:one|body|thing|of)\b)(?=[\w'-])", re.IGNORECASE)
"""Before a thing that is asked for, whichever it is: "got any skateboard pics"."""

_LIST_LEFT = re.compile(r"[\s,]+(?:or|and|nor)\W*$", re.IGNORECASE)
"""Stood between two places: "dogs in Rome or Porto"."""

_THE_SAME_ALONE = re.compile(THE_SAME, re.IGNORECASE)

_X_ONE = re.compile(r"(?:the |that |those |these |a |an )?(?P<x>(?:[\w'-]+ )?[\w'-]+) ones?$", re.I)
"""A whole content: "the skateboard one", "the hot dog ones"."""


def what_is_seen(text: str, state: TalkState, *, begun: bool | None = None) -> tuple[str, str]:
    """Content and exclusion of a message without its mentions of when and where."""
    text = _without_comment(text)
    excluded = split_exclusion(text, begun=state.asked if begun is None else begun)
    content = take_apart(excluded.content).content if excluded.content else ""
    shorter = _LEADING_ONLY.sub("", content)
    if shorter != content:
        content = take_apart(shorter).content if shorter.strip() else ""
    for pattern in (_LEADING_MORE, _ONE_IS, _TRAILING_THEN):
        content = pattern.sub("", content)
    content = _PLEASE_INSIDE.sub(r"\1", content).strip(" ,;:.–—-?!")
    one = _X_ONE.fullmatch(content)
    if one and kind_of(one["x"].split()[-1]) in ("subjects", "scenes", "events"):
        content = one["x"]
    content = _LIST_LEFT.sub("", _ANY.sub("", content))
    if _THE_SAME_ALONE.fullmatch(content):
        content = ""
    if means_everything(content):
        content = ""
    return content, excluded.exclude


def _without_comment(text: str) -> str:
    """A message without what is said beside the photo; whole where too little would be left."""
    shorter = split_comment(text).content
    return shorter if says_something(take_apart(shorter).content) else text


def says_nothing(rest: str) -> bool:
    """Whether a message without its time and place says nothing of what is to be seen."""
    return not says_something(rest) or means_everything(core_of(rest).strip(" ,.?!"))
