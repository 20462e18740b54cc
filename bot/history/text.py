"""Texts as the history stores and compares them."""

import unicodedata
from typing import Any


def folded(text: str | None) -> str:
    """A text as it is compared in a search: case and accents do not count."""
    plain = unicodedata.normalize("NFKD", text or "")
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


def containing(word: str) -> str:
    r"""The pattern of ``LIKE … ESCAPE '\'`` for texts in which a word occurs."""
    for special in ("\\", "%", "_"):
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"


def without_place(text: str, place: str) -> str:
    """What went wrong, for people who need not know where the history is kept."""
    return text.replace(f"history {place}", "history").replace(place, "the history")


def storable(value: Any) -> Any:
    """A value that every database takes the same way.

    A text loses half of an emoji and the character NUL, which a browser may send; true and false
    become 1 and 0.
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return int(value) if isinstance(value, bool) else value
