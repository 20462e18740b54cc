"""The folders of a run: which are looked through, what is found there, which are there no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.encoders.base import Encoder
from retrieval.errors import FolderNotFound, NoPhotosFound
from retrieval.indexing.diff import outermost, under
from retrieval.indexing.gather import Gathered, gather
from retrieval.indexing.report import Failed
from retrieval.library import KnownFile, Library
from retrieval.library.records import Companion, PassedOver
from retrieval.photos.left_out import Overlooked
from retrieval.photos.remote import RemotePath, path_from, real_path
from retrieval.photos.remote_scan import scan_storage
from retrieval.photos.scan import BROKEN_LINK, ScannedFile, scan_folder

_AWAY = "the drive or folder behind this link is away; its photos stay in the library"


@dataclass
class Looked:
    """What a look through the folders found.

    Attributes:
        files: photos of their own.
        unknown: folders that could not be looked into.
        failed: these folders, with the reason.
        joined: known paths that are part of another photo.
        passed: what was found besides, counted.
        by_root: the same, by indexed folder.
        companions: RAW files that are part of a photo.
        mounts: folders where another drive begins.
        away: folders where another drive began the last time, and does not now.
    """

    files: list[ScannedFile] = field(default_factory=list)
    unknown: list[Path] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    joined: set[Path] = field(default_factory=set)
    passed: PassedOver = field(default_factory=PassedOver)
    by_root: dict[Path, PassedOver] = field(default_factory=dict)
    companions: dict[Path, Companion] = field(default_factory=dict)
    mounts: list[Path] = field(default_factory=list)
    away: list[Path] = field(default_factory=list)


def choose_roots(
    library: Library, encoder: Encoder, folders: Sequence[Path], rebuild: bool
) -> list[Path]:
    """The folders to look through.

    Raises:
        FolderNotFound: one that was named is not there, or a rebuild cannot do without it.
        NoPhotosFound: none was named or indexed before.
        StorageError: one that was named lies in storage that is out of reach.
    """
    remembered = library.roots()
    chosen = [real_path(path_from(folder)) for folder in folders]
    for folder, given in zip(chosen, folders, strict=True):
        if isinstance(folder, RemotePath):
            folder.check_folder()
        elif not folder.is_dir():
            raise FolderNotFound(_missing(Path(given), folder in remembered))
    if not chosen and not remembered:
        raise NoPhotosFound("no folder was indexed yet: name one, photopal index FOLDER")
    there = [folder for folder in remembered if folder.is_dir()]
    if not chosen and not there:
        raise FolderNotFound(_missing(remembered[0], True))
    if rebuild:
        _require_all(library, encoder, [folder for folder in remembered if folder not in there])
    # One drive that is not plugged in must not keep the others from being refreshed.
    return outermost([*chosen, *there] if rebuild else chosen or there)


def look_through(
    roots: Sequence[Path], library: Library, known: Mapping[Path, KnownFile]
) -> Looked:
    """Find the photos below these folders, each file once.

    Args:
        roots: the folders.
        library: that they belong to.
        known: all its files that are present or failed.

    Raises:
        NoPhotosFound: there is none, and never was.
    """
    companions = library.companions()
    paths = {str(path): path for path in known}
    looked = Looked()
    seen: set[Path] = set()
    found: list[ScannedFile] = []
    everything = Overlooked()
    gathered = Gathered([])
    for root in roots:
        overlooked = Overlooked()
        here: list[ScannedFile] = []
        for file in _scan(root, overlooked, paths):
            if file.path in seen:
                continue
            seen.add(file.path)
            if not file.is_folder:
                here.append(file)
            elif file.problem != BROKEN_LINK:
                looked.unknown.append(file.path)
                looked.failed.append(Failed(file.path, file.problem or "unreadable"))
            elif any(under(path, [file.path]) for path in known):
                looked.unknown.append(file.path)
                looked.failed.append(Failed(file.path, _AWAY))
        gathered = gather(here, overlooked, known, companions)
        looked.by_root[root] = gathered.passed
        companions.update(gathered.companions)
        found += here
        everything.media += overlooked.media
        everything.folders.update(overlooked.folders)
        looked.mounts += overlooked.mounts
    if len(roots) > 1:
        # All together once more: a file may have other names below another root.
        gathered = gather(found, everything, known, companions)
    looked.files, looked.passed = gathered.files, gathered.passed
    looked.joined, looked.companions = gathered.joined, gathered.companions
    before = library.mounts()
    looked.away = [one for one in before if under_or_at(one, roots) and one not in looked.mounts]
    looked.mounts += [one for one in before if not under_or_at(one, roots)]
    if not found and not looked.unknown and not any(under(path, roots) for path in known):
        names = ", ".join(str(root) for root in roots)
        raise NoPhotosFound(f"no photos in {names}: name a folder that holds some")
    return looked


def _scan(root: Path, overlooked: Overlooked, known: Mapping[str, Path]) -> Iterator[ScannedFile]:
    if isinstance(root, RemotePath):
        return scan_storage(root, overlooked)
    return scan_folder(root, overlooked, known)


def under_or_at(path: Path, folders: Sequence[Path]) -> bool:
    """Whether a path is one of the folders or lies below one."""
    return path in folders or under(path, folders)


def remember(library: Library, roots: Sequence[Path], looked: Looked) -> None:
    """Write into the library what was found besides photos."""
    elsewhere = {path: one for path, one in library.companions().items() if not under(path, roots)}
    library.set_companions({**elsewhere, **looked.companions})
    for root, passed in looked.by_root.items():
        library.set_passed_over(root, passed)


def review_roots(library: Library, *, report_missing: bool) -> list[Failed]:
    """Drop indexed folders that are gone and whose photos all live elsewhere now.

    Returns:
        Those that are gone and hold photos, if that is to be reported.
    """
    kept, failed = [], []
    for folder in library.roots():
        if folder.is_dir():
            kept.append(folder)
        elif _present_in(library, folder):
            kept.append(folder)
            if report_missing:
                reason = "the folder is gone; its photos stay in the library"
                failed.append(Failed(folder, reason))
    library.set_roots(kept)
    return failed


def _require_all(library: Library, encoder: Encoder, away: Sequence[Path]) -> None:
    """Another encoder cannot search what it cannot see: its folder has to be there."""
    if library.fingerprint in (None, encoder.fingerprint):
        return
    for folder in away:
        held = _present_in(library, folder)
        if held:
            raise FolderNotFound(
                f"the folder {folder} is gone, and its {held:,} photos could not be searched "
                f"after a rebuild with {encoder.name}: plug in its drive, or take it out "
                f"with photopal forget {folder}"
            )


def _present_in(library: Library, folder: Path) -> int:
    known = library.known_files().items()
    return sum(one.status == "present" and under(path, [folder]) for path, one in known)


def _missing(folder: Path, was_indexed: bool) -> str:
    if was_indexed:
        return (
            f"the folder {folder} is gone: plug in its drive and try again; "
            "its photos stay in the library"
        )
    return f"{folder} is not a folder: check the path"
