"""Examples from JSON Lines: captions, dialogues and descriptors, each line about one photo."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from bot.conversation import Conversation, Turn
from bot.descriptors import FIELDS, Descriptors
from bot.dialogues.reading import NOTHING_BEFORE
from training.datasets.example import EMPTY_CAPTION, NO_CAPTIONS, Example, Problems
from training.datasets.photo_resolver import PhotoResolver
from training.errors import DatasetInvalid
from training.evaluation.reasons import EMPTY_DESCRIPTORS

OWNER = "0"
"""The speaker of a line's dialogue who owns the photo."""

_SHAPE = (
    'expected {"photo": "a.jpg", "captions": ["..."]} or {"photo": "a.jpg", "turns": '
    '[[0, "..."], [1, "..."], [0, null]], "descriptors": {...}}'
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def looks_like_lines(text: str, otherwise: bool = False) -> bool:
    """Whether the first line is an object that names a photo.

    PhotoChat's dialogues are not, even one a line. ``otherwise`` is said of all that is neither.
    """
    first = next((line for line in text.split("\n") if line.strip()), "")
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return otherwise
    if isinstance(value, dict) and ("photo" in value or "dialogue" in value):
        return "photo" in value
    return otherwise


def examples_of_lines(
    text: str, name: str, resolver: PhotoResolver, problems: Problems
) -> Iterator[Example]:
    """The examples of a file.

    Args:
        text: of the file.
        name: of the file, for messages.
        resolver: of its photos.
        problems: told of each text that is left out.

    Raises:
        DatasetInvalid: a line is not such an object; the message names file and line.
    """
    # Not splitlines(): a caption may hold a line separator that JSON leaves as it is.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield from _example(
                line, f"{name}, line {number}", f"{name}:{number}", resolver, problems
            )


def _example(
    line: str, where: str, source: str, resolver: PhotoResolver, problems: Problems
) -> Iterator[Example]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise DatasetInvalid(f"{where} is not valid JSON") from None
    if not isinstance(row, dict) or not isinstance(row.get("photo"), str):
        raise DatasetInvalid(f"{where}: {_SHAPE}")
    if not row["photo"].strip():
        raise DatasetInvalid(f"{where}: the photo's name is empty")
    if not row.keys() & {"captions", "caption", "turns", "descriptors"}:
        raise DatasetInvalid(f"{where}: {_SHAPE}")
    captions = _captions(row, where, source, problems)
    conversation = _conversation(row, where, source, problems)
    descriptors = _descriptors(row, where, source, problems)
    if captions or conversation is not None or descriptors is not None:
        name = row["photo"]
        photo, path = resolver.exactly(name) or resolver.named(clean(name))
        yield Example(photo, path, captions, conversation, descriptors, source)


def _captions(row: dict[str, Any], where: str, source: str, problems: Problems) -> tuple[str, ...]:
    if "captions" not in row and "caption" not in row:
        return ()
    given = row.get("captions", row.get("caption"))
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list) or not all(isinstance(one, str | None) for one in given):
        raise DatasetInvalid(f"{where}: captions must be a list of texts")
    if not given:
        problems.count(NO_CAPTIONS, source)
    captions = [clean(one or "") for one in given]
    for caption in captions:
        if not caption:
            problems.count(EMPTY_CAPTION, source)
    return tuple(caption for caption in captions if caption)


def _conversation(
    row: dict[str, Any], where: str, source: str, problems: Problems
) -> Conversation | None:
    if "turns" not in row:
        return None
    given = row["turns"]
    if not isinstance(given, list) or not all(_is_turn(turn) for turn in given):
        raise DatasetInvalid(
            f"{where}: turns must be a list of [speaker, message], null for the share"
        )
    turns = []
    for speaker, message in given:
        if message is None:
            break
        turns.append(Turn(str(speaker), clean(message)))
    conversation = Conversation(tuple(turns), OWNER)
    if not conversation:
        problems.count(NOTHING_BEFORE, source)
        return None
    return conversation


def _is_turn(turn: Any) -> bool:
    return (
        isinstance(turn, list)
        and len(turn) == 2
        and isinstance(turn[0], int | str)
        and isinstance(turn[1], str | None)
    )


def _descriptors(
    row: dict[str, Any], where: str, source: str, problems: Problems
) -> Descriptors | None:
    given = row.get("descriptors")
    if given is None or given == {}:
        if not row.keys() & {"captions", "caption", "turns"}:
            problems.count(EMPTY_DESCRIPTORS, source)
        return None
    try:
        descriptors = Descriptors.model_validate(given)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        what = f"descriptors.{place} is not a text" if place else "descriptors must be an object"
        raise DatasetInvalid(f"{where}: {what}") from None
    if descriptors.is_empty():
        problems.count(EMPTY_DESCRIPTORS, source)
        return None
    return Descriptors(**{name: clean(getattr(descriptors, name)) for name in FIELDS})


def clean(text: str) -> str:
    """On one line, and without half an emoji, which no tokenizer takes."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROL.sub(" ", text).split())
