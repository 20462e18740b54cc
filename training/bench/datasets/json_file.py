"""Reads one large JSON file, such as COCO's, and says in one line what is wrong with it."""

import json
from pathlib import Path
from typing import Any

from training.errors import DatasetInvalid


def read_json(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        DatasetInvalid: it cannot be read, is no JSON, or is cut off.
    """
    try:
        with path.open("rb") as file:
            return json.load(file)
    except OSError as error:
        raise DatasetInvalid(f"{path} cannot be read: {error.strerror or error}") from None
    except json.JSONDecodeError as error:
        ended = error.pos >= len(error.doc.rstrip())
        cut = ended or error.msg.startswith("Unterminated string")
        why = "it ends too early, is it cut off?" if cut else error.msg
        raise DatasetInvalid(f"{path} is not valid JSON ({why} at line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise DatasetInvalid(f"{path} is not valid JSON") from None


def objects(value: Any, key: str, fields: tuple[str, ...], path: Path) -> list[dict[str, Any]]:
    """The list of objects under ``key``, each of which has these fields.

    Args:
        value: of the file; the list itself where ``key`` is "".
        key: of the list.
        fields: that every object must have.
        path: of the file, for messages.

    Raises:
        DatasetInvalid: the file is JSON of another format.
    """
    shape = "{" + ", ".join(f'"{name}": …' for name in fields) + "}"
    expected = f'{{"{key}": [{shape}, …], …}}' if key else f"[{shape}, …]"
    found = value.get(key) if key and isinstance(value, dict) else None if key else value
    if not isinstance(found, list):
        raise DatasetInvalid(f"{path} is JSON of another format: expected {expected}")
    for number, one in enumerate(found):
        if not isinstance(one, dict) or not all(name in one for name in fields):
            where = f"{key}[{number}]"
            raise DatasetInvalid(
                f"{path}: {where} is of another format: expected {shape}; is it the right file?"
            )
    return found
