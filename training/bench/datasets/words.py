"""The words of captions that say what a photo shows, and which photos share them."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_BLOCK = 512


def is_content(word: str) -> bool:
    """Whether a word may say what a photo shows; function words do not."""
    return len(word) > 1 and word.lower() not in _function_words()


def stem(word: str) -> str:
    """The word without its ending, in lower case: ``dogs`` and ``dog`` are one (Snowball)."""
    return str(_stemmer().stemWord(word.lower()))


def said_words(captions: Sequence[str]) -> frozenset[str]:
    """Stems of the content words that any of these captions says."""
    return frozenset().union(*map(_stems, captions))


def agreed_words(captions: Sequence[str], least: int = 2) -> frozenset[str]:
    """Stems of the content words that ``least`` of the captions say, or all where there are fewer.

    What two people see independently is in the photo, and is what one would name it by.
    """
    counts: dict[str, int] = {}
    for caption in captions:
        for one in _stems(caption):
            counts[one] = counts.get(one, 0) + 1
    needed = min(least, len(captions))
    return frozenset(one for one, count in counts.items() if count >= needed)


def word_matrix(words: Sequence[frozenset[str]]) -> sparse.csr_matrix:
    """Which photo has which word [photos, words], 0 or 1, the words in alphabetical order."""
    column = {word: place for place, word in enumerate(sorted(frozenset().union(*words)))}
    columns = [sorted(column[word] for word in one) for one in words]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.asarray([place for one in columns for place in one], dtype=np.int32)
    ones = np.ones(len(flat), dtype=np.float32)
    return sparse.csr_matrix((ones, flat, ends), shape=(len(words), max(1, len(column))))


def sharing(words: Sequence[frozenset[str]], least: int) -> list[list[int]]:
    """For each photo the places of the others that share at least ``least`` words with it."""
    matrix = word_matrix(words)
    found: list[list[int]] = []
    for start in range(0, len(words), _BLOCK):
        counts: NDArray[np.float32] = (matrix[start : start + _BLOCK] @ matrix.T).toarray()
        for row, many in enumerate(counts >= least):
            many[start + row] = False
            found.append(np.flatnonzero(many).tolist())
    return found


def _stems(caption: str) -> frozenset[str]:
    return frozenset(stem(word) for word in WORD.findall(caption) if is_content(word))


@cache
def _function_words() -> frozenset[str]:
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    return frozenset(STOPWORDS_EN_PLUS)


@cache
def _stemmer():  # type: ignore[no-untyped-def]
    import Stemmer

    return Stemmer.Stemmer("english")
