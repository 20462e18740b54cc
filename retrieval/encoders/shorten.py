"""Shorten texts by meaning: whole phrases go, the least important first."""

import re
from collections.abc import Callable, Sequence

CountTokens = Callable[[str], int]

# A phrase ends at a comma, a semicolon, a line's end, or a full stop before a space.
_PHRASE_END = re.compile(r"[,;\n]+|(?<=[.!?])\s+")
# No tokenizer makes fewer tokens than one for this many letters (runs of spaces aside), so that
# more of them never need to be looked at.
_LONGEST_TOKEN = 32


def shorten_fields(
    fields: Sequence[tuple[str, str]], max_tokens: int, count_tokens: CountTokens
) -> str:
    """The fields' phrases joined by commas, as many of them as fit.

    While the text is too long, the last phrase of the last field goes first, then the one before
    it, and so on: order the fields by importance. A phrase is kept whole or not at all. Only when
    the very first phrase alone is too long does it lose words, from its end.

    Args:
        fields: ``(name, text)`` pairs, most important first; a text may hold several phrases,
            separated by commas. Names are not part of the result.
        max_tokens: the most tokens that the result may take, special tokens included.
        count_tokens: how many tokens a text takes, special tokens included.

    Returns:
        A text with ``count_tokens(text) <= max_tokens``; empty when there is no phrase.

    Example:
        >>> words = lambda text: len(text.split())
        >>> shorten_fields([("subject", "a red kite"), ("scene", "a beach, the sea")], 5, words)
        'a red kite, a beach'
    """
    return _longest_fit(
        [phrase for _, text in fields for phrase in phrases(text)], max_tokens, count_tokens
    )


def shorten_text(text: str, max_tokens: int, count_tokens: CountTokens) -> str:
    """A text as it is when it fits, else its first phrases, as many of them as fit.

    A text has no fields that would tell what matters: what comes first counts most. Cut at
    phrase ends; a first phrase that is too long by itself is cut between words.
    """
    text = text.strip()
    if len(text) <= max_tokens * _LONGEST_TOKEN and count_tokens(text) <= max_tokens:
        return text
    return _longest_fit(phrases(text), max_tokens, count_tokens)


def phrases(text: str) -> list[str]:
    """The phrases of a text: its parts between commas, semicolons, lines and sentences."""
    return [part for raw in _PHRASE_END.split(text) if (part := raw.strip(" \t\r\n."))]


def _longest_fit(parts: Sequence[str], max_tokens: int, count_tokens: CountTokens) -> str:
    # Each phrase takes a token at least, and a huge text must not be counted again and again.
    parts = _within(parts[:max_tokens], max_tokens * _LONGEST_TOKEN)
    if not parts:
        return ""
    kept = _most(len(parts), lambda n: count_tokens(", ".join(parts[:n])) <= max_tokens)
    return ", ".join(parts[:kept]) if kept else _cut_phrase(parts[0], max_tokens, count_tokens)


def _within(parts: Sequence[str], letters: int) -> list[str]:
    kept: list[str] = []
    for part in parts:
        letters -= len(part)
        if letters < 0 and kept:
            break
        kept.append(part)
    return kept


def _cut_phrase(phrase: str, max_tokens: int, count_tokens: CountTokens) -> str:
    words = phrase.split(maxsplit=max_tokens)[:max_tokens]
    kept = _most(len(words), lambda n: _fits(" ".join(words[:n]), max_tokens, count_tokens))
    if kept:
        return " ".join(words[:kept])
    # One word longer than all the room there is: a script without spaces, or no word at all.
    word = words[0][: max_tokens * _LONGEST_TOKEN]
    return word[: _most(len(word), lambda n: count_tokens(word[:n]) <= max_tokens)]


def _fits(text: str, max_tokens: int, count_tokens: CountTokens) -> bool:
    return len(text) <= max_tokens * _LONGEST_TOKEN and count_tokens(text) <= max_tokens


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """The greatest n in 0..limit that fits, by halving; what is shorter is taken to fit too."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low
