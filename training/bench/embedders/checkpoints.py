"""Finds a model's folder, here or on the hub, and tells it from others by its content.

Only safetensors are read. The libraries that load the models would take a pickle where nothing
else lies in a folder, so that a folder is looked through before it is handed to them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval.encoders.folder import (
    PICKLE_SUFFIXES,
    fingerprint_of,
    hash_files,
    require_safetensors,
)
from retrieval.encoders.hub import Layout, fetch
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable, PhotopalError
from training.errors import NeedsHub

_READ_SUFFIXES = frozenset({".safetensors", ".json", ".txt", ".model"})


@dataclass(frozen=True)
class Checkpoint:
    """A model's files.

    Attributes:
        name: as the recipe has it.
        folder: that holds them.
        fingerprint: of their content; of a copy from the hub its name and revision.
    """

    name: str
    folder: Path
    fingerprint: str


def find_checkpoint(
    name: str, root: Path | None = None, layout: Layout = "transformers"
) -> Checkpoint:
    """The model of that name; a folder wins over a hub name that reads the same.

    Args:
        name: a folder, or ``owner/model`` on the hub.
        root: that a relative folder is looked for in, before the working directory.
        layout: which checkpoint of a repository on the hub is wanted.

    Raises:
        NeedsHub: the hub is out of reach or refuses it, and there is no copy here; or it does not
            have it.
        EncoderUnavailable: there is no such folder, and this is no name of the hub's.
        EncoderFolderInvalid: its weights are not safetensors.
    """
    folder = local_path(name, root)
    if folder is not None and folder.is_dir():
        require_no_pickle(folder)
        return Checkpoint(name, folder, _hash_folder(folder))
    if not reads_as_hub_name(name):
        raise EncoderUnavailable(f"there is no folder {name}, and no model of that name")
    copy = fetch_checkpoint(name, layout)
    require_no_pickle(copy)
    # A snapshot's folder has the revision as its name.
    return Checkpoint(name, copy, fingerprint_of("hub", name, copy.name, layout))


def fetch_checkpoint(repo: str, layout: Layout = "transformers") -> Path:
    """The folder of a hub's model, which is downloaded when there is no copy.

    Raises:
        NeedsHub: see :func:`find_checkpoint`.
    """
    with hub_errors():
        return fetch(repo, layout=layout)


@contextmanager
def hub_errors() -> Iterator[None]:
    """Raise NeedsHub where a model's loading from the hub fails."""
    try:
        yield
    except EncoderUnavailable as error:
        raise NeedsHub(str(error)) from error


def local_path(name: str, root: Path | None = None) -> Path | None:
    """What lies there under a name, relative to ``root`` before the working directory."""
    given = Path(name).expanduser()
    for path in ([root / given] if root is not None else []) + [given]:
        if path.exists():
            return path.resolve()
    return None


def reads_as_hub_name(name: str) -> bool:
    """Whether a name has the form ``owner/model``."""
    owner, slash, model = name.partition("/")
    local = name.startswith((".", "~", "/")) or "\\" in name or "/" in model
    return bool(owner and slash and model) and not local


def require_no_pickle(folder: Path) -> None:
    """Check that every part of a model with weights has them as safetensors.

    Raises:
        EncoderFolderInvalid: there are no safetensors, or a part has a pickle alone.
    """
    require_safetensors(folder)
    for place, _, names in os.walk(folder):
        suffixes = {Path(name).suffix for name in names}
        if suffixes & PICKLE_SUFFIXES and ".safetensors" not in suffixes:
            require_safetensors(Path(place))


@contextmanager
def loading_errors(checkpoint: str | Path) -> Iterator[None]:
    """Say in one line that a checkpoint cannot be loaded, whatever its library raises.

    Raises:
        EncoderFolderInvalid: loading failed. Errors of ours and of memory pass through.
    """
    try:
        yield
    except (PhotopalError, MemoryError):
        raise
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise EncoderFolderInvalid(f"{checkpoint} cannot be loaded: {first[:200]}") from error


def _hash_folder(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.suffix in _READ_SUFFIXES)
    names = [path.relative_to(folder).as_posix() for path in files]
    return fingerprint_of("folder", names, hash_files(files))
