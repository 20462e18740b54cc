"""Files beside the dialogues: recorded descriptors and human captions, JSON Lines both."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.descriptors import FIELDS, Description, Descriptors
from bot.dialogues.dialogue import Dialogue
from training.errors import EvaluationError


def read_descriptors(path: Path, dialogues: Sequence[Dialogue]) -> dict[str, Description]:
    """Descriptions by dialogue id, from lines ``{"id", "main_subject", ...}``.

    Raises:
        EvaluationError: no such file, no JSON Lines of descriptors, or of other dialogues.
    """
    found: dict[str, Description] = {}
    for number, line in json_lines(path):
        if "id" not in line or not any(name in line for name in FIELDS):
            raise EvaluationError(
                f'{path}, line {number}: expected {{"id": ..., "main_subject": ..., ...}}'
            )
        try:
            descriptors = Descriptors.model_validate(line)
        except ValidationError as error:
            name = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise EvaluationError(f"{path}, line {number}: {name} is not a text") from None
        found[str(line["id"])] = Description(descriptors=descriptors, source="recorded")
    known = {dialogue.id for dialogue in dialogues}
    if not known & found.keys():
        raise EvaluationError(
            f"{path} describes other dialogues: none of its {len(found)} ids is among the "
            f"{len(known)} of the files"
        )
    return found


def read_captions(path: Path) -> dict[str, str]:
    """A caption by photo name, from lines ``{"photo": "a.jpg", "captions": ["..."]}``.

    The first of several is taken: a person asks once.
    """
    found: dict[str, str] = {}
    for number, line in json_lines(path):
        captions = line.get("captions", line.get("caption"))
        caption = captions[0] if isinstance(captions, list) and captions else captions
        if not isinstance(line.get("photo"), str) or not isinstance(caption, str):
            raise EvaluationError(
                f'{path}, line {number}: expected {{"photo": ..., "captions": [...]}}'
            )
        found[Path(line["photo"]).stem.lower()] = caption
    return found


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON Lines, and the numbers of their lines."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvaluationError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise EvaluationError(f"{path} is not a text in UTF-8") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise EvaluationError(f"{path}, line {number} is not valid JSON") from None
        if not isinstance(value, dict):
            raise EvaluationError(f"{path}, line {number} is not a JSON object")
        yield number, value
