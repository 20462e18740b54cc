"""Text in photos, made comparable: what was read there with what somebody looks for."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")

SHORTEST_PIECE = 3
"""Letters of the pieces by which texts are found (the trigrams of SQLite's index)."""


def plain_letters(text: str) -> str:
    """A text in lower case, without accents, with wide and joined letters as plain ones."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def letters_of(text: str) -> str:
    """Its letters and digits alone: "Wi-Fi Password" is "wifipassword"."""
    return "".join(_WORD.findall(plain_letters(text)))


def written_words(text: str) -> list[str]:
    """Its words in order, each once: runs of letters and digits.

    A run of Chinese, Japanese or Korean characters counts as one word.

    Example::

        written_words("Wi-Fi: Café 密码2024")  # wi, fi, cafe, 密码, 2024
    """
    words: dict[str, None] = {}
    for run in _WORD.findall(plain_letters(text)):
        start = 0
        for found in _EAST_ASIAN.finditer(run):
            words |= dict.fromkeys(filter(None, (run[start : found.start()], found[0])))
            start = found.end()
        if run[start:]:
            words[run[start:]] = None
    return list(words)


def is_east_asian(word: str) -> bool:
    """Whether a word is of a script that writes no blanks, so that two characters are a word."""
    return bool(_EAST_ASIAN.search(word))


def pieces_of(word: str) -> list[str]:
    """All runs of three letters of a word, each once."""
    count = len(word) - SHORTEST_PIECE + 1
    return list(dict.fromkeys(word[at : at + SHORTEST_PIECE] for at in range(count)))
