"""Files that nobody needs any more: of killed runs, and thumbnails of photos that are gone."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from retrieval.care.findings import REPAIR, Finding, examples_of
from retrieval.files import PART_SUFFIX, STALE_SECONDS, is_left_behind, remove_if_left_behind
from retrieval.library import Library

UNUSED_DAYS = 1.0
"""A thumbnail that was used since may belong to another library, or to a file that changed."""

_DAY = 86_400.0
_JPEG = b"\xff\xd8"
_COPIES = "photopal-"
_FOLDERS = (".import-", ".export-", ".salvage-")


def check_leftovers(
    databases: Iterable[Path], caches: Iterable[Path], repair: bool
) -> Iterator[Finding]:
    """What processes that were killed left behind.

    Args:
        databases: files of which parts may lie beside them.
        caches: folders of thumbnails.
        repair: remove it.
    """
    parts = [part for database in databases for part in _beside(database)]
    parts += [part for cache in caches for part in cache.glob(f"*/.*{PART_SUFFIX}")]
    left = [part for part in dict.fromkeys(parts) if is_left_behind(part)]
    left += [folder for database in databases for folder in _beside_folders(database)]
    left += list(_temporary_copies())
    if not left:
        return
    gone = [part for part in left if _removed(part)] if repair else []
    yield Finding(
        "leftovers",
        f"{len(left):,} temporary files of runs that were killed"
        + (" removed" if len(gone) == len(left) else ""),
        len(left),
        examples_of(left),
        len(gone) == len(left),
        "" if len(gone) == len(left) else REPAIR,
    )


def check_thumbnails(library: Library, cache: Path, repair: bool) -> Iterator[Finding]:
    """Thumbnails of no photo of this library, and those that are no pictures."""
    rows = library._all("SELECT content_hash FROM photo WHERE content_hash IS NOT NULL")
    known = {row[0] for row in rows}
    orphaned, broken = [], []
    for path in cache.glob("??/*.jpg"):
        with contextlib.suppress(OSError):
            if not _is_jpeg(path):
                broken.append(path)
            elif path.stem.rpartition("-")[0] not in known and _unused(path):
                orphaned.append(path)
    for kind, what, found in (
        ("thumbnails-orphaned", "thumbnails of photos that are not in the library", orphaned),
        ("thumbnails-broken", "thumbnails that are no pictures", broken),
    ):
        if found:
            gone = [path for path in found if _removed(path)] if repair else []
            done = len(gone) == len(found)
            yield Finding(
                kind,
                f"{len(found):,} {what}" + (" removed" if done else ""),
                len(found),
                examples_of(found),
                done,
                "" if done else REPAIR,
            )


def _beside(database: Path) -> Iterator[Path]:
    """Parts of a database's own files and of its index."""
    stems = (f".{database.name}", f".{database.stem}.faiss")
    with contextlib.suppress(OSError):
        for path in database.parent.iterdir():
            if path.name.startswith(stems) and path.name.endswith(PART_SUFFIX):
                yield path


def _beside_folders(database: Path) -> Iterator[Path]:
    """Folders in which an import or an export was being made when its process was killed."""
    with contextlib.suppress(OSError):
        for path in database.parent.iterdir():
            if path.name.startswith(_FOLDERS) and path.is_dir():
                newest = max(one.stat().st_mtime for one in (path, *path.rglob("*")))
                if time.time() - newest > STALE_SECONDS:
                    yield path


def _temporary_copies() -> Iterator[Path]:
    """Copies of libraries on read-only media that a killed process read."""
    with contextlib.suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob(f"{_COPIES}*"):
            with contextlib.suppress(OSError):
                status = path.lstat()
                own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
                holds = any(path.glob("*.db")) and path.is_dir()
                if own and holds and time.time() - status.st_mtime > _DAY:
                    yield path


def _removed(path: Path) -> bool:
    if path.suffix == PART_SUFFIX:
        return remove_if_left_behind(path)
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:
        return False
    return True


def _is_jpeg(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == _JPEG


def _unused(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > UNUSED_DAYS * _DAY
