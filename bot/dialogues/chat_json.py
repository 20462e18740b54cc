"""Chats exported as JSON: Telegram Desktop's ``result.json``, and Signal's by signal-export."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.conversation import Turn
from bot.dialogues.chat_lines import ExportedTurn
from bot.errors import DialogueUnreadable
from retrieval.photos.reading import PHOTO_SUFFIXES

UNKNOWN_SPEAKER = "Deleted Account"
"""As Telegram itself calls those whose name is gone."""


def is_telegram(value: Any) -> bool:
    """Whether a JSON value is a chat as Telegram Desktop exports it."""
    messages = value.get("messages") if isinstance(value, dict) else None
    return (
        isinstance(messages, list)
        and "type" in value
        and any(isinstance(one, dict) and "from" in one and "date" in one for one in messages)
    )


def telegram_chats(value: Any, name: str) -> list[Any] | None:
    """The chats of a whole account's export; None where it is no such export.

    Raises:
        DialogueUnreadable: it is one, without any chat in it.
    """
    if not isinstance(value, dict) or not ({"chats", "personal_information"} & value.keys()):
        return None
    chats = value.get("chats")
    listed = chats.get("list") if isinstance(chats, dict) else None
    found = [one for one in listed or () if is_telegram(one)]
    if not found:
        raise DialogueUnreadable(
            f"{name} is an export of Telegram without chats: export a chat as JSON"
        )
    return found


def telegram_turns(value: dict[str, Any]) -> Iterator[ExportedTurn]:
    """The messages of a chat, oldest first; "joined the group" and the like are left out."""
    for message in value["messages"]:
        if not isinstance(message, dict) or message.get("type", "message") != "message":
            continue
        speaker = message.get("from") or message.get("from_id") or UNKNOWN_SPEAKER
        text = _telegram_text(message.get("text", ""))
        turn = Turn(str(speaker), text, _shows_photo(message))
        yield ExportedTurn(turn, _day(message.get("date")))


def is_signal(value: Any) -> bool:
    """Whether a JSON value is one message as signal-export writes it."""
    return isinstance(value, dict) and {"sender", "body", "date"} <= value.keys()


def signal_turns(values: list[dict[str, Any]]) -> Iterator[ExportedTurn]:
    """The messages of a chat, oldest first."""
    for message in values:
        attached = message.get("attachments") or []
        names = [one.get("name") for one in attached if isinstance(one, dict)]
        photo = any(isinstance(one, str) and _is_picture(one) for one in names)
        body = message["body"]
        text = body if isinstance(body, str) else ""
        yield ExportedTurn(Turn(str(message["sender"]), text, photo), _day(message["date"]))


def _telegram_text(text: Any) -> str:
    """Plain, or in pieces of which some are links, bold and so on."""
    if isinstance(text, str):
        return text
    pieces = text if isinstance(text, list) else ()
    said = (one.get("text", "") if isinstance(one, dict) else one for one in pieces)
    return "".join(one for one in said if isinstance(one, str))


def _shows_photo(message: dict[str, Any]) -> bool:
    if isinstance(message.get("photo"), str):
        return True
    kind = message.get("mime_type")
    return isinstance(kind, str) and kind.startswith("image/") and not message.get("media_type")


def _is_picture(name: str) -> bool:
    return name.lower().endswith(tuple(PHOTO_SUFFIXES))


def _day(sent: Any) -> date | None:
    if not isinstance(sent, str):
        return None
    try:
        return date.fromisoformat(sent[:10])
    except ValueError:
        return None
