"""What the gallery in the page is given: one card a photo, with addresses instead of paths."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, Protocol

from bot.assistant.reply import ShownPhoto
from retrieval.library import Photo

MIN_RATIO, MAX_RATIO = 0.6, 2.2
"""Taller and wider photos are cropped to these shapes, so that a row stays a row."""

DEFAULT_RATIO = 4 / 3
MAX_CAPTION_CHARS = 60


class PhotoLookup(Protocol):
    """What is needed of :class:`retrieval.library.Library`."""

    def photos(self, photo_ids: list[int]) -> Mapping[int, Photo]:
        """The photos with these ids; unknown ids are left out."""
        ...


def gallery_props(photos: Sequence[ShownPhoto], library: PhotoLookup) -> dict[str, Any]:
    """The properties of the ``PhotoGallery`` element for the photos of a reply, best first."""
    ids = [photo.photo_id for photo in photos]
    ids += [photo_id for photo in photos for photo_id in photo.similar]
    known = {
        photo_id: photo
        for photo_id, photo in library.photos(ids).items()
        if photo.status == "present"
    }
    cards = []
    for photo in photos:
        if photo.photo_id not in known:
            continue
        similar = [card(known[photo_id]) for photo_id in photo.similar if photo_id in known]
        cards.append({**card(known[photo.photo_id]), "similar": similar})
    return {"photos": cards}


def card(photo: Photo) -> dict[str, Any]:
    """A photo as the page sees it. No path and no place is part of it."""
    name = caption(photo.path)
    taken = _day(photo.taken_at)
    # The hash makes the browser fetch anew what changed under the same id.
    version = (photo.content_hash or "")[:12]
    return {
        "id": photo.id,
        "caption": name,
        "alt": f"{name}, taken {taken}" if taken else name,
        "ratio": round(shape(photo), 3),
        "thumb": f"/photos/{photo.id}/thumb?v={version}",
        "view": f"/photos/{photo.id}/view?v={version}",
    }


def caption(path: PurePath) -> str:
    """A file's name as words: ``chinese-temple.jpg`` is "chinese temple"."""
    words = re.sub(r"[\s_\-.]+", " ", path.stem).strip()
    words = words.encode("utf-8", "replace").decode("utf-8")
    if len(words) > MAX_CAPTION_CHARS:
        words = words[: MAX_CAPTION_CHARS - 1].rstrip() + "…"
    return words or "photo"


def shape(photo: Photo) -> float:
    """Width over height of the box that a photo gets."""
    if not photo.width or not photo.height:
        return DEFAULT_RATIO
    return min(max(photo.width / photo.height, MIN_RATIO), MAX_RATIO)


def _day(taken_at: str | None) -> str:
    if not taken_at:
        return ""
    try:
        day = datetime.fromisoformat(taken_at)
    except ValueError:
        return ""
    return f"{day.day} {day:%B %Y}"
