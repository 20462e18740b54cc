"""What somebody may have meant by a name that there is not."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

ALIKE = 0.5
"""Names that share less with what was typed are no typing mistakes of it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'typing'?", or the choices, where none of them is near.

    Args:
        word: what was typed.
        known: the names that there are.
    """
    names = sorted(known)
    # Letters that changed places count as one mistake.
    found = process.extractOne(
        word.lower(), names, scorer=OSA.normalized_similarity, processor=str.lower
    )
    if found is not None and found[1] >= ALIKE:
        return f"; did you mean {found[0]!r}?"
    return f": choose of {', '.join(names)}" if names else ""
