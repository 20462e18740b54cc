"""What changed between the library and the files that are there now. Nothing is read or written.

======================================  ==========================================================
a file                                  what becomes of it
======================================  ==========================================================
size and times of change as before      left alone (``unchanged``; a failure is reported again)
cannot be looked at                     ``problems``, with the reason
anything else                           has to be read (``to_read``)
known, but not found any more           ``gone``, unless its folder could not be looked into
======================================  ==========================================================
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.indexing.report import Failed, Loss
from retrieval.library import KnownFile
from retrieval.library.surroundings import FileNote
from retrieval.photos.scan import ScannedFile

HANDFUL = 5
"""So many photos may vanish at once without a question."""

MOST = 0.5
"""A folder that lost a larger share at once seems to be missing itself."""


@dataclass
class Changes:
    """What has to be done with the files that were found, and with those that were not.

    ``to_note`` holds, of unchanged files, what the library does not know yet to tell them by.
    """

    to_read: list[ScannedFile] = field(default_factory=list)
    problems: list[ScannedFile] = field(default_factory=list)
    failed_before: list[Failed] = field(default_factory=list)
    unchanged: int = 0
    gone: dict[Path, KnownFile] = field(default_factory=dict)
    to_note: list[FileNote] = field(default_factory=list)


def compare(
    files: Sequence[ScannedFile],
    known: Mapping[Path, KnownFile],
    roots: Collection[Path],
    unknown: Collection[Path] = (),
    *,
    read_all: bool = False,
) -> Changes:
    """Compare the files that were found with those that the library knows.

    Args:
        files: found below the roots.
        known: all files of the library that are present or failed.
        roots: the folders that were looked through.
        unknown: folders that could not be looked into; what they hold counts as unchanged.
        read_all: read every file again, whatever is known of it.
    """
    changes = Changes()
    numbered = _inodes_are_kept(files, known)
    for file in files:
        before = known.get(file.path)
        if file.problem is not None:
            changes.problems.append(file)
        elif before is None or read_all or not _same(before, file, numbered):
            changes.to_read.append(file)
        elif before.status == "failed":
            changes.failed_before.append(Failed(file.path, before.reason or "unreadable"))
        elif before.current:
            changes.unchanged += 1
            if (before.inode, before.ctime_ns) != (file.inode, file.ctime_ns):
                changes.to_note.append((before.photo_id, file.inode, file.ctime_ns))
        else:
            changes.to_read.append(file)
    seen = {file.path for file in files}
    changes.gone = {
        path: before
        for path, before in known.items()
        if path not in seen and under(path, roots) and not under(path, unknown)
    }
    return changes


def losses(
    gone: Mapping[Path, KnownFile],
    known: Mapping[Path, KnownFile],
    roots: Collection[Path],
    is_empty_folder: Callable[[Path], bool],
    away: Collection[Path] = (),
) -> list[Loss]:
    """Folders that lost so many photos at once that a drive may not be plugged in.

    That is an indexed folder that lost more than :data:`HANDFUL` photos and more than half, or
    one that is there but empty, as the place where a drive belongs is; and a folder below, when it
    is empty and held more than a handful.

    Args:
        gone: files that are not found any more and were not found elsewhere.
        known: all files of the library.
        roots: the folders that were looked through.
        is_empty_folder: whether a folder is there and holds nothing at all.
        away: folders where another drive begins that is not there now; they lose nothing.
    """
    if not gone:
        return []
    held_in = Counter(path.parent for path, one in known.items() if one.status == "present")
    gone_from = Counter(path.parent for path, one in gone.items() if one.status == "present")
    found: list[Loss] = []
    for folder in sorted({*roots, *gone_from, *away}):
        held, lost = _below(held_in, folder), _below(gone_from, folder)
        if not lost or any(folder.is_relative_to(loss.folder) for loss in found):
            continue
        most = folder in roots and lost > HANDFUL and lost > MOST * held
        all_of_it = lost == held and (folder in roots or lost > HANDFUL)
        if folder in away or most or (all_of_it and is_empty_folder(folder)):
            found.append(Loss(folder, lost, held))
    return found


def _below(counts: Mapping[Path, int], folder: Path) -> int:
    return sum(n for one, n in counts.items() if one == folder or under(one, [folder]))


def under(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path lies below one of the folders."""
    # By text: this is asked for every photo of the library, and paths compare slowly.
    name = str(path)
    return any(name.startswith(str(folder).rstrip(os.sep) + os.sep) for folder in folders)


def outermost(folders: Iterable[Path]) -> list[Path]:
    """Each folder once, without those inside another."""
    unique = list(dict.fromkeys(folders))
    return [
        folder
        for folder in unique
        if not any(other != folder and folder.is_relative_to(other) for other in unique)
    ]


def _same(known: KnownFile, file: ScannedFile, numbered: bool) -> bool:
    """Whether a file is the one that was read, as far as the system tells.

    Another file may have been put in its place with the same size and time. Nobody can set the
    time of the change itself; it is not known of files that an earlier version read.
    """
    if known.size != file.size or known.mtime_ns != file.mtime_ns:
        return False
    if known.ctime_ns is not None and known.ctime_ns != file.ctime_ns:
        return False
    return not numbered or known.inode is None or known.inode == file.inode


def _inodes_are_kept(files: Iterable[ScannedFile], known: Mapping[Path, KnownFile]) -> bool:
    """Whether a file keeps its number; some network drives number anew with every connection."""
    kept = changed = 0
    for file in files:
        before = known.get(file.path)
        if before is not None and before.inode is not None and before.mtime_ns == file.mtime_ns:
            kept += before.inode == file.inode
            changed += before.inode != file.inode
    return kept >= changed
