"""What the move classifier sees of a message: its meaning, and its shape.

The meaning is the mean of MiniLM's token states. The shape is the message with its content words
replaced by what kind of word they are ("show me the brown dog" becomes ``show me the A S``), read
in runs of one to three: how something is asked for does not depend on what is asked for.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.intent.asking import bounded, take_apart
from bot.intent.plan import TalkState
from bot.intent.words import split_words, word_list
from bot.vocabulary import is_chitchat, kind_of
from retrieval.encoders.starter.layout import STATE_DIM

BUCKETS = 4096
"""Into which runs of shape tokens are hashed."""

DENSE = 28
"""Numbers that describe a message as a whole."""

MEANING_SCALE = 4.0
SHAPE_SCALE = 0.7
"""So that regularisation treats the three parts of a row alike."""

_MAX_TOKENS = 60
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:st|nd|rd|th)?|[?!.,:;>#*]|[^\w\s]")
_KIND = {"subjects": "S", "scenes": "P", "events": "E", "attributes": "A"}
_PHOTO = re.compile(
    r"\b(?:pics?|pix|pictures?|photos?|photographs?|images?|snaps?|shots?|selfies?|album)\b"
)

Rows = NDArray[np.float32]


class SentenceBase(Protocol):
    """The text network, as reading messages needs it."""

    def sentence_vectors(self, texts: Sequence[str]) -> Rows:
        """Unit vectors [n, 384] of texts: the mean of their token states."""
        ...

    def vocabulary(self) -> dict[str, int]:
        """The number of every token."""
        ...


def meanings(base: SentenceBase, texts: Sequence[str]) -> Rows:
    """Sentence vectors [n, 384] of unit length: the mean of the token states."""
    found = np.zeros((len(texts), STATE_DIM), np.float32)
    for start in range(0, len(texts), 64):
        batch = [text or " " for text in texts[start : start + 64]]
        found[start : start + 64] = base.sentence_vectors(batch)
    return found


def row(meaning: Rows, text: str, state: TalkState) -> Rows:
    """All that the classifier sees of one message [384 + 4096 + 24]."""
    shape = np.zeros(BUCKETS, np.float32)
    for name in _runs(text, state):
        shape[zlib.crc32(name.encode()) % BUCKETS] = SHAPE_SCALE
    return np.concatenate([meaning * MEANING_SCALE, shape, _dense(text, state)])


WIDTH = STATE_DIM + BUCKETS + DENSE


def shape_of(text: str) -> list[str]:
    """The tokens of a message, content words replaced by their kinds."""
    return [_class_of(token) for token in _TOKEN.findall(bounded(text))[:_MAX_TOKENS]]


def _class_of(token: str) -> str:
    word = token.lower().replace("’", "'")
    if word[0].isdigit():
        if not word.isdigit():
            return "0th"
        return "Y" if len(word) == 4 and word[:2] in ("19", "20") else "0"
    if not word[0].isalpha():
        return word if word in "?!.,:;>#*" else "emoji"
    if word in word_list("asking"):
        return word
    if word in word_list("verbs"):
        return "Vd"
    if is_chitchat(word):
        return word
    kind = kind_of(word)
    if kind is not None:
        form = "ing" if word.endswith("ing") else "s" if word.endswith("s") else ""
        return _KIND[kind] + form
    for ending in ("ing", "ed", "ly", "'s", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return "X" + ending
    return "X"


def _runs(text: str, state: TalkState) -> Iterator[str]:
    tokens = ["<", *shape_of(text), ">>"]
    for size in (1, 2, 3):
        for start in range(len(tokens) - size + 1):
            yield " ".join(tokens[start : start + size])
    # How a message starts and ends means something else once photos were looked for.
    if state.asked:
        yield "asked " + " ".join(tokens[1:2])
        yield "asked " + " ".join(tokens[1:3])
        yield "asked, ends " + " ".join(tokens[-2:])
    classes = [token[0] if token[0] in "XSPEA" else token for token in tokens]
    for start in range(len(classes) - 2):
        yield "~ " + " ".join(classes[start : start + 3])


_NO_DESCRIPTION = frozenset(
    split_words(
        "i we you they it is are was were am be been has had have do does did will would can "
        "could should must might may what when how why who if because than best love hate like "
        "better worst not no don't never always ever think know hope wish want need thanks thank "
        "bye hello hi hey so just really > ?"
    )
)


def is_noun_phrase(tokens: Sequence[str]) -> bool:
    """Whether a message may be the name of a thing alone: "a cup of coffee", "the old windmill"."""
    return (
        2 <= len(tokens) <= 8
        and tokens[0] in ("a", "an", "the", "some", "my", "our", "two", "three", "0")
        and not _NO_DESCRIPTION & set(tokens)
        and "Vd" not in tokens
    )


def is_description(tokens: Sequence[str]) -> bool:
    """Whether a message is a bare description: "girl blowing bubbles, sunny meadow".

    It names a thing that a photo could show, and has no verb of a story, no speaker, no opinion.
    """
    return (
        2 <= len(tokens) <= 30
        and any(token[0] in "SPE" for token in tokens)
        and not _NO_DESCRIPTION & set(tokens)
        and "Vd" not in tokens
    )


def _dense(text: str, state: TalkState) -> Rows:
    low = text.lower().replace("’", "'")
    tokens = shape_of(text)
    words = [token for token in tokens if token[0].isalpha()]
    asked = take_apart(text)
    first = set(tokens) & {"i", "we", "my", "our", "me", "us"}
    verbs = set(tokens) & {
        "is",
        "are",
        "was",
        "were",
        "has",
        "had",
        "have",
        "did",
        "Vd",
        "am",
        "does",
    }
    short = len(words) <= 4
    numbers = (
        asked.asks,
        asked.announces,
        bool(_PHOTO.search(low)),
        text.rstrip().endswith("?"),
        text.rstrip().endswith("!"),
        text.rstrip().endswith(":"),
        bool({"i", "we"} & set(tokens[:2])),
        bool(first),
        "you" in tokens or "your" in tokens,
        bool(verbs),
        "Vd" in tokens or any(token == "Xed" for token in tokens),
        not verbs and not first and bool(words),
        bool(words) and all(token[0] in "XSPEA" for token in words),
        not words,
        any(token == "emoji" for token in tokens),
        any(token in ("not", "no", "never") or token.endswith("n't") for token in tokens),
        min(len(words), 20) / 20,
        short,
        len(words) > 12,
        state.asked,
        state.asked and short,
        state.asked and asked.asks,
        state.asked and not verbs,
        is_description(tokens),
        is_description(tokens) and tokens[0] in ("a", "the", "my", "our", "some", "0", "an"),
        is_description(tokens) and tokens[0][0] in "SPEAX",
        asked.asks and asked.names_photo,
        1.0,
    )
    return np.asarray(numbers, np.float32)
