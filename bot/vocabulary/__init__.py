"""What photos show, in words: lists of words by what they name, and the bank of phrases."""

from functools import cache
from importlib.resources import files

KINDS = ("subjects", "scenes", "events", "attributes")
CHITCHAT = "chitchat"


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of ``bot/vocabulary/NAME.txt``, lower case."""
    text = files("bot.vocabulary").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split())


@cache
def kind_of(word: str) -> str | None:
    """Which of :data:`KINDS` a word belongs to in any of its forms, or None."""
    for form in base_forms(word.lower()):
        for kind in KINDS:
            if form in word_list(kind):
                return kind
    return None


def is_chitchat(word: str) -> bool:
    """Whether a word says nothing that a photo could show."""
    return word.lower().replace("’", "'") in word_list(CHITCHAT)


def base_forms(word: str) -> list[str]:
    """The word itself and what it may be a form of: ``running`` gives ``run``, ``ponies`` ``pony``.

    More forms than right ones come out: they are only looked up, never shown.
    """
    word = word.replace("’", "'").removesuffix("'s")
    forms = [word]
    for ending, endings in (
        ("ies", ("y", "ie")),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
        ("in'", ("", "e")),
    ):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2:
            continue
        forms += [stem + other for other in endings]
        if len(stem) > 3 and stem[-1] == stem[-2]:
            forms.append(stem[:-1])
    return forms
