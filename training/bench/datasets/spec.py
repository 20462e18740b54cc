"""What every description of a data set in a recipe has in common."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from training.errors import DatasetInvalid


class Spec(BaseModel):
    """Part of a recipe: fields that do not change, and none that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
