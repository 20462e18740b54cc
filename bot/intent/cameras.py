"""By which camera: "pics from my Nikon", "the iPhone ones", for cameras that the library knows."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from bot.intent.move_patterns import PHOTOS
from bot.intent.words import split_words

_NO_NAMES = frozenset(
    split_words(
        "camera cameras corporation company corp inc co ltd digital optical electronics electric "
        "mobile imaging apple plus pro max mini mark the and"
    )
)
"""Words of cameras' names that say other things as well."""
_SHORTEST = 3


@dataclass(frozen=True)
class CameraMention:
    """A camera that a text names.

    Attributes:
        start, end: of the words that name it, with the preposition before them.
        camera: part of the camera's name as the library knows it.
    """

    start: int
    end: int
    camera: str


def camera_in(text: str, cameras: Collection[str]) -> CameraMention | None:
    """The camera by which photos are wanted, where the library has photos by it.

    Args:
        text: a message.
        cameras: names of the library's cameras.
    """
    pattern = _pattern(tuple(cameras))
    match = pattern.search(text) if pattern else None
    if match is None:
        return None
    name = next(part for part in match.groups() if part)
    return CameraMention(match.start(), match.end(), name)


@lru_cache(maxsize=8)
def _pattern(cameras: tuple[str, ...]) -> re.Pattern[str] | None:
    words = {word.lower() for name in cameras for word in re.findall(r"[^\W_]+", name)}
    named = sorted(
        (word for word in words - _NO_NAMES if len(word) >= _SHORTEST and not word.isdigit()),
        key=len,
        reverse=True,
    )
    if not named:
        return None
    name = "|".join(map(re.escape, named))
    more = r"(?: \d{1,3}| camera| phone| pro| plus| max)*"
    return re.compile(
        rf"\b(?:(?:{PHOTOS}|taken|shot|made|captured|everything|anything) )*"
        rf"(?:from|with|on|by|using|via) (?:(?:my|our|the|his|her|that|an?|old|"
        rf"new) )*({name}){more}\b|\b(?:(?:my|our|the|his|her|only|"
        rf"just) )*({name}){more} (?:{PHOTOS}|ones?)\b|(?:^|,\s*|\b(?:only|"
        rf"just)\s+)({name}){more}(?=\s*(?:,|[.!?]*$))",
        re.IGNORECASE,
    )
