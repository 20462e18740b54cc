"""What the library tells of its photos."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from retrieval.filters import Place

Status = Literal["present", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of the library. ``id`` stays with it when its file is renamed or changed.

    Attributes:
        taken_at: local time in ISO 8601 as EXIF says it.
        taken_on: the day, of EXIF, else of the file's or folder's name; never of the file's time.
        place: of the GPS position, else of the folders' names; None when not known.
        favourite: the person marked it.
        hidden: the person wants it neither found nor shown.
        inode: number of its file when it was read.
        ctime_ns: time of that file's last change, also of what the system says of it.
        remark: what was odd about the file; None when all was well.
    """

    id: int
    path: Path
    content_hash: str | None
    size: int | None
    mtime_ns: int | None
    width: int | None
    height: int | None
    taken_at: str | None
    camera: str | None
    latitude: float | None
    longitude: float | None
    status: Status
    reason: str | None
    indexed_at: str
    taken_on: date | None = None
    place: Place | None = None
    favourite: bool = False
    hidden: bool = False
    inode: int | None = None
    ctime_ns: int | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What decides whether a file has to be read again.

    ``current`` tells that its vector was made by the encoder that the library belongs to.
    """

    photo_id: int
    size: int | None
    mtime_ns: int | None
    content_hash: str | None
    status: Status
    reason: str | None
    current: bool
    inode: int | None = None
    ctime_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Companion:
    """A RAW file that is the same shot as a photo beside it, as of its size and time."""

    photo: Path
    size: int
    mtime_ns: int


@dataclass
class PassedOver:
    """What a look through folders found besides the photos that it gives.

    Attributes:
        skipped: files of kinds that are not read, by their ending: ".mov".
        joined: files that are one photo with another, by what they are.
        left_out: folders of other programs, by what they hold.
    """

    skipped: dict[str, int] = field(default_factory=dict)
    joined: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, int]:
        """One of the three."""
        return {"skipped": self.skipped, "joined": self.joined, "left_out": self.left_out}[kind]

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Kind, what, and how many."""
        for kind in ("skipped", "joined", "left_out"):
            for what, files in self.of(kind).items():
                yield kind, what, files

    def add(self, other: "PassedOver") -> None:
        """Count another look in."""
        for kind, what, files in other.rows():
            self.of(kind)[what] = self.of(kind).get(what, 0) + files

    def as_dict(self) -> dict[str, dict[str, int]]:
        """For JSON, each with the most first."""
        return {
            kind: dict(sorted(self.of(kind).items(), key=lambda one: (-one[1], one[0])))
            for kind in ("skipped", "joined", "left_out")
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are in which state.

    ``searchable`` ones have a vector that fits; ``remarked`` ones were read with a remark.
    """

    present: int
    removed: int
    failed: int
    searchable: int
    remarked: int = 0


@dataclass(frozen=True)
class Facts:
    """What can be said of a library as a whole, for questions such as "how many from Rome?".

    Attributes:
        count: photos that are present.
        first: the earliest day that is known; None when no photo has one.
        last: the latest.
        undated: photos whose day is not known.
        years: photos by year, the earliest first.
        places: photos by place, the most first.
        folders: photos by the folder that they lie in, the most first.
        cameras: photos by camera, the most first.
    """

    count: int
    first: date | None = None
    last: date | None = None
    undated: int = 0
    years: Mapping[int, int] = field(default_factory=dict)
    places: Mapping[Place, int] = field(default_factory=dict)
    folders: Mapping[Path, int] = field(default_factory=dict)
    cameras: Mapping[str, int] = field(default_factory=dict)
