"""Chats that sigtop exports from Signal as text: blocks of ``From:``, ``Sent:`` and a message."""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from bot.conversation import Turn
from bot.dialogues.chat_lines import ExportedTurn
from retrieval.photos.reading import PHOTO_SUFFIXES

_BLOCK = re.compile(r"^From: (?=.*\n(?:[A-Z][\w-]*: .*\n){0,8}Sent: )", re.M)
_FIELD = re.compile(r"(?P<name>[A-Z][\w-]*): (?P<value>.*)")
_NUMBER = re.compile(r"\s*\(\+?[\d\s]+\)$")
_ATTACHED = re.compile(r"(?P<name>.*?)(?:\s+\((?P<kind>[\w.+-]+/[\w.+-]+).*\))?$")


def is_signal_text(text: str) -> bool:
    """Whether a text is such an export."""
    return _BLOCK.search(text[:20_000]) is not None


def signal_text_turns(text: str) -> Iterator[ExportedTurn]:
    """The messages, in the order of the file."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        head, _, body = text[start:end].partition("\n\n")
        fields = [match for line in head.split("\n") if (match := _FIELD.fullmatch(line))]
        known = {match["name"]: match["value"] for match in fields}
        speaker = _NUMBER.sub("", known.get("From", "")).strip()
        photo = any(_is_photo(one["value"]) for one in fields if one["name"] == "Attachment")
        try:
            day = parsedate_to_datetime(known.get("Sent", "")).date()
        except (TypeError, ValueError):
            day = None
        yield ExportedTurn(Turn(speaker or "You", body.strip(), photo), day)


def _is_photo(attached: str) -> bool:
    match = _ATTACHED.fullmatch(attached)
    if match is None:
        return False
    if match["kind"]:
        return match["kind"].startswith("image/")
    return match["name"].lower().endswith(tuple(PHOTO_SUFFIXES))
