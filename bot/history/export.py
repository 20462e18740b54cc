"""Chats for other uses: as dialogues in PhotoChat's format, and as one page to look at."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from bot.history.records import KeptChat, KeptMessage
from retrieval.library import Photo

OWNER_ID = 0
"""``user_id`` of the person whose photos they are, in PhotoChat's files."""

Picture = Callable[[Photo], bytes | None]
"""A photo as a JPEG without hidden data; None where it cannot be read."""

Shown = Callable[[str, str], bytes | None]
"""The picture that a person showed in a chat, by the chat's id and its name, likewise."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
time, .gone { color: GrayText; font-size: .8125rem; }
.user, .bot { margin: .75rem 0; overflow-wrap: anywhere; }
.user p { width: fit-content; max-width: 80%; margin: 0 0 0 auto; padding: .5rem 1rem;
  border-radius: 1.25rem; background: color-mix(in srgb, #6741c7 14%, Canvas); }
.bot p { margin: 0 0 .5rem; }
.photos { display: flex; flex-wrap: wrap; gap: .5rem; }
figure { margin: 0; } figcaption { font-size: .8125rem; color: GrayText; }
.user figure img { margin-left: auto; }
img { display: block; height: 12rem; max-width: 100%; object-fit: cover; border-radius: .75rem; }
.shared img { height: auto; max-height: 24rem; }
"""


def photochat_dialogues(
    chat: KeptChat, messages: Sequence[KeptMessage], photos: Mapping[int, Photo]
) -> list[dict[str, Any]]:
    """One dialogue for each photo that was shared, or one without a share.

    ``photopal replay``, ``evaluate`` and ``train`` read them. Only what the person said is in
    there: our own sentences are no part of a conversation about photos. A photo is named by its
    folder and file, as these commands look for it.

    Args:
        chat: the chat.
        messages: all of its messages, in order.
        photos: those that may be shown, by id; a share of any other is left out.
    """
    turns: list[dict[str, Any]] = []
    dialogues: list[dict[str, Any]] = []
    for message in messages:
        if message.author == "user":
            turns.append(_turn(message.text))
        for shared in (message.reply or {}).get("shared", []):
            photo = photos.get(shared["photo_id"])
            if photo is not None:
                dialogues.append(
                    {
                        "dialogue_id": f"{chat.id}-{len(dialogues) + 1}",
                        "photo_id": f"{photo.path.parent.name}/{photo.path.stem}",
                        "photo_description": "",
                        "dialogue": [*turns, _turn("", shares=True)],
                    }
                )
    if not dialogues and turns:
        dialogues.append({"dialogue_id": chat.id, "photo_description": "", "dialogue": turns})
    return dialogues


def html_page(
    chats: Iterable[tuple[KeptChat, Sequence[KeptMessage], Mapping[int, Photo]]],
    picture: Picture,
    shown: Shown,
) -> Iterator[str]:
    """One page with everything in it, piece by piece; it asks nothing of any host.

    Args:
        chats: each with its messages and the photos of these that may be shown, by id.
        picture: gives a photo as a JPEG.
        shown: gives a picture that came with a message.
    """
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Photopal: chats</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        "<h1>Chats</h1>\n"
    )
    for chat, messages, photos in chats:
        yield f"<section>\n<h2>{escape(chat.title)}</h2>\n{_time(chat.started_at)}\n"
        for message in messages:
            yield _message(chat, message, photos, picture, shown)
        yield "</section>\n"
    yield "</body>\n</html>\n"


def _turn(text: str, *, shares: bool = False) -> dict[str, Any]:
    return {"message": text, "share_photo": shares, "user_id": OWNER_ID}


def _message(
    chat: KeptChat,
    message: KeptMessage,
    photos: Mapping[int, Photo],
    picture: Picture,
    shown: Shown,
) -> str:
    reply = message.reply or {}
    parts = [f"<p>{escape(message.words)}</p>"] if message.words else []
    if message.picture:
        data = shown(chat.id, message.picture)
        parts.append(
            '<p class="gone">A picture that is no longer there.</p>'
            if data is None
            else f"<figure>{_image(data, 'A picture to look for')}</figure>"
        )
    for kind in ("photos", "shared"):
        ids = [one["photo_id"] for one in reply.get(kind, [])]
        if ids:
            figures = "".join(_figure(photos.get(one), picture) for one in ids)
            parts.append(f'<div class="photos {kind}">{figures}</div>')
    return f'<div class="{message.author}">{"".join(parts)}</div>\n'


def _figure(photo: Photo | None, picture: Picture) -> str:
    data = picture(photo) if photo is not None else None
    if photo is None or data is None:
        return '<p class="gone">A photo that is no longer there.</p>'
    facts = " · ".join(
        part
        for part in (
            photo.taken_on.isoformat() if photo.taken_on else "",
            photo.place.name if photo.place else "",
        )
        if part
    )
    name = escape(photo.path.stem.encode("utf-8", "replace").decode("utf-8"), quote=True)
    caption = f"<figcaption>{escape(facts)}</figcaption>" if facts else ""
    return f"<figure>{_image(data, name)}{caption}</figure>"


def _image(data: bytes, alt: str) -> str:
    source = base64.b64encode(data).decode("ascii")
    return f'<img src="data:image/jpeg;base64,{source}" alt="{alt}">'


def _time(moment: str) -> str:
    words = escape(moment[:16].replace("T", " "))
    return f'<time datetime="{escape(moment, quote=True)}">{words}</time>'
