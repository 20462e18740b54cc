"""Keep a library up to date while its folders change.

The system tells of changes (watchfiles); on network drives, and where it cannot, the folders are
looked through every few seconds instead. What changed is then brought into the library as by
:func:`retrieval.indexing.index_folders`, so that watching needs no rules of its own.
"""

import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.encoders.base import Encoder
from retrieval.errors import EncoderMismatch, FolderNotFound, NoPhotosFound, RetrievalError
from retrieval.indexing.diff import outermost, under
from retrieval.indexing.pipeline import index_folders
from retrieval.indexing.report import IndexReport
from retrieval.indexing.roots import under_or_at
from retrieval.library import Library
from retrieval.library.connection import FOREVER
from retrieval.paths import home
from retrieval.photos.left_out import is_other_media
from retrieval.photos.reading import PHOTO_SUFFIXES
from retrieval.vectors import open_index

if TYPE_CHECKING:
    from watchfiles import Change

LOOK_SECONDS = 1.0
"""How often it is asked whether the folders are still there."""

QUIET_SECONDS = 0.4
"""Changes are gathered until nothing happened for so long …"""

GATHER_SECONDS = 3.0
"""… or for so long in all."""

POLL_SECONDS = 5.0
"""How often folders are looked through whose changes the system does not tell."""

ALL_AGAIN_SECONDS = 3600.0
"""So often everything is looked through all the same: the system forgets changes when there are
too many at once, and does not tell of what lies behind links."""

TRY_AGAIN_SECONDS = 30.0
"""After a failure, such as a full disk."""

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "davfs", "fuse.sshfs"}
    | {"fuse.rclone", "fuse.davfs2", "fuse.glusterfs", "vboxsf", "fuse.vmhgfs-fuse", "prl_fs"}
)
"""Another machine's changes to these are not told."""


@dataclass(frozen=True)
class WatchEvent:
    """Something that is worth a line.

    Attributes:
        text: what happened besides changes of photos; "" where ``report`` says it.
        report: of the run that brought changes in.
        added: photos that are new or have new content, as far as there are not too many to name.
    """

    text: str = ""
    report: IndexReport | None = None
    added: Sequence[Path] = ()


MOST_NAMED = 20


@dataclass
class Watcher:
    """Watches folders until it is stopped.

    Attributes:
        library: opened for writing; it is locked only while changes are brought in.
        encoder: the one that the library belongs to.
        folders: to be watched; they need not be there at any time.
        tell: called with everything that is worth a line.
        stop: set it to end :meth:`run`.
    """

    library: Library
    encoder: Encoder
    folders: Sequence[Path]
    tell: Callable[[WatchEvent], None]
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._roots = outermost(Path(os.path.realpath(folder)) for folder in self.folders)
        self._own = [Path(os.path.realpath(home()))]
        self._index = open_index(self.library)
        self._pending: set[Path] = set()
        self._was_indexed: set[Path] = set()
        self._not_before = 0.0
        self._all_again = time.monotonic() + ALL_AGAIN_SECONDS
        self._polling = False
        self._known_there: dict[Path, tuple[int, int]] | None = None
        self._told: set[tuple[Path, str]] = set()

    def run(self) -> None:
        """Bring in what changed, and go on until :attr:`stop` is set.

        Raises:
            KeyboardInterrupt: it was interrupted; what was brought in is kept.
            EncoderMismatch: the library belongs to another encoder.
        """
        while not self.stop.is_set():
            there = self._look()
            # Whatever happened while nobody watched.
            self._pending |= there.keys()
            if there:
                self._follow(there)
            else:
                self.stop.wait(LOOK_SECONDS)

    # -- the folders themselves ----------------------------------------------------------------

    def _look(self) -> dict[Path, tuple[int, int]]:
        """The folders that are there, with what tells them from others in their place."""
        there = _identities(self._roots)
        before = self._known_there
        for folder in self._roots:
            if folder not in there and (before is None or folder in before):
                self._say(f"{folder} is gone; its photos stay in the library until it is back")
            elif folder in there and before is not None and folder not in before:
                self._say(f"{folder} is back")
        self._known_there = there
        self._pending &= there.keys()
        return there

    def _follow(self, there: dict[Path, tuple[int, int]]) -> None:
        """Watch these folders until one of them goes, or another comes back."""
        from watchfiles import watch

        polling = self._polling or any(on_network(folder) for folder in there)
        try:
            for changes in watch(
                *there,
                watch_filter=self._concerns_us,
                debounce=int(GATHER_SECONDS * 1000),
                step=int(QUIET_SECONDS * 1000),
                stop_event=self.stop,
                rust_timeout=int(LOOK_SECONDS * 1000),
                yield_on_timeout=True,
                force_polling=True if polling else None,
                poll_delay_ms=int(POLL_SECONDS * 1000),
                ignore_permission_denied=True,
            ):
                paths = [Path(name) for _, name in changes]
                self._pending |= {
                    folder
                    for folder in there
                    if any(path == folder or under(path, [folder]) for path in paths)
                }
                if time.monotonic() >= self._all_again:
                    self._pending |= there.keys()
                if _identities(self._roots) != there:
                    return
                self._bring_in()
        except FileNotFoundError:
            # One of them went between looking and watching.
            self.stop.wait(LOOK_SECONDS)
        except (OSError, RuntimeError):
            if polling:
                raise
            self._polling = True
            self._say(
                "the system cannot watch so many folders at once: they are looked through every "
                f"{POLL_SECONDS:.0f} seconds instead"
            )

    def _concerns_us(self, change: "Change", name: str) -> bool:
        """Whether a change may be one of photos, or of a folder that holds some."""
        from watchfiles import Change

        path = Path(name)
        if under(path, self._own) or path.name.startswith("."):
            return False
        suffix = path.suffix.lower()
        if suffix in PHOTO_SUFFIXES or is_other_media(suffix):
            return True
        # What is gone may have been a folder, whatever its name.
        return change == Change.deleted or os.path.isdir(path)

    # -- what changed ----------------------------------------------------------------------------

    def _bring_in(self) -> None:
        if not self._pending or time.monotonic() < self._not_before:
            return
        folders = sorted(self._pending)
        everything = folders == sorted(self._known_there or ())
        try:
            with self.library.writing(patience=FOREVER, on_wait=self._say_that_it_waits):
                before = self.library.change
                folders = self._not_forgotten(folders)
                report = self._indexed(folders) if folders else IndexReport()
                added = self._added_since(before) if report.indexed else []
        except FolderNotFound:
            return
        except EncoderMismatch:
            # It would be refused for ever: whoever watches has to open the new encoder.
            raise
        except RetrievalError as error:
            self._not_before = time.monotonic() + TRY_AGAIN_SECONDS
            self._tell_once(self.library.path, str(error), f"{error}; it is tried again")
            return
        self._told.discard((self.library.path, ""))
        self._pending.clear()
        if everything:
            self._all_again = time.monotonic() + ALL_AGAIN_SECONDS
        self._tell_of(report, added)

    def _not_forgotten(self, folders: Sequence[Path]) -> list[Path]:
        """These folders without those that were taken out of the library meanwhile."""
        roots = self.library.roots()
        inside = {one for one in folders if under_or_at(one, roots)}
        forgotten = [one for one in folders if one in self._was_indexed and one not in inside]
        for folder in forgotten:
            self._roots.remove(folder)
            self._say(f"{folder} is no longer in the library, so it is watched no more")
        kept = [one for one in folders if one not in forgotten]
        self._was_indexed |= inside
        return kept

    def _indexed(self, folders: Sequence[Path]) -> IndexReport:
        """What a run over these folders did; one without any photo yet is nothing to speak of."""
        try:
            report = index_folders(self.library, self.encoder, folders, index=self._index)
        except NoPhotosFound:
            return IndexReport()
        self._was_indexed |= set(folders)
        return report

    def _added_since(self, change: int) -> list[Path]:
        ids = self.library.ids_changed_since(change)
        if len(ids) > MOST_NAMED:
            return []
        return sorted(photo.path for photo in self.library.photos(ids).values())

    def _tell_of(self, report: IndexReport, added: Sequence[Path]) -> None:
        """Tell what a run did. What could not be read, and what is lost, is told once."""
        current = {(one.path, one.reason) for one in report.failed}
        report.failed = [one for one in report.failed if (one.path, one.reason) not in self._told]
        lost = {(loss.folder, "lost") for loss in report.lost}
        report.lost = [loss for loss in report.lost if (loss.folder, "lost") not in self._told]
        self._told = current | lost
        if report.indexed or report.moved or report.removed or report.failed:
            self.tell(WatchEvent(report=report, added=added))
        for loss in report.lost:
            self._say(str(loss))

    def _tell_once(self, path: Path, what: str, text: str) -> None:
        if (path, what) not in self._told:
            self._told.add((path, what))
            self._say(text)

    def _say_that_it_waits(self) -> None:
        self._say("another process writes to the library: waiting until it is done")

    def _say(self, text: str) -> None:
        self.tell(WatchEvent(text))


def on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether a folder lies on another machine's drive, as far as the system tells (Linux)."""
    if sys.platform != "linux":
        return False
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    kinds = {}
    for line in lines:
        _, place, kind, *_ = line.split(" ")
        kinds[Path(place.replace("\\040", " "))] = kind
    real = Path(os.path.realpath(folder))
    around = next((one for one in (real, *real.parents) if one in kinds), None)
    return around is not None and kinds[around] in NETWORK_FILE_SYSTEMS


def _identities(folders: Collection[Path]) -> dict[Path, tuple[int, int]]:
    """Device and inode of the folders that are there."""
    found = {}
    for folder in folders:
        try:
            status = os.stat(folder)
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode):
            found[folder] = status.st_dev, status.st_ino
    return found
