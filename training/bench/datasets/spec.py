"""What every description of a data set in a recipe has in common."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from rapidfuzz import process

from training.errors import DatasetInvalid


class Spec(BaseModel):
    """Part of a recipe: fields that do not change, and none that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_spec(value: Any, kinds: Mapping[str, type[Spec]], union: TypeAdapter[Any]) -> Any:
    """The spec that a recipe's ``dataset`` holds.

    Args:
        value: as it was read from YAML or JSON.
        kinds: classes of the union by their ``kind``.
        union: of these classes.

    Raises:
        DatasetInvalid: a kind or field is unknown (the nearest one is named) or does not fit.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        raise DatasetInvalid(f"a data set needs a kind: {', '.join(kinds)}")
    kind = value["kind"]
    if kind not in kinds:
        raise DatasetInvalid(f"no data set of the kind {kind!r}{nearest(kind, kinds)}")
    fields = kinds[kind].model_fields
    for name in value:
        if name not in fields:
            raise DatasetInvalid(f"the data set {kind} has no {name!r}{nearest(str(name), fields)}")
    try:
        return union.validate_python(value)
    except ValidationError as error:
        raise DatasetInvalid(f"the data set {kind}: {_first_problem(error)}") from None


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """``; did you mean 'coco'?``, or what there is to choose of."""
    found = process.extractOne(name.lower(), list(known), score_cutoff=60)
    return f"; did you mean {found[0]!r}?" if found else f": choose of {', '.join(known)}"


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"][1:])
    message = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def existing_file(root: Path, name: str) -> Path:
    """A file that a recipe names, below the folder of data.

    Raises:
        DatasetInvalid: it is not there.
    """
    path = root.expanduser() / name
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise DatasetInvalid(f"{path}: {what}; name the folder of the data with --data DIR")
    return path


def existing_folder(root: Path, name: str) -> Path:
    """A folder that a recipe names, below the folder of data.

    Raises:
        DatasetInvalid: it is not there.
    """
    path = root.expanduser() / name
    if not path.is_dir():
        what = "is a file, not a folder" if path.is_file() else "no such folder"
        raise DatasetInvalid(f"{path}: {what}; name the folder of the data with --data DIR")
    return path
