"""Find the photos under a folder, and say which parts of it could not be looked into."""

import os
import stat
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import FolderNotFound
from retrieval.paths import home
from retrieval.photos.left_out import Overlooked, is_other_media, left_out
from retrieval.photos.reading import PHOTO_SUFFIXES

BROKEN_LINK = "broken link"

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
        ctime_ns: time of the last change of the file or of what the system says of it.
        inode: number of the file on its device; of an object in storage one that changes with its
            content (:func:`retrieval.photos.remote.version`).
        device: number of the device.
        is_link: another file lies behind it.
    """

    path: Path
    size: int = 0
    mtime_ns: int = 0
    problem: str | None = None
    is_folder: bool = False
    ctime_ns: int | None = field(default=None, compare=False)
    inode: int | None = field(default=None, compare=False)
    device: int | None = field(default=None, compare=False)
    is_link: bool = field(default=False, compare=False)


def scan_folder(
    folder: Path,
    overlooked: Overlooked | None = None,
    known: Mapping[str, Path] | None = None,
) -> Iterator[ScannedFile]:
    """All photos under a folder, folder by folder, each in the order of the names.

    Hidden files and folders, caches, what :mod:`retrieval.photos.left_out` names and Photopal's
    own folder are left out. Links to folders are followed after all real folders, and no folder
    is visited twice, so that links cannot lead in circles.

    Args:
        folder: where to look.
        overlooked: gets what was found besides photos.
        known: paths by their text, which are given back instead of new ones.

    Raises:
        FolderNotFound: there is no such folder.
    """
    root = Path(os.path.realpath(folder))
    if not root.is_dir():
        raise FolderNotFound(f"{folder} is not a folder: check the path, or plug in its drive")
    walk = _Walk(Overlooked() if overlooked is None else overlooked, known or {})
    yield from walk.through(root)
    for link in walk.linked:
        # A link to a folder above the root would bring in everything around it.
        if not root.is_relative_to(os.path.realpath(link)):
            yield from walk.through(link)


class _Walk:
    """One look through the folders below a root."""

    def __init__(self, overlooked: Overlooked, known: Mapping[str, Path]) -> None:
        self.overlooked = overlooked
        self.known = known
        self.linked: list[Path] = []
        self.own = os.path.realpath(home())
        self.visited: set[tuple[int, int]] = set()

    def through(self, top: Path) -> Iterator[ScannedFile]:
        """All photos below a folder; links to folders are kept for later."""
        waiting: list[tuple[Path, int | None]] = [(top, _device_around(top))]
        while waiting:
            folder, around = waiting.pop()
            try:
                status = os.stat(folder)
                if (status.st_dev, status.st_ino) in self.visited:
                    continue
                self.visited.add((status.st_dev, status.st_ino))
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                yield ScannedFile(folder, problem=_problem(error), is_folder=True)
                continue
            if around is not None and status.st_dev != around:
                self.overlooked.mounts.append(folder)
            if folder != top and _is_cache(entries):
                self.overlooked.folders["caches (CACHEDIR.TAG)"] += 1
                continue
            below = yield from self._look_at(folder, entries)
            waiting.extend((path, status.st_dev) for path in reversed(below))

    def _look_at(
        self, folder: Path, entries: list[os.DirEntry[str]]
    ) -> Generator[ScannedFile, None, list[Path]]:
        """The photos in a folder; returns the folders in it that have to be looked through."""
        below: list[Path] = []
        folders = {entry.name for entry in entries if _is_folder(entry)}
        siblings = {name.lower() for name in folders}
        for entry in entries:
            # To make a path, and to find it among others later, takes longer than all else here.
            path = self.known.get(entry.path) or Path(entry.path)
            suffix = os.path.splitext(entry.name)[1].lower()
            if entry.name in folders:
                what = left_out(entry.name, folder.name, siblings)
                if what is not None:
                    self.overlooked.folders[what] += 1
                elif entry.name.startswith(".") or os.path.realpath(path) == self.own:
                    continue
                else:
                    (self.linked if entry.is_symlink() else below).append(path)
            elif entry.name.startswith("."):
                continue
            elif suffix in PHOTO_SUFFIXES:
                yield _file(entry, path)
            elif is_other_media(suffix):
                self.overlooked.media.append(path)
            elif entry.is_symlink() and not os.path.exists(path):
                # It may have led to a folder of photos on a drive that is away.
                yield ScannedFile(path, problem=BROKEN_LINK, is_folder=True)
        return below


def _device_around(top: Path) -> int | None:
    """The device of the folder that a folder lies in; None for the outermost one."""
    real = Path(os.path.realpath(top))
    try:
        return None if real == real.parent else os.stat(real.parent).st_dev
    except OSError:
        return None


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
        return ScannedFile(path, problem=BROKEN_LINK if entry.is_symlink() else "the file is gone")
    except OSError as error:
        return ScannedFile(path, problem=_problem(error))
    if not stat.S_ISREG(status.st_mode):
        return ScannedFile(path, problem="not a regular file")
    return ScannedFile(
        path,
        status.st_size,
        status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
        device=status.st_dev,
        is_link=entry.is_symlink(),
    )


def _problem(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read"
    return f"cannot be read: {error.strerror or error}"
