"""Messages of a few words: one that only says more of what is looked for, or only names a thing."""

import re

from bot.intent.asking import take_apart
from bot.intent.contents import THE_SAME
from bot.intent.features import is_noun_phrase, shape_of
from bot.intent.moves import core_of
from bot.intent.plain_asking import NEGATED
from bot.intent.spelling import is_photo_word
from bot.vocabulary import is_chitchat, kind_of

SAME_WITH = re.compile(
    rf"{THE_SAME},? (?:(?:but|only|just|again|this time),? )*"
    r"(?:with|without|in|at|on|from|by|near|of|where|no|not)\b",
    re.IGNORECASE,
)
"""What was looked for, taken up again: "the same, but at night"."""

SAME_BUT_ANOTHER = re.compile(
    rf"{THE_SAME},? (?:(?:but|only|just),? )+(?:(?:an?|two|three|several|some) (?!bit\b|"
    r"little (?:bit|more|less)\b|(?:different|other|new)\b)|[a-z]{2,}s$|"
    r"(?:man|woman|girl|boy|child|kid|baby)\b)",
    re.IGNORECASE,
)
"""The same with another thing in the place of one: "same but a man"."""

REFINING = re.compile(
    r"(?:(?:ok(?:ay)?|and|but|yes|no|hm+|oh|well|so|great|nice|please|sorry)[\s,]+)*"
    r"(?:(?:only|just)\b(?! (?:kidding|joking|saying|wondering|asking|looking|curious|now|"
    r"because|got|been|a (?:second|minute|moment|sec)))|(?:the |those |these |any |some |"
    r"just )?ones?\b(?! (?:of|more|second|moment|sec|minute|day|time|thing))|(?:those|these|"
    r"them)\b (?:in|from|with|at|on|where|of|when)|(?:is|are) there (?:one|any|"
    r"some|ones)(?: of (?:them|those|these))? (?:where|with|in|at|on|when|from)\b"
    r"|(?:with|where (?:he|she|it|they|there|we|i|you|\w+ (?:is|are|was|were))|in|on|at|near|by|"
    rf"without|from|{THE_SAME},? (?:but )?)\b"
    r"|any (?:of (?:them|those|these)|with|where|in|at|from|on)\b|(?:which|how many) of (?:them|"
    r"those|these)\b|the (?:\w+ )?ones?\b|filter|narrow|limit)",
    re.IGNORECASE,
)
"""Begins a message that says more of what was looked for: "only with a hat", "the red ones"."""

REFERS = re.compile(
    r"\b(?:(?:some|any|all|few|more|most|one|two|three|both|each|which) of (?:them|those|these)|"
    r"(?:show|open|see|bring up|pull up|view|get|find)(?: me)?(?: (?:a few|some|all))? (?:them|"
    r"those|these))\b",
    re.IGNORECASE,
)
"""Means photos that were spoken of: "show me a few of them"."""

_MOST_NAMING_WORDS = 4
"""Of the name of a person, an animal or a thing: "my little black dog"."""

_NEXT_TOPIC = re.compile(
    r"(?:(?:ok(?:ay)?|and|great|thanks|lovely|good|nice|so|right)[\s,.!]+)*(?:now|next|"
    r"then)\b[\s,:]+",
    re.IGNORECASE,
)

NEXT_THING = re.compile(
    r"(?:(?:ok(?:ay)?|and|so|great|thanks|thank you|lovely|good|nice|right|cool|fine)[\s,.!]+)*"
    r"(?:what about|how about|now|(?<=[\s,.!])and)\b[\s,]+(?:(?:an?|the|some|any|my|our|two|three) "
    r"(?!(?:rest|same|other|way|moment|minute|bit|time)\b)|[a-z]+s\b(?= \w))"
    r"(?!.*\b(?:is|are|was|were|you|we|i)\b)",
    re.IGNORECASE,
)
"""Another thing is named: "what about people at a table", "thanks, and a boat?"."""

ANY_FROM = re.compile(
    r"(?:(?:and|ok(?:ay)?|so|is there|have you got|do you have|got|what about|how about)[\s,]+)*"
    r"(?:any(?:thing)?|something|some) (?:else )?(?:from|in|of|on|at|before|after|since|taken)\b",
    re.IGNORECASE,
)
"""The same from another time or place: "anything from 2019?"."""

WOULD_BE = re.compile(r"\bwould be (?:nice|great|lovely|good|cool|perfect|better|fun)\W*$", re.I)
"""Ends a wish: "rain would be nice"."""

_ONLY = re.compile(
    r"(?:only|just)\b[\s,]+(?!(?:kidding|joking|saying|wondering|asking|looking|curious|now|"
    r"because|got|been|fine|right|great)\b)",
    re.IGNORECASE,
)

DOING = re.compile(
    r"(?!(?:no|any|some|every)thing|king|ring|sing|(?:morn|even)ing|spring|kidding|"
    r"joking|testing|boring|amazing|exciting|annoying|interesting|wondering|thinking)[a-z]{2,}ing"
)
"""What somebody does, in one word: "jumping"."""

SOMEBODY = re.compile(
    r"(?:some(?:body|one)|any(?:body|one)|people|persons?) (?:(?:who|that) (?:is|are) )?(?:with|"
    r"in|on|at|near|under|behind|wearing|holding|playing|riding|eating|[a-z]{3,}ing)\b(?! (?:me|"
    r"you|us|it)\b)(?: (?!(?:i|you|we|said|told|asked|keeps?|just|now|today)\b)[\w'-]+){0,8}",
    re.IGNORECASE,
)
"""A whole message: "somebody with a lamp", "people waiting at a stop"."""


ADDS_ABROAD = re.compile(
    r"(?:(?:no|nein|non|nee|não|but|and|then)[\s,]+)*(?:only|with|without|in|on|at|the ones?)\b",
    re.I,
)
"""Begins a message of another language, put into English, that says more of what is looked for."""


_COUNTED = re.compile(r"^(?:any|some|an?|the|\w+ more)\s+", re.IGNORECASE)


def names_somebody(content: str) -> bool:
    """Whether a content is the name of a person, an animal or a thing, and nothing else."""
    words = content.split()
    plain = shape_of(content)
    return (
        1 <= len(words) <= _MOST_NAMING_WORDS
        and kind_of(words[-1].lower()) == "subjects"
        and is_noun_phrase(["the", *plain])
    )


def names_a_thing(text: str) -> bool:
    """Whether a message is one word that people use of photos ("soccer"), or names a thing and asks
    ("three dogs?", "a plain dog then").
    """
    core = core_of(text)
    words = core.split()
    if len(words) == 1:
        word = words[0].lower()
        return is_photo_word(word) and kind_of(word) != "attributes" and not is_chitchat(word)
    last = words[-1].lower() if words else ""
    wished = re.search(r"\b(?:then|instead|maybe|perhaps)[.! ]*$", text, re.IGNORECASE)
    return (
        bool(text.rstrip().endswith("?") or wished)
        and 1 < len(words) <= _MOST_NAMING_WORDS
        and kind_of(last) == "subjects"
        and is_noun_phrase(["the", *shape_of(_COUNTED.sub("", core))])
    )


def only_narrows(text: str) -> bool:
    """Whether a message of a few words only says more of what is looked for: "just one dog"."""
    core = core_of(text)
    only = _ONLY.match(core)
    named = take_apart(core[only.end() :] if only else core).content.split(",")[0]
    if not named or NEGATED.search(named) or len(named.split()) > _MOST_NAMING_WORDS:
        return False
    words = re.findall(r"[^\W_]+", named.lower())
    if only:
        return is_noun_phrase(["the", *shape_of(named)]) or kind_of(words[-1]) is not None
    # "running", "black and white": the name of a look, and nothing else.
    return all(kind_of(word) is not None or word in ("and", "or") for word in words)


def has_subject(topic: str) -> bool:
    """Whether what was looked for names somebody or something that may do something."""
    return any(kind_of(word) == "subjects" for word in re.findall(r"[^\W_]+", topic.lower()))


def only_names(text: str) -> bool:
    """Whether a message names a thing and asks in no words."""
    asked = take_apart(text)
    return not asked.asks and not asked.announces and len(text.split()) <= _MOST_NAMING_WORDS + 1


def names_next(text: str) -> bool:
    """Whether a message only names another thing: "and now a cup of coffee"."""
    begins = _NEXT_TOPIC.match(text)
    return begins is not None and is_noun_phrase(shape_of(text[begins.end() :]))
