"""The assistant's own sentences, in several languages; none is used twice in a row."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bot.assistant.session import Session

DEFAULT_LANGUAGE = "en"
MAX_SUBJECT_CHARS = 80
UNNAMED = {
    "this_one": "one",
    "this_one_plain": "one_plain",
    "these": "many",
    "these_plain": "many_plain",
}
"""Sentences that do not say what was looked for, and those which never do in other languages."""

_YOURS = {
    "my": "your",
    "mine": "yours",
    "our": "your",
    "ours": "yours",
    "i": "you",
    "me": "you",
    "we": "you",
    "us": "you",
    "myself": "yourself",
    "am": "are",
    "i'm": "you're",
    "we're": "you're",
    "i've": "you've",
    "we've": "you've",
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_WITH = re.compile(r"^(?:with|of|showing)\s+", re.I)
_ARTICLE = re.compile(r"^(?:the|an?|any|some|your|his|her|their|its)\s+", re.I)


@cache
def _sentences() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    text = files("bot.assistant").joinpath("sentences.json").read_text(encoding="utf-8")
    return {
        language: {kind: tuple(variants) for kind, variants in kinds.items()}
        for language, kinds in json.loads(text).items()
    }


@dataclass(frozen=True)
class Vocabulary:
    """The little words of a language that facts are put together with."""

    one_photo: str
    photos: str
    to: str
    conjunction: str
    disjunction: str
    more_places: str


def vocabulary(language: str) -> Vocabulary:
    """Of a language, or of English where it has none."""
    known = _sentences()
    return Vocabulary(*known.get(language, known[DEFAULT_LANGUAGE])["words"])


_FROM_NOT = re.compile(r"\bfrom not ", re.IGNORECASE)
"""Before a place or time that is not wanted: "nothing from not Rome"."""

_FROM_OPEN = re.compile(r"\bfrom (?=(?:since|until) )", re.IGNORECASE)
"""Time with an open end has its own word: "since 2023", not "from since 2023"."""


def say(session: Session, kind: str, **values: object) -> str:
    """The next sentence of a kind, in the language of the session where it has one.

    The variants are gone through in turn, so that the same one comes again as late as possible.
    """
    known = _sentences()
    kinds = known.get(session.language, {})
    variants = kinds.get(kind) or kinds.get(UNNAMED.get(kind, "")) or known[DEFAULT_LANGUAGE][kind]
    used = session.said.get(kind, 0)
    session.said[kind] = used + 1
    text = variants[used % len(variants)].format(**values)
    text = " ".join(text.split()).replace(" .", ".").replace(" ,", ",")
    if session.language == DEFAULT_LANGUAGE:
        text = _FROM_NOT.sub("outside ", _FROM_OPEN.sub("", text))
    return text[:1].upper() + text[1:]


def two_parts(session: Session, first: str, second: str) -> str:
    """Two sentences whose variants move at different speeds: their pairs repeat very late."""
    known = _sentences()
    kinds = known.get(session.language, known[DEFAULT_LANGUAGE])
    if first not in kinds or second not in kinds:
        kinds = known[DEFAULT_LANGUAGE]
    one, two = kinds[first], kinds[second]
    used = session.said.get(f"{first}+{second}", 0)
    session.said[f"{first}+{second}"] = used + 1
    # Each full round through the first shifts the second by one.
    return f"{one[used % len(one)]} {two[(used + used // len(one)) % len(two)]}"


def subject(content: str) -> str:
    """The person's words as the assistant says them back: "my cat" is "your cat"."""
    text = _WITH.sub("", " ".join(content.split()).strip(" .,;:!?"))
    text = _WORD.sub(lambda match: _YOURS.get(match[0].lower(), match[0]), text)
    if len(text) > MAX_SUBJECT_CHARS:
        text = text[:MAX_SUBJECT_CHARS].rsplit(" ", 1)[0] + " …"
    return text


def bare(text: str) -> str:
    """A subject without its article, for "I see no …"."""
    return _ARTICLE.sub("", text)


def capital(text: str) -> str:
    """With a capital at the beginning."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """Without a capital at the beginning, unless the first word looks like a name."""
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first[1:] == first[1:].lower() else text
