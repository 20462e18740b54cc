"""Queries as people also write them: with typing mistakes, or in other words.

Both are made by rule from a seed, so one query becomes the same text on every machine. They show
how much an embedder leans on the letters and the wording of a query, and nothing about how often
people write so.
"""

import random
import re
import string
from collections.abc import Callable
from typing import Literal

Noise = Literal["typing", "paraphrase"]

LETTERS_CHANGED = 0.15
"""Share of the letters of words that become others."""

NONSENSE_WORDS = 2
NONSENSE_LETTERS = (6, 14)

_WORD = re.compile(r"[^\W\d_]+")

SAME_MEANING: dict[str, tuple[str, ...]] = {
    "man": ("guy", "male person"),
    "men": ("guys", "male persons"),
    "woman": ("lady", "female person"),
    "women": ("ladies", "female persons"),
    "boy": ("male child", "lad"),
    "girl": ("female child", "young lady"),
    "child": ("kid", "little one"),
    "children": ("kids", "little ones"),
    "people": ("persons", "folks"),
    "person": ("somebody", "human being"),
    "dog": ("hound", "canine"),
    "dogs": ("hounds", "canines"),
    "cat": ("house cat", "feline"),
    "running": ("dashing", "on the run"),
    "runs": ("dashes", "races"),
    "jumping": ("leaping", "hopping"),
    "jumps": ("leaps", "hops"),
    "sitting": ("seated", "taking a seat"),
    "sits": ("is seated", "takes a seat"),
    "standing": ("upright", "on their feet"),
    "stands": ("is standing", "waits"),
    "walking": ("strolling", "going on foot"),
    "walks": ("strolls", "goes on foot"),
    "playing": ("having fun", "busy"),
    "plays": ("has fun", "is busy"),
    "holding": ("carrying", "clutching"),
    "holds": ("carries", "clutches"),
    "wearing": ("dressed in", "clad in"),
    "wears": ("is dressed in", "is clad in"),
    "looking": ("gazing", "peering"),
    "looks": ("gazes", "peers"),
    "riding": ("travelling on", "on top of"),
    "climbing": ("scaling", "going up"),
    "water": ("the wet", "waves"),
    "grass": ("lawn", "meadow"),
    "beach": ("seashore", "sandy shore"),
    "snow": ("white powder", "fresh snowfall"),
    "street": ("road", "lane"),
    "mountain": ("peak", "high hill"),
    "field": ("meadow", "open ground"),
    "photo": ("picture", "shot"),
    "picture": ("photo", "shot"),
    "car": ("automobile", "motor car"),
    "bike": ("bicycle", "two-wheeler"),
    "bicycle": ("bike", "two-wheeler"),
    "shirt": ("top", "piece of clothing"),
    "big": ("large", "huge"),
    "large": ("big", "huge"),
    "small": ("little", "tiny"),
    "little": ("small", "tiny"),
    "young": ("youthful", "not old"),
    "old": ("aged", "elderly"),
    "through": ("across", "right through"),
    "near": ("close to", "beside"),
    "beside": ("next to", "close to"),
}
"""Everyday English words and what could stand in their place."""

OPENINGS = ("a picture of {}", "{} can be seen", "what is shown is {}", "somewhere there is {}")


def typing_mistakes(text: str, seed: str) -> str:
    """The text with letters that became others, and nonsense words at its end.

    ``a brown dog`` becomes something like ``a brswn dog xysopendasdas dnaksjd``.

    Args:
        text: of a query; "" stays empty.
        seed: another one gives other mistakes.
    """
    if not text.strip():
        return text
    chance = random.Random(f"typing/{seed}/{text}")
    letters = [
        chance.choice(string.ascii_lowercase)
        if letter.isalpha() and chance.random() < LETTERS_CHANGED
        else letter
        for letter in text
    ]
    nonsense = [
        "".join(chance.choices(string.ascii_lowercase, k=chance.randint(*NONSENSE_LETTERS)))
        for _ in range(NONSENSE_WORDS)
    ]
    return " ".join(["".join(letters), *nonsense])


def paraphrase(text: str, seed: str) -> str:
    """The text in other words: words of about the same meaning, and another opening.

    A small rule set for English captions, not a language model: what it has no word for stays.

    Args:
        text: of a query; "" stays empty.
        seed: another one chooses other words.
    """
    if not text.strip():
        return text
    chance = random.Random(f"paraphrase/{seed}/{text}")

    def other(found: re.Match[str]) -> str:
        words = SAME_MEANING.get(found[0].lower())
        return chance.choice(words) if words else found[0]

    said = _WORD.sub(other, text.strip().rstrip(" ."))
    opening = chance.choice(OPENINGS)
    if said[:1].isupper() and not said[:2].isupper() and not opening.startswith("{"):
        said = said[0].lower() + said[1:]
    return opening.format(said)


def noise_of(kind: Noise) -> Callable[[str, str], str]:
    """What makes this kind of noise: from a text and a seed, a text."""
    return {"typing": typing_mistakes, "paraphrase": paraphrase}[kind]
