"""Chats as messengers export them: which reader a text or a JSON value belongs to."""

from collections.abc import Iterable
from typing import Any

from bot.dialogues.chat_json import (
    is_signal,
    is_telegram,
    signal_turns,
    telegram_chats,
    telegram_turns,
)
from bot.dialogues.chat_lines import ExportedTurn, chat_turns, is_chat_text
from bot.dialogues.dialogue import ChatExport, Dialogue
from bot.dialogues.signal_text import is_signal_text, signal_text_turns
from bot.errors import DialogueUnreadable

_WEB_PAGE = ("<!doctype", "<html", "<?xml")


def exported_text(text: str, identifier: str, name: str) -> Dialogue | None:
    """The dialogue of a messenger's text export; None where the text is something else.

    Raises:
        DialogueUnreadable: the text is a web page, or an export in which nobody speaks.
    """
    if text.lstrip()[:20].lower().startswith(_WEB_PAGE):
        raise DialogueUnreadable(
            f"{name} is a web page: export the chat as text (WhatsApp) or as JSON (Telegram)"
        )
    if is_signal_text(text):
        return _dialogue("signal", signal_text_turns(text), identifier, name)
    if is_chat_text(text):
        return _dialogue("lines", chat_turns(text), identifier, name)
    return None


def exported_json(values: list[Any], identifier: str, name: str) -> list[Dialogue] | None:
    """The dialogues of a messenger's JSON export; None where the values are something else.

    Raises:
        DialogueUnreadable: they are an export in which nobody speaks.
    """
    if values and all(map(is_signal, values)):
        return [_dialogue("signal", signal_turns(values), identifier, name)]
    if len(values) != 1:
        return None
    chats = telegram_chats(values[0], name)
    if chats is None:
        chats = values if is_telegram(values[0]) else None
    if chats is None:
        return None
    return [
        _dialogue("telegram", telegram_turns(chat), str(chat.get("id", f"{identifier}-{n}")), name)
        for n, chat in enumerate(chats)
    ]


def _dialogue(kind: str, turns: Iterable[ExportedTurn], identifier: str, name: str) -> Dialogue:
    read = list(turns)
    if not read:
        raise DialogueUnreadable(f"{name} is an export of a chat in which nobody says anything")
    days = [one.day for one in read if one.day is not None]
    return Dialogue(
        identifier,
        tuple(one.turn for one in read),
        export=ChatExport(kind, days[-1] if days else None),
        has_own_id=False,
    )
