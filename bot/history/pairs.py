"""Feedback as pairs to train on: what was looked for, a photo, and whether it fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.history.feedback import KeptFeedback
from retrieval.library import Photo

FITS, DOES_NOT = 1, 0
NO_WORDS = "nothing was looked for in words"
NO_PHOTO = "the photo is gone or has changed"


@dataclass(frozen=True)
class Pair:
    """A line of an export.

    Attributes:
        query: what was looked for.
        photo: the file that was judged.
        label: 1 where it fits, 0 where it was turned down.
        kind: by which button.
        given_at: when, ISO 8601 in UTC.
    """

    query: str
    photo: Path
    label: int
    kind: str
    given_at: str

    def as_dict(self) -> dict[str, Any]:
        """The line's JSON."""
        return {
            "query": self.query,
            "photo": str(self.photo),
            "label": self.label,
            "kind": self.kind,
            "given_at": self.given_at,
        }


def pairs_of(
    feedback: Iterable[KeptFeedback], photos: Mapping[int, Photo]
) -> tuple[list[Pair], dict[str, int]]:
    """The pairs, the oldest first, and why the others are none, with their counts.

    Of what was said of one photo for one query in several chats, the newest counts.

    Args:
        feedback: the newest first, all about one library.
        photos: those of the library that may be shown, by id.
    """
    pairs: dict[tuple[str, int], Pair] = {}
    left_out: dict[str, int] = {}
    for one in feedback:
        photo = judged_photo(one, photos)
        reason = NO_PHOTO if photo is None else NO_WORDS if not one.query.strip() else ""
        if photo is None or reason:
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        label = FITS if one.is_liked else DOES_NOT
        pair = Pair(one.query, photo.path, label, one.kind, one.given_at)
        pairs.setdefault((one.query.casefold(), photo.id), pair)
    return list(reversed(pairs.values())), left_out


def judged_photo(feedback: KeptFeedback, photos: Mapping[int, Photo]) -> Photo | None:
    """The photo that was judged; None where it is gone or is another picture now."""
    photo = photos.get(feedback.photo_id)
    if photo is None or photo.content_hash != feedback.photo_hash:
        return None
    return photo
