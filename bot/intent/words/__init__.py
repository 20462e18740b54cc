"""Word lists of the understanding: words of asking, past forms, other languages."""

from functools import cache
from importlib.resources import files


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of ``bot/intent/words/NAME.txt``."""
    text = files("bot.intent.words").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split())


def split_words(text: str) -> list[str]:
    """The words of a text: a list that is easier to read and to mend than one of strings."""
    return text.split()
