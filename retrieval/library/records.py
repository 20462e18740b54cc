"""What the library tells of its photos."""

from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are in which state; ``searchable`` ones have a vector that fits."""

    present: int
    removed: int
    failed: int
    searchable: int


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
