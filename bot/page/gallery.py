"""What the gallery in the page is given: one card a photo, with addresses instead of paths."""

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Protocol

from bot.assistant.facts import day_words, place_words
from bot.assistant.reply import Reply, ShownPhoto
from retrieval.library import Photo
from retrieval.photos.names import name_words

MIN_RATIO, MAX_RATIO = 0.6, 2.2
"""Taller and wider photos are cropped to these shapes, so that a row stays a row."""

DEFAULT_RATIO = 4 / 3
MAX_CAPTION_CHARS = 60
SEPARATOR = " · "


class PhotoLookup(Protocol):
    """What is needed of :class:`retrieval.library.Library`."""

    def photos(self, photo_ids: list[int]) -> Mapping[int, Photo]:
        """The photos with these ids; unknown ids are left out."""
        ...


def gallery_props(
    photos: Sequence[ShownPhoto], library: PhotoLookup, votes: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """The properties of the ``PhotoGallery`` element for the photos of a reply, best first.

    Args:
        photos: of the reply.
        library: holds them.
        votes: thumbs that were given, "up" or "down", by the id of the photo.
    """
    votes = votes or {}
    ids = [photo.photo_id for photo in photos]
    ids += [photo_id for photo in photos for photo_id in photo.similar]
    known = {
        photo_id: photo
        for photo_id, photo in library.photos(ids).items()
        if photo.status == "present" and not photo.hidden
    }
    cards = []
    for photo in photos:
        if photo.photo_id not in known:
            continue
        similar = [_voted(card(known[one]), votes) for one in photo.similar if one in known]
        shown = _quoting(_voted(card(known[photo.photo_id]), votes), photo.written)
        cards.append({**shown, "similar": similar})
    return {"photos": cards}


def _quoting(one: dict[str, Any], written: str) -> dict[str, Any]:
    """A card whose caption tells the text in the photo that was asked for."""
    if not written:
        return one
    said = f"“{written}”"
    return {
        **one,
        "caption": SEPARATOR.join((one["caption"], said)),
        "alt": f"{one['alt']}: {said}",
    }


def _voted(one: dict[str, Any], votes: Mapping[int, str]) -> dict[str, Any]:
    return {**one, "vote": votes.get(one["id"], "")}


def card(photo: Photo) -> dict[str, Any]:
    """A photo as the page sees it: what it is called, when, where and by which camera; no path."""
    name = caption(photo.path)
    taken = _taken(photo)
    day, place = day_words(taken), place_words(photo.place)
    said = name if name_words(name) else "Photo"
    # The hash makes the browser fetch anew what changed under the same id.
    version = (photo.content_hash or "")[:12]
    return {
        "id": photo.id,
        "name": name,
        "caption": SEPARATOR.join(filter(None, (day, place, photo.camera))) or said,
        "alt": f"{said}{f', taken {day}' if day else ''}{f' in {place}' if place else ''}",
        "day": day_words_short(taken),
        "taken": taken,
        "ratio": round(shape(photo), 3),
        "exact": round(photo.width / photo.height, 4) if photo.width and photo.height else None,
        "favourite": photo.favourite,
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


def day_words_short(taken: str) -> str:
    """A day as it stands on a tile: "17 Sep 2012"; "" where none is known."""
    words = day_words(taken).split()
    return " ".join((words[0], words[1][:3], words[2])) if len(words) == 3 else ""


def _taken(photo: Photo) -> str:
    """When it was taken, as text that sorts by time; "" where it is not known."""
    return photo.taken_at or (photo.taken_on.isoformat() if photo.taken_on else "")


def shared_props(photo: Photo, filename: str) -> dict[str, Any]:
    """The properties of the ``SharedPhoto`` element for a copy that was made."""
    seen = card(photo)
    return {
        "id": photo.id,
        # Another address each time, because the copy may be another one.
        "url": f"/photos/{photo.id}/shared?v={time.time_ns()}",
        "name": seen["name"],
        "filename": filename,
        "alt": f"Shared: {seen['alt']}",
        "ratio": seen["ratio"],
        "facts": "No location, no camera data",
    }


def mix(reply: Reply) -> dict[str, Any] | None:
    """How much a picture and words counted, as chips of the ``PhotoGallery`` element.

    The picture comes first; ``key`` is sent back with what is pressed.
    """
    if not reply.mix:
        return None
    parts = [
        {"part": part, "label": name, "weight": round(weight, 2)}
        for part, (name, weight) in zip(("picture", "words"), reply.mix.items(), strict=False)
    ]
    return {"key": reply.mix_key, "parts": parts}


def question_props(reply: Reply) -> dict[str, Any] | None:
    """The question beside the photos and its answers; None where nothing is asked."""
    if reply.question is None:
        return None
    answers = [answer.label for answer in reply.question.answers]
    return {"id": reply.question.id, "text": reply.question.text, "answers": answers}
