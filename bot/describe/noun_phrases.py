"""Phrases of a message: runs of words that a photo could show, kept together."""

import re
from dataclasses import dataclass

from bot.vocabulary import is_chitchat, kind_of

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]|_")
_DETERMINERS = {"a", "an", "the", "my", "his", "her", "our", "your", "their", "its"} | {
    *("this", "that", "these", "those", "some", "another")
}
_MAX_WORDS = 5
_MAX_WORD = 40


@dataclass(frozen=True)
class Phrase:
    """Words in a row.

    Attributes:
        text: as written, in lower case.
        kind: of its most telling word: ``subjects``, ``scenes``, ``events``, ``attributes``, or
            None when no word is known.
        named: a determiner or a preposition stands before it, so that it probably names a thing.
    """

    text: str
    kind: str | None
    named: bool


def phrases_of(message: str) -> list[Phrase]:
    """The phrases of one message, in order.

    A phrase ends at punctuation and at every word of chit-chat ("so", "guess", "lol").
    """
    found: list[Phrase] = []
    run: list[str] = []
    named = before = False
    for token in [*_TOKEN.findall(message), "."]:
        is_word = token[0].isalnum()
        if is_word and not is_chitchat(token) and len(token) <= _MAX_WORD:
            if not run:
                named = before
            run.append(token.lower())
            if len(run) < _MAX_WORDS:
                continue
        if run:
            if not all(word.isdigit() for word in run):
                found.append(Phrase(" ".join(run), _kind(run), named))
            run = []
        before = token.lower() in _DETERMINERS
    return found


def _kind(words: list[str]) -> str | None:
    kinds = [kind_of(word) for word in words]
    known = [kind for kind in kinds if kind is not None]
    # English puts the head of a phrase last; what describes it stands before.
    heads = [kind for kind in known if kind != "attributes"]
    return heads[-1] if heads else known[-1] if known else None
