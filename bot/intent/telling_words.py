"""Words that say what a photo shows, told from those that hold a sentence together."""

import re

from bot.intent.words import split_words

GLUE = frozenset(
    split_words(
        "the a an of from in on at to by for with and or some any only just it its them they "
        "those these that this one ones photo photos picture pictures pic pics image images shot "
        "shots now what about how me us all please there taken was were is are i we you my our "
        "your have has had also too ok okay so then but again few more any? ones? mean taken show "
        "see let's lets instead other others he she him her be when where here did do does took "
        "take got get out up maybe think both either anywhere "
        "everywhere somewhere elsewhere else dear darling though it's "
        "that's they're i'm we're was it'd i'd"
    )
)
"""Words that show nothing: a message of nothing else has no content."""


def says_something(text: str) -> bool:
    """Whether a text says anything that a photo could show."""
    return any(word not in GLUE for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))


def overlaps(content: str, topic: str) -> bool:
    """Whether a content speaks of what was looked for."""
    words = set(re.findall(r"\w{3,}", content.lower())) - GLUE
    known = set(re.findall(r"\w{3,}", topic.lower())) - GLUE
    return any(_like(a, b) for a in words for b in known)


def _like(a: str, b: str) -> bool:
    """Whether two words may be forms of one: "climbing" and "climbers", "dog" and "dogs"."""
    return a.rstrip("s") == b.rstrip("s") or (min(len(a), len(b)) >= 5 and a[:5] == b[:5])
