"""The forms in which dialogues come: PhotoChat's JSON, AlbumChat's JSON Lines, a list of turns, or
plain ``A: …`` lines.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from bot.conversation import Turn
from bot.dialogues.chat_lines import is_chat_text
from bot.dialogues.dialogue import PLAIN_SPEAKER, AlbumRequest, Dialogue
from bot.errors import DialogueUnreadable

STANDARD_INPUT = "-"
MAX_FILE_BYTES = 200_000_000
PAIRS_OWNER = "0"
"""The speaker who owns the photos where turns are pairs ``[speaker, message]``."""

_ZIP = b"PK\x03\x04"
_SPEAKER = re.compile(r"^([^\W_][^:\n]{0,39}?)\s*:(?:\s+|$)(.*)$", re.DOTALL)
_MAX_WORDS_OF_A_NAME = 3
_SHARE_MARK = re.compile(
    r"^[\[(<]\s*(?:shares?\s+)?(?:an?\s+|the\s+)?(?:photo|image|picture)\s*[\])>]$", re.I
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TURNS_KEYS = ("dialogue", "turns", "messages")
_ID_KEYS = ("dialogue_id", "id")
_MESSAGE_KEYS = ("message", "text", "content")
_SPEAKER_KEYS = ("user_id", "speaker", "role", "user", "name")
_SILENT_ROLES = frozenset({"system", "developer", "tool", "function"})
"""In logs of the OpenAI form: instructions and results of tools, which nobody says."""

_CHAT_ROLES = frozenset({"user", "assistant"})


def read_text(source: str | Path, name: str, stdin: BinaryIO | None = None) -> str:
    """The text of a file, bounded and in UTF-8. Raises DialogueUnreadable."""
    try:
        if str(source) == STANDARD_INPUT:
            data = (stdin or sys.stdin.buffer).read(MAX_FILE_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise DialogueUnreadable(f"{name}: no such file") from None
    except IsADirectoryError:
        raise DialogueUnreadable(f"{name} is a folder, not a dialogue file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DialogueUnreadable(f"{name} cannot be read: {reason}") from None
    return decoded(data, name)


def decoded(data: bytes, name: str) -> str:
    """The text of a file's bytes, in UTF-8. Raises DialogueUnreadable."""
    if len(data) > MAX_FILE_BYTES:
        raise DialogueUnreadable(f"{name} is over {MAX_FILE_BYTES // 1_000_000} MB")
    if data.startswith(_ZIP):
        raise DialogueUnreadable(f"{name} is a zip archive: unpack it, and give the text within")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DialogueUnreadable(f"{name} is not a text in UTF-8") from None
    if "\0" in text:
        raise DialogueUnreadable(f"{name} is not a text")
    return text


def starts_like_json(text: str) -> bool:
    """Whether a text that is not blank is meant to be JSON.

    ``[photo]`` marks a share instead, and so do the dates of chats (``[31.12.23, 21:15:09] Anna``)
    tell of a text.
    """
    text = text.strip()
    first = text.splitlines()[0].strip()
    return text[0] in "[{" and not (_SHARE_MARK.match(first) or is_chat_text(first))


def json_dialogues(text: str, name: str) -> list[Any]:
    """The JSON values that each hold one dialogue. Raises DialogueUnreadable."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise DialogueUnreadable(f"{name} is JSON nested too deeply") from None
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and "\n" in text.strip():
            return list(_json_lines(text, name))
        place = f"line {error.lineno}, column {error.colno}"
        raise DialogueUnreadable(f"{name} is not valid JSON ({error.msg} at {place})") from None
    except ValueError:
        raise DialogueUnreadable(f"{name} is not valid JSON") from None
    if isinstance(value, list) and value and _is_turn(value[0]):
        return [value]
    return value if isinstance(value, list) else [value]


def _json_lines(text: str, name: str) -> Iterator[Any]:
    # Not splitlines(): a message may hold a line separator that JSON leaves as it is.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            raise DialogueUnreadable(f"{name} is not valid JSON (line {number})") from None


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and any(key in value for key in _MESSAGE_KEYS)


def dialogue_from_json(value: Any, unnamed: str, name: str) -> Dialogue:
    """One dialogue of :func:`json_dialogues`.

    Args:
        value: an object with its turns under ``dialogue``, ``turns`` or ``messages``, or the turns
            alone. A turn is an object, or a pair ``[speaker, message]`` whose message is null for
            the share; in dialogues of pairs, speaker 0 owns the photos.
        unnamed: id of a dialogue that has none.
        name: of the file, for messages.

    Raises:
        DialogueUnreadable: it has another shape.
    """
    fields = value if isinstance(value, dict) else {}
    turns = next((fields[key] for key in _TURNS_KEYS if key in fields), value)
    identifier = next((str(fields[key]) for key in _ID_KEYS if fields.get(key) is not None), None)
    pairs = fields.get("turns") is turns and _are_pairs(turns)
    if not pairs and not (isinstance(turns, list) and all(_is_turn(turn) for turn in turns)):
        raise DialogueUnreadable(
            f"{name} is JSON of another shape: expected PhotoChat's "
            '[{"dialogue": [{"message": …, "user_id": …, "share_photo": …}, …]}, …]'
        )
    is_chat_log = not pairs and all(_chat_role(turn) for turn in turns)
    if is_chat_log:
        turns = [turn for turn in turns if turn["role"] in _CHAT_ROLES]
    read = tuple(_turn_from_pair(turn) if pairs else _turn_from_json(turn) for turn in turns)
    shared = any(turn.shares_photo for turn in read)
    owner = PAIRS_OWNER if pairs else "user" if is_chat_log and not shared else ""
    photo_id, url, description = (
        _without_odd_characters(str(fields[key])).strip() if fields.get(key) is not None else ""
        for key in ("photo_id", "photo_url", "photo_description")
    )
    return Dialogue(
        id=identifier if identifier is not None else unnamed,
        turns=read,
        owner=owner if any(turn.speaker == owner for turn in read) else "",
        photo_id=photo_id or None,
        photo_url=url,
        description=description,
        album=_album_request(fields, name) if "kind" in fields else None,
        has_own_id=identifier is not None,
    )


def _are_pairs(turns: Any) -> bool:
    return (
        isinstance(turns, list)
        and bool(turns)
        and all(
            isinstance(turn, list)
            and len(turn) == 2
            and isinstance(turn[0], int | str)
            and isinstance(turn[1], str | None)
            for turn in turns
        )
    )


def _turn_from_pair(turn: list[Any]) -> Turn:
    speaker, message = turn
    return Turn(str(speaker), _without_odd_characters(message or ""), message is None)


def _album_request(fields: dict[str, Any], name: str) -> AlbumRequest:
    """AlbumChat's fields. Raises DialogueUnreadable."""
    relevant = fields.get("relevant") or []
    not_this = fields.get("not_this") or []
    if isinstance(not_this, str):
        not_this = [not_this]
    try:
        now = date.fromisoformat(fields["now"])
    except (KeyError, TypeError, ValueError):
        raise DialogueUnreadable(f'{name}: "now" must be a day such as "2026-06-10"') from None
    for key, photos in (("relevant", relevant), ("not_this", not_this)):
        if not (isinstance(photos, list) and all(isinstance(one, str) for one in photos)):
            raise DialogueUnreadable(f'{name}: "{key}" must be a list of photos')
    return AlbumRequest(str(fields["kind"]), now, tuple(relevant), tuple(not_this))


def _turn_from_json(turn: dict[str, Any]) -> Turn:
    message = next((turn[key] for key in _MESSAGE_KEYS if turn.get(key) is not None), "")
    speaker = next((turn[key] for key in _SPEAKER_KEYS if turn.get(key) is not None), PLAIN_SPEAKER)
    shares = turn.get("share_photo") in (True, "true", "True")
    return Turn(str(speaker), _without_odd_characters(_text_of(message)), shares)


def _chat_role(turn: dict[str, Any]) -> bool:
    """Whether it is a message of a log in the OpenAI form."""
    named = any(key in turn for key in ("user_id", "speaker", "user"))
    return not named and turn.get("role") in _CHAT_ROLES | _SILENT_ROLES


def _text_of(message: Any) -> str:
    """The words of a message; one that is a list of parts holds them in its text parts."""
    if not isinstance(message, list):
        return str(message)
    parts = (part.get("text") if isinstance(part, dict) else part for part in message)
    return " ".join(part for part in parts if isinstance(part, str))


def _without_odd_characters(text: str) -> str:
    """JSON may hold half of an emoji or a NUL, which no tokenizer and no terminal takes."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", text)


def plain_dialogue(text: str, identifier: str) -> Dialogue:
    """The dialogue of a plain text; see :func:`_plain_turns` for its form."""
    return Dialogue(identifier, tuple(_plain_turns(text)), has_own_id=False)


def _plain_turns(text: str) -> Iterator[Turn]:
    """``Name: message`` lines. A line without a name goes on with the message before it.

    ``[photo]`` as a message marks the share. In a text without any name, each line is a turn of one
    speaker.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = any(_split_speaker(line) for line in lines)
    pending: list[str] = []
    speaker = PLAIN_SPEAKER
    for line in lines:
        split = _split_speaker(line)
        if split is None and named and not _SHARE_MARK.match(line):
            pending.append(line)
            continue
        if pending:
            yield _plain_turn(speaker, pending)
        if split is not None:
            speaker, line = split
        pending = [line]
    if pending:
        yield _plain_turn(speaker, pending)


def _plain_turn(speaker: str, lines: list[str]) -> Turn:
    text = " ".join(line for line in lines if line)
    return Turn(speaker, "", True) if _SHARE_MARK.match(text) else Turn(speaker, text)


def _split_speaker(line: str) -> tuple[str, str] | None:
    match = _SPEAKER.match(line)
    if match is None or len(match[1].split()) > _MAX_WORDS_OF_A_NAME:
        return None
    return match[1], match[2]
