"""Text in photos as evidence: how well what was read in a photo says that it is the one.

The strength of this evidence stands beside that of names (:mod:`retrieval.search.evidence`), in
the same unit: 1 is a file that is named as asked.

=====================================  =====================================================
the query                              how much a text counts
=====================================  =====================================================
tells what is written ("STOP")         :data:`CERTAIN` times the square of the share found
names a kind of document and more      :data:`LIKELY` times that
holds words the encoder hardly knows   :data:`UNFAMILIAR` times their share, if all are found
is found as it stands, or three words  :data:`PHRASE`
anything else                          :data:`LARGE` times that, only of large letters
=====================================  =====================================================

So a dog in small print is no dog, and the name of a shop is found on its receipt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from retrieval.library import Library
from retrieval.library.texts import TextLine
from retrieval.photos.letters import is_east_asian, letters_of, written_words
from retrieval.photos.names import FUNCTION_WORDS
from retrieval.search.hits import Hit
from retrieval.search.query import Query

CERTAIN = 3.0
LIKELY = 2.0
UNFAMILIAR = 1.0
PHRASE = 0.75
LARGE = 0.15

LARGE_LETTERS = 0.06
"""Share of a photo's shorter edge from which letters are what the photo shows, not small print."""

FUZZY_FROM = 5
"""Letters of a word from which one or two of them may have been misread."""

FUZZY_RATIO = 78.0
"""Likeness, 0 to 100, from which a piece of a text counts as the misread word."""

INSIDE = 0.8
"""What a word counts that is found inside another one; readers often lose blanks."""

PHRASE_LETTERS = 6
"""A phrase of fewer letters may be a part of anything."""

FEW_WORDS = 3
"""So many words of a query are hardly all in a text by chance."""

MAX_WORDS = 24
"""Of a longer query so many words are looked for."""

MAX_QUOTED_CHARS = 120

Shares = dict[int, float]


@dataclass(frozen=True)
class _Wanted:
    """What is looked for in texts.

    Attributes:
        words: in plain letters; of a query that tells what is written all of them, else those
            that mean something.
        phrase: all words as one run of letters.
        misread: whether letters may have been misread.
    """

    words: tuple[str, ...]
    phrase: str
    misread: bool

    @classmethod
    def of(cls, query: Query) -> "_Wanted | None":
        told = query.written is not None
        text = query.written.text if query.written else query.names
        every = written_words(text)[:MAX_WORDS]
        words = [one for one in every if one not in FUNCTION_WORDS and (told or len(one) > 1)]
        words = words or (every if told else [])
        return cls(tuple(words), "".join(every), told) if words else None


class _Text:
    """The text of one photo, in plain letters."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        joined = " ".join(line.text for line in lines)
        self.words = set(written_words(joined))
        self.letters = letters_of(joined)

    def holds_phrase(self, phrase: str) -> bool:
        long = len(phrase) >= (2 if is_east_asian(phrase) else PHRASE_LETTERS)
        return long and phrase in self.letters

    def score(self, word: str, misread: bool) -> float:
        """How surely it holds a word, 0 to 1."""
        if word in self.words:
            return 1.0
        if is_east_asian(word) and word in self.letters:
            return 1.0
        if len(word) < FUZZY_FROM - 1:
            return 0.0
        if word in self.letters:
            return INSIDE
        if not misread or len(word) < FUZZY_FROM:
            return 0.0
        from rapidfuzz.fuzz import partial_ratio

        return float(partial_ratio(word, self.letters, score_cutoff=FUZZY_RATIO)) / 100

    def share(self, wanted: _Wanted) -> float:
        """The share of the words that it holds, longer ones counting more."""
        if len(wanted.words) > 1 and self.holds_phrase(wanted.phrase):
            return 1.0
        lengths = [min(len(word), 8) for word in wanted.words]
        scores = [self.score(word, wanted.misread) for word in wanted.words]
        found = sum(length * score for length, score in zip(lengths, scores, strict=True))
        return found / sum(lengths)


def written_shares(library: Library, query: Query, is_unfamiliar: Callable[[str], bool]) -> Shares:
    """How much the texts in photos say for a query, by photo; most say nothing.

    Args:
        library: holds the texts.
        query: tells what is written, or holds words that may be.
        is_unfamiliar: whether a word is one that the encoder hardly knows.
    """
    wanted = _Wanted.of(query)
    if wanted is None:
        return {}
    found = library.find_texts(wanted.words, misread=wanted.misread)
    weigh = _told if query.written is not None else _untold
    rare = () if query.written else tuple(one for one in wanted.words if is_unfamiliar(one))
    weighed = {
        number: weigh(query, wanted, rare, lines) for number, lines in found.items() if lines
    }
    return {number: strength for number, strength in weighed.items() if strength > 0}


def _told(query: Query, wanted: _Wanted, rare: tuple[str, ...], lines: Sequence[TextLine]) -> float:
    assert query.written is not None
    share = _Text(lines).share(wanted)
    return (CERTAIN if query.written.certain else LIKELY) * share**2


def _untold(
    query: Query, wanted: _Wanted, rare: tuple[str, ...], lines: Sequence[TextLine]
) -> float:
    """Of a query that may mean what is seen and may mean what is written."""
    text = _Text(lines)
    if rare and all(text.score(word, misread=False) for word in rare):
        return UNFAMILIAR * len(rare) / len(wanted.words)
    all_held = all(text.score(word, misread=False) for word in wanted.words)
    if len(wanted.words) >= FEW_WORDS and all_held:
        return PHRASE
    if len(wanted.words) > 1 and text.holds_phrase(wanted.phrase):
        return PHRASE
    large = _Text([line for line in lines if line.height >= LARGE_LETTERS])
    return LARGE * large.share(wanted) ** 2


def quoted(library: Library, query: Query, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """The hits, with the lines that hold words of the query in those that hold any."""
    wanted = _Wanted.of(query)
    if wanted is None or not hits:
        return hits
    texts = library.texts([hit.photo_id for hit in hits])
    return tuple(
        replace(hit, written=_quote(wanted, texts[hit.photo_id])) if hit.photo_id in texts else hit
        for hit in hits
    )


def _quote(wanted: _Wanted, lines: Sequence[TextLine]) -> str:
    """The lines that hold the words, in their order; "" where none does."""
    whole = _Text(lines).holds_phrase(wanted.phrase)
    held = [line.text for line in lines if _holds(wanted, _Text([line]), whole)]
    said = " … ".join(held)
    return said if len(said) <= MAX_QUOTED_CHARS else said[: MAX_QUOTED_CHARS - 1] + "…"


def _holds(wanted: _Wanted, line: _Text, whole: bool) -> bool:
    """Whether a line holds one of the words, or is a part of the phrase that a sign shows."""
    part = whole and len(line.letters) > 1 and line.letters in wanted.phrase
    return part or any(line.score(word, wanted.misread) for word in wanted.words)
