"""Find the photos under a folder, and say which parts of it could not be looked into."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import FolderNotFound
from retrieval.paths import home
from retrieval.photos.reading import PHOTO_SUFFIXES

SKIPPED_FOLDERS = frozenset(
    {"@eaDir", "#recycle", "__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found"}
)
"""Folders of the system or of a NAS that hold thumbnails and rubbish, never photos."""

CACHE_TAG = "CACHEDIR.TAG"
CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""See the Cache Directory Tagging Specification: a folder that holds this can be made anew."""


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A photo's file, or a place that could not be read.

    Attributes:
        path: absolute.
        size: in bytes.
        mtime_ns: time of the last change.
        problem: why it cannot be read, else None.
        is_folder: a whole folder could not be read; what it holds is unknown.
    """

    path: Path
    size: int = 0
    mtime_ns: int = 0
    problem: str | None = None
    is_folder: bool = False


def scan_folder(folder: Path) -> Iterator[ScannedFile]:
    """All photos under a folder, folder by folder, each in the order of the names.

    Hidden files and folders, caches and Photopal's own folder are left out. Links to folders
    are followed after all real folders, and no folder is visited twice, so that links cannot
    lead in circles.

    Raises:
        FolderNotFound: there is no such folder.
    """
    root = Path(os.path.realpath(folder))
    if not root.is_dir():
        raise FolderNotFound(f"{folder} is not a folder: check the path, or plug in its drive")
    visited: set[tuple[int, int]] = set()
    linked: list[Path] = []
    yield from _walk(root, visited, linked)
    for link in linked:
        # A link to a folder above the root would bring in everything around it.
        if not root.is_relative_to(os.path.realpath(link)):
            yield from _walk(link, visited, linked)


def _walk(top: Path, visited: set[tuple[int, int]], linked: list[Path]) -> Iterator[ScannedFile]:
    own = os.path.realpath(home())
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield ScannedFile(folder, problem=_problem(error), is_folder=True)
            continue
        if folder != top and _is_cache(entries):
            continue
        below: list[Path] = []
        for entry in entries:
            if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS:
                continue
            path = Path(entry.path)
            if _is_folder(entry):
                if os.path.realpath(path) == own:
                    continue
                (linked if entry.is_symlink() else below).append(path)
            elif path.suffix.lower() in PHOTO_SUFFIXES:
                yield _file(entry, path)
        waiting.extend(reversed(below))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_cache(entries: list[os.DirEntry[str]]) -> bool:
    for entry in entries:
        if entry.name == CACHE_TAG:
            try:
                with open(entry.path, "rb") as file:
                    return file.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE
            except OSError:
                return False
    return False


def _file(entry: os.DirEntry[str], path: Path) -> ScannedFile:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return ScannedFile(
            path, problem="broken link" if entry.is_symlink() else "the file is gone"
        )
    except OSError as error:
        return ScannedFile(path, problem=_problem(error))
    if not stat.S_ISREG(status.st_mode):
        return ScannedFile(path, problem="not a regular file")
    return ScannedFile(path, status.st_size, status.st_mtime_ns)


def _problem(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read"
    return f"cannot be read: {error.strerror or error}"
