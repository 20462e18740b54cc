"""Which of the files that were found are photos of their own, and which belong to another.

==========================================  ======================================================
files                                       what becomes of them
==========================================  ======================================================
one file under several names or links       one photo, under the name that the library knows
RAW and JPEG or HEIC, same name and time    one photo, the one that the camera developed
video beside a photo of the same name       the moving part of that photo, not a skipped video
other videos, pictures that are not read    skipped, and counted by their ending
==========================================  ======================================================
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import UnreadableImage
from retrieval.library import KnownFile
from retrieval.library.records import Companion, PassedOver
from retrieval.photos.left_out import VIDEO_SUFFIXES, Overlooked, names_of_shot
from retrieval.photos.metadata import read_metadata
from retrieval.photos.raw import RAW_SUFFIXES
from retrieval.photos.scan import ScannedFile

OTHER_NAMES = "other names or links of the same file"
RAW_FILES = "RAW files beside their JPEG or HEIC"
CLIPS = "videos of a live photo"

DEVELOPED = frozenset({".jpg", ".jpeg", ".jpe", ".heic", ".heif", ".hif"})
"""What cameras write beside a RAW."""

SAME_MOMENT_NS = 2_000_000_000
"""A camera writes both files of a shot at once; file systems keep whole or even seconds."""


@dataclass
class Gathered:
    """The files that are photos of their own, and what was found besides.

    Attributes:
        files: photos of their own, in the order in which they were found.
        joined: paths that are part of another photo.
        companions: RAW files whose photo was found, with their state now.
        passed: what was passed over, counted.
    """

    files: list[ScannedFile]
    joined: set[Path] = field(default_factory=set)
    companions: dict[Path, Companion] = field(default_factory=dict)
    passed: PassedOver = field(default_factory=PassedOver)


def gather(
    found: Sequence[ScannedFile],
    overlooked: Overlooked,
    known: Mapping[Path, KnownFile],
    companions: Mapping[Path, Companion],
) -> Gathered:
    """Sort what was found in a folder.

    Args:
        found: files that count as photos by their names.
        overlooked: what else was found there.
        known: what the library knows of files.
        companions: RAW files of which it was found out before that a photo stands beside them.
    """
    links = _other_names(found, known)
    files = [file for file in found if file.path not in links]
    raws = _companions(files, known, companions)
    result = Gathered([file for file in files if file.path not in raws], {*links, *raws}, raws)
    clips, skipped = _sorted_media(overlooked.media, found)
    result.passed.skipped.update(skipped)
    result.passed.left_out.update(overlooked.folders)
    for what, number in ((OTHER_NAMES, len(links)), (RAW_FILES, len(raws)), (CLIPS, clips)):
        if number:
            result.passed.joined[what] = number
    return result


def _other_names(found: Sequence[ScannedFile], known: Mapping[Path, KnownFile]) -> set[Path]:
    """Paths that lead to a file that has a better one."""
    own = [file for file in found if file.problem is None and file.inode]
    numbers = [(file.device, file.inode) for file in own]
    if len(set(numbers)) == len(numbers):
        return set()
    by_file: dict[tuple[int | None, int | None], list[ScannedFile]] = defaultdict(list)
    for number, file in zip(numbers, own, strict=True):
        by_file[number].append(file)
    others: set[Path] = set()
    for names in by_file.values():
        if len(names) > 1:
            best = min(names, key=lambda file: (file.path not in known, file.is_link))
            others.update(file.path for file in names if file is not best)
    return others


def _companions(
    files: Sequence[ScannedFile],
    known: Mapping[Path, KnownFile],
    companions: Mapping[Path, Companion],
) -> dict[Path, Companion]:
    """RAW files that are the same shot as a developed photo beside them."""
    endings = tuple(RAW_SUFFIXES)
    raws = [
        # By text: the parts of a path are made anew each time.
        file
        for file in files
        if not file.problem and str(file.path).lower().endswith(endings)
    ]
    if not raws:
        return {}
    developed = {
        _shot(file.path): file
        for file in reversed(files)
        if file.path.suffix.lower() in DEVELOPED and not file.problem
    }
    found: dict[Path, Companion] = {}
    for raw in raws:
        photo = developed.get(_shot(raw.path))
        if photo is None or (raw.path in known and photo.path in known):
            continue
        now = Companion(photo.path, raw.size, raw.mtime_ns)
        if companions.get(raw.path) == now or _same_moment(raw, photo):
            found[raw.path] = now
    return found


def _shot(path: Path) -> tuple[Path, str]:
    return path.parent, path.stem.lower()


def _same_moment(raw: ScannedFile, photo: ScannedFile) -> bool:
    """Whether two files of one name are of one moment, by their own times or by their EXIF."""
    if abs(raw.mtime_ns - photo.mtime_ns) <= SAME_MOMENT_NS:
        return True
    try:
        times = [read_metadata(file.path).taken_at for file in (raw, photo)]
    except (UnreadableImage, OSError):
        return False
    first, second = (time[:19] if time else None for time in times)
    return first is not None and first == second


def _sorted_media(
    media: Iterable[Path], photos: Collection[ScannedFile]
) -> tuple[int, Counter[str]]:
    """How many videos belong to photos, and the other files by their ending."""
    media = list(media)
    shots = {_shot(file.path) for file in photos} if media else set()
    clips, skipped = 0, Counter[str]()
    for path in media:
        suffix = path.suffix.lower()
        names = names_of_shot(path) if suffix in VIDEO_SUFFIXES else ()
        if any((path.parent, name) in shots for name in names):
            clips += 1
        else:
            skipped[suffix] += 1
    return clips, skipped
