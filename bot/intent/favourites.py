"""Favourites in a message: "my favourites", "only favourites", "favourites from Chicago".

Only the photos that a person marked are meant by that. "My favourite mug" shows a mug, and "that's
my favourite" is a comment: both stay as they are.
"""

import re
from dataclasses import dataclass

_PHOTOS = r"(?:photos?|pictures?|pics?|images?|shots?|snaps?|ones)"
_MARKED = r"(?:marked|hearted|favou?rited|starred|faved)"
_OWN = r"(?:(?:all|some|any|one|a few)(?: of)? )?(?:my|our|the|your)?\s*"
_FAVOURITES = re.compile(
    rf"\b{_OWN}(?:"
    rf"favou?rites\b(?: {_PHOTOS}\b)?"
    rf"|fav(?:e|our|or)?s\b"
    rf"|(?:favou?rited?|fave?d?|starred|hearted) {_PHOTOS}\b"
    rf"|{_PHOTOS} (?:that |which )?(?:i|we)(?:['’]ve| have)? {_MARKED}"
    r"(?: as (?:an? )?favou?rites?)?"
    rf"|{_PHOTOS} (?:marked|saved) as (?:an? )?favou?rites?"
    r")",
    re.IGNORECASE,
)
_ABROAD = (
    (
        re.compile(
            r"\b(?:(?:meine|unsere|die)n? )?(?:favoriten|lieblings(?:fotos?|bild(?:er)?))\b", re.I
        ),
        "Fotos",
    ),
    (re.compile(r"我?的?(?:最爱|收藏)的?(?:照片|图片)?"), "照片"),
)
"""German and Chinese words for them, and what is put in their place."""

_COMMENT = re.compile(
    r"(?:['’]s|\b(?:is|was|are|were|be|as|to|into))(?: (?:one|some))?(?: of)?\s*$",
    re.IGNORECASE,
)
"""Before the word: "this is one of my favourites", "add it to my favourites"."""
_WHICH = re.compile(
    r"\W*(?:and |so |ok(?:ay)? )?(?:what|which)\b(?P<of> (?:ones?|of)\b)?", re.IGNORECASE
)
_ONLY_ABROAD = re.compile(r"^\W*(?:nur|bloß|只看?|仅看?)\s*", re.IGNORECASE)
_NARROWS = re.compile(
    r"^\W*(?:(?:and|but|ok(?:ay)?|now|so|no|yes|please|show(?: me)?)[\s,]+)*"
    r"(?:only|just|which|nur|bloß|只|仅)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Marked:
    """A message without its words for favourites.

    Attributes:
        text: the rest, with "photos" in their place.
        wanted: only favourites are meant.
        narrows: what was looked for goes on, among favourites: "only favourites".
    """

    text: str
    wanted: bool = False
    narrows: bool = False


def split_favourites(text: str) -> Marked:
    """Take "my favourites" and the like out of a message.

    Example::

        split_favourites("favourites from Chicago")  # Marked("photos from Chicago", wanted=True)
    """
    match, put = _FAVOURITES.search(text), "photos"
    for pattern, word in _ABROAD:
        if match is None:
            match, put = pattern.search(text), word
    if match is None:
        return Marked(text)
    before, asks = text[: match.start()], _WHICH.match(text)
    if asks and asks["of"]:
        return Marked(put, wanted=True, narrows=True)
    if _COMMENT.search(before) and not asks:
        return Marked(text)
    narrows = bool(_NARROWS.match(text))
    rest = " ".join(f"{_ONLY_ABROAD.sub('', before)} {put} {text[match.end() :]}".split())
    return Marked(rest, wanted=True, narrows=narrows)
