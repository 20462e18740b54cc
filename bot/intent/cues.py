"""What in the words of a conversation tells that a photo is wanted, or about to be shared."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.conversation import Conversation, Turn

LOOK_BACK = 4
"""Turns whose words are read; older ones only count."""

MAX_CHARS = 600
"""Of a turn: nobody asks for a photo in the middle of an essay."""

_PHOTO = r"(?:pics?|pix|pictures?|photos?|photographs?|images?|snaps?|snapshots?|selfies?)"
_IT = r"(?:it|him|her|them|this|that|these|those|one|some)"
_SOME = r"(?:an?|any|some|the|more|that|your|my|his|her|their|those|these|this)"

_MODAL = r"(?:let me|lemme|i'?ll|i will|i can|gotta|have to|i'?m gonna|(?:i )?want(?:ed)? to)"
_MUST = r"(?:should(?: have| of|'?ve)?|gotta|have (?:got )?to|need to|must|ought to)"

PLAIN_WORDS = re.compile(
    "|".join(
        (
            # Somebody asks.
            r"\bshow (?:me|us)\b(?! (?:how|the way|around|off|what to|where))",
            rf"\bsend (?:me|us)\b(?! (?:the|an?|your|my|all)(?! (?:\w+ )?{_PHOTO}))",
            rf"\bshow (?:it|him|her|them|off {_SOME})\b",
            r"\b(?:let me|let'?s) (?:have a look|see "
            rf"(?:{_IT}\b|{_SOME} (?:\w+ ){{0,3}}{_PHOTO}\b))",
            r"\b(?:can|could|may) (?:i|we) (?:please |pls )?(?:see|have a look)\b"
            r"(?! (?:you|each|why|how|that you))",
            r"\bi(?:'?d| would)? (?:really )?(?:want|wanna|like|love|need)(?: to)? see\b(?! you\b)",
            rf"\b(?:got|have|are there|did you (?:take|get|snap)|took) "
            rf"(?:{_SOME} )?(?:\w+ )?{_PHOTO}\b[^.!?]*\?",
            rf"\b(?:any|{_PHOTO} of) (?:\w+ )?(?:{_PHOTO}|{_IT}) ?\?",
            rf"^\W*{_PHOTO}\W*$|\b{_PHOTO},? (?:please|pls|plz)\b",
            rf"\b{_PHOTO} or it (?:didn'?t|did not|never) happen",
            r"^\W*(?:please )?(?:find|search for|look for|bring up|pull up|get me|give me) "
            rf"(?:me )?(?:{_SOME} )?(?:\w+ ){{0,2}}{_PHOTO}\b",
            # Somebody hands one over.
            rf"\bhere(?:'?s| is| are| comes?)\b[^.?]{{0,30}}\b{_PHOTO}\b",
            rf"\b(?:this|that)(?:'?s| is) (?:a|the|my|our|one) (?:\w+ )?{_PHOTO}\b",
            r"\blook at (?:this|these|those|him|her|them|my|that)\b(?! (?:way|point))",
            rf"\bcheck (?:{_IT} out|out (?:this|these|my|his|her|the|our))\b",
            r"\b(?:take|have) a look\b(?! (?:into|for))",
            rf"\b{_MODAL} (?:just |also |quickly |go )?(?:show|send|share)\b(?! (?:up|off))[^?]*$",
            rf"\byou {_MUST} "
            r"(?:see|seen) (?:this|these|the|his|her|their|its|my|our|him|them|how|what|it)\b",
        )
    ),
    re.IGNORECASE,
)

OFFER = re.compile(
    r"\b(?:wanna|want to|like to|love to|care to) (?:see|look at|have a look)\b[^.!]*\?",
    re.IGNORECASE,
)
"""An offer that waits for an answer."""

CUES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "photo": rf"\b(?:{_PHOTO}|shots?|album|camera)\b",
        "show": r"\b(?:show|showing|send|sending|sent|share|sharing|shared|post|posted)\b",
        "see": r"\b(?:see|look at|check (?:it|this|that|him|her|them) out|peek)\b",
        "want": r"\b(?:want|wanna|would (?:you )?(?:like|love)|like to|love to|can i|could i|"
        r"may i)\b",
        "here": r"\b(?:here|here'?s|hold on|one sec(?:ond)?|wait|hang on|this is|these are)\b",
        "let me": r"\b(?:let me|lemme|i'?ll|i will|i can|gonna|going to)\b",
        "let me show": r"\b(?:let me|lemme|i'?ll|i will|i can|i could|have to|gotta|going to|gonna|"
        r"want(?:ed)? to|wanna|trying to)\s+(?:\w+\s+){0,2}(?:show|send|share|post|forward|find)\b",
        "want to see": r"\b(?:wanna|want to|like to|love to|care to|can i|could i|may i|let'?s|"
        r"let me|lemme|dying to|have to|gotta|got to|should)\s+"
        r"(?:\w+\s+){0,2}(?:see|look|view|peek)\b",
        "show me": r"\b(?:show|send|share)(?: \w+)?(?: to| with)? (?:me|us)\b"
        r"|\b(?:show|send|share) (?:it|them|one|some|away)\b",
        "here is": r"\bhere(?:'?s| (?:is|are|you go|it is|they are|we go|we are|he is|she is|"
        r"goes)\b|:)",
        "yes": r"^\W*(?:yes+|yeah|yea|yep|yup|sure|ok|okay|of course|definitely|absolutely|please|"
        r"oh (?:yes|yeah)|why not|go ahead|i'?d love|i would love|sounds good|alright|cool|great|"
        r"nice|awesome|wow)\b",
        "please": r"\b(?:please|pls|plz|go ahead|why not|of course|definitely|absolutely|i'?d love|"
        r"i would love|sure)\b",
        "looks like": r"\b(?:look(?:s|ed|ing)? like|(?:what|how) (?:does|do|did) "
        r"(?:\w+\s+){1,3}look)\b",
        "look at this": r"\b(?:look at|check out|see) "
        r"(?:this|that|him|her|them|my|the|these|those|it)\b"
        r"|\b(?:take|have) a look\b|^\W*(?:look|see)\W*$",
        "took a photo": rf"\b(?:took|take|taken|taking|snapped|got|captured|have|has|had)\s+"
        rf"(?:\w+\s+){{0,4}}(?:{_PHOTO}|shots?)\b",
        "a photo": rf"\b(?:any|some|got|have|a|the)\s+{_PHOTO}\b",
        "not": r"\b(?:no|not|don'?t|didn'?t|can'?t|never|wish)\b",
        "attached": r"\b(?:attach\w*|upload\w*|sending|sent)\b",
        "question": r"\?",
        "exclamation": r"!",
    }.items()
}
"""What the model looks for in a turn."""

OFFERS = ("photo", "let me show", "want to see", "show me", "here is", "look at this")
"""Cues that put a photo on the table."""

OWNER, OTHER = "owner", "other"
_AFTER_TURNS = (2, 3, 4, 5, 6, 7, 8, 9, 11, 13)


def since_last_photo(turns: Sequence[Turn]) -> list[Turn]:
    """The turns after the newest shared photo: a new talk, as far as photos are concerned."""
    recent: list[Turn] = []
    for turn in reversed(turns):
        if turn.shares_photo:
            break
        if turn.text.strip():
            recent.append(turn)
    return recent[::-1]


def uses_plain_words(text: str) -> bool:
    """Whether a message asks for a photo or hands one over in so many words."""
    return bool(PLAIN_WORDS.search(_bounded(text)))


def offers_a_photo(text: str) -> bool:
    """Whether a message asks if the other one would like to see something."""
    return bool(OFFER.search(_bounded(text)))


def features(conversation: Conversation) -> dict[str, float]:
    """What the model sees: names of what holds now, each with a value of about 0 to 1.

    Cues are told apart by how long ago and by whom: "sure" of the other one right after the owner's
    "wanna see?" is a go-ahead, the owner's own "sure" is small talk.
    """
    turns = since_last_photo(conversation.turns)
    owner = conversation.owner
    found = dict(_cues_of(turns, owner))
    found.update(_shape_of(turns, owner))
    found.update(_offers_in(turns, owner))
    return found


def _cues_of(turns: Sequence[Turn], owner: str) -> Iterator[tuple[str, float]]:
    for back, turn in enumerate(reversed(turns[-LOOK_BACK:]), start=1):
        where = f"{min(back, 3)} {_role(turn, owner)}"
        for name in _cues(turn.text):
            yield f"{name} @{where}", 1.0
        if back <= 2 and len(turn.text.split()) <= 3:
            yield f"short @{where}", 1.0


def _shape_of(turns: Sequence[Turn], owner: str) -> Iterator[tuple[str, float]]:
    count = len(turns)
    roles = [_role(turn, owner) for turn in turns]
    for number in _AFTER_TURNS:
        if count >= number:
            yield f"turns >= {number}", 1.0
    if not count:
        return
    yield f"last by {roles[-1]}", 1.0
    yield f"last two by {' '.join(roles[-2:])}", 1.0
    run = 1
    while run < count and roles[-run - 1] == roles[-1]:
        run += 1
    yield f"run of {min(run, 3)} by {roles[-1]}", 1.0
    for back, turn in enumerate(reversed(turns[-2:]), start=1):
        yield f"length @{back}", min(len(turn.text.split()), 25) / 25


def _offers_in(turns: Sequence[Turn], owner: str) -> Iterator[tuple[str, float]]:
    offers = [any(name in OFFERS for name in _cues(turn.text)) for turn in turns]
    for back in range(1, len(turns) + 1):
        if offers[-back]:
            yield f"newest offer @{min(back, 5)}", 1.0
            break
    else:
        yield "no offer", 1.0
        yield "no offer, turns", min(len(turns), 14) / 10
    if len(turns) < 2 or not offers[-2]:
        return
    last, before = turns[-1], turns[-2]
    if _role(before, owner) == OWNER and _role(last, owner) == OTHER:
        yield "offer answered", 1.0
        if {"yes", "please"} & set(_cues(last.text)):
            yield "offer accepted", 1.0


def _cues(text: str) -> list[str]:
    bounded = _bounded(text)
    return [name for name, pattern in CUES.items() if pattern.search(bounded)]


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_CHARS else f"{text[: MAX_CHARS // 2]} {text[-MAX_CHARS // 2 :]}"


def _role(turn: Turn, owner: str) -> str:
    return OWNER if turn.speaker == owner else OTHER
