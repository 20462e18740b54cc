"""What is kept of a chat: plain data that names photos by their ids alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Literal, Protocol

from pydantic import TypeAdapter

from bot.assistant.reply import Reply
from retrieval.library import Photo

A_PICTURE = "(a picture)"
"""The text of a message that is nothing but a picture."""

Author = Literal["user", "bot"]

_REPLY = TypeAdapter(Reply)
_LEFT_OUT: dict[str, Any] = {
    # What was asked of the LLM holds the prompt; its words are a message of their own.
    "request": True,
    # The filter may name folders; its words are kept.
    "filter": True,
    "photos": {"__all__": {"path"}},
    "shared": {"__all__": {"path", "copy"}},
}


@dataclass(frozen=True)
class KeptMessage:
    """One message of a chat.

    Attributes:
        id: a UUID, the same in the page.
        author: ``user`` or ``bot``.
        text: what was said, as plain text.
        markdown: what the page showed for it; "" for the user's messages, shown as they are.
        said_at: when, ISO 8601 in UTC.
        answers: id of the message that this one answers; None for what a button brought.
        reply: what :func:`kept_reply` makes of the bot's reply; None where it only spoke.
        buttons: those below it that can still be pressed, as the page has them.
        picture: name of the picture that came with it (:mod:`bot.history.pictures`); "" for none.
        number: place in the history; grows with time. 0 before it is stored.
    """

    id: str
    author: Author
    text: str
    said_at: str
    markdown: str = ""
    answers: str | None = None
    reply: Mapping[str, Any] | None = None
    buttons: tuple[Mapping[str, Any], ...] = ()
    picture: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        # A browser may send half of an emoji, which no database takes.
        text = self.text.encode("utf-8", "replace").decode("utf-8")
        object.__setattr__(self, "text", text)

    @property
    def words(self) -> str:
        """What was said besides a picture; "" for nothing."""
        return "" if self.picture and self.text == A_PICTURE else self.text

    @property
    def photo_ids(self) -> list[int]:
        """Every photo that it shows or shares, near-duplicates too."""
        if self.reply is None:
            return []
        shown = self.reply.get("photos", [])
        ids = [photo["photo_id"] for photo in [*shown, *self.reply.get("shared", [])]]
        return ids + [one for photo in shown for one in photo.get("similar", [])]


@dataclass(frozen=True)
class KeptChat:
    """A chat, without its messages.

    Attributes:
        id: a UUID, the thread's in the page.
        owner: who chatted, the identifier of a user of the page.
        library: uid of the library that its photo ids belong to.
        title: what was looked for, or what the person called it.
        started_at, changed_at: of its first and its newest message, ISO 8601 in UTC.
        renamed: whether the person named it.
        session: JSON of :class:`bot.assistant.session.Session`.
        choices: fields of :class:`bot.assistant.choices.Choices`.
    """

    id: str
    owner: str
    library: str
    title: str
    started_at: str
    changed_at: str
    renamed: bool = False
    session: str = "{}"
    choices: Mapping[str, Any] = field(default_factory=dict)


class PhotoLookup(Protocol):
    """What is needed of :class:`retrieval.library.Library`."""

    def photos(self, photo_ids: list[int]) -> Mapping[int, Photo]:
        """The photos with these ids; unknown ids are left out."""
        ...


def present_photos(library: PhotoLookup, photo_ids: Iterable[int]) -> dict[int, Photo]:
    """The photos that may be shown: still in the library, not hidden, and the file is there."""
    known = library.photos(sorted(set(photo_ids)))
    return {
        photo_id: one
        for photo_id, one in known.items()
        if one.status == "present" and not one.hidden and one.path.is_file()
    }


def kept_reply(reply: Reply) -> dict[str, Any]:
    """A reply as JSON: photos by their ids, copies by their names, nothing by its path."""
    value: dict[str, Any] = _REPLY.dump_python(reply, mode="json", exclude=_LEFT_OUT)
    for kept, shared in zip(value["shared"], reply.shared, strict=True):
        kept["copy"] = shared.copy.name
    return value


def read_reply(kept: Mapping[str, Any], photos: Mapping[int, Photo], copies: Path) -> Reply:
    """The reply again, without the photos that are not in the library any more.

    Args:
        kept: what :func:`kept_reply` made, also one of an earlier version.
        photos: those that may be shown, by id.
        copies: the folder of the copies that were shared; one that is gone is left out.
    """
    shown = [
        {
            **one,
            "path": photos[one["photo_id"]].path,
            "similar": [other for other in one.get("similar", []) if other in photos],
        }
        for one in kept.get("photos", [])
        if one["photo_id"] in photos
    ]
    shared = [
        {**one, "path": photos[one["photo_id"]].path, "copy": copy}
        for one in kept.get("shared", [])
        if one["photo_id"] in photos
        and (copy := copies / PurePath(one.get("copy", "")).name).is_file()
    ]
    return _REPLY.validate_python({**kept, "photos": shown, "shared": shared})
