"""What a run of indexing did, and how far it has come."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.errors import VectorServerError
from retrieval.library.records import PassedOver


@dataclass(frozen=True, slots=True)
class Failed:
    """A file, or a whole folder, that could not be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Remarked:
    """A file that was read although something about it is odd."""

    path: Path
    remark: str


@dataclass(frozen=True, slots=True)
class Loss:
    """A folder so many of whose photos are gone at once that it seems to be missing itself.

    Attributes:
        folder: an indexed one, or one below it.
        gone: photos whose files are not there any more; they stay in the library.
        held: photos of the folder before.
    """

    folder: Path
    gone: int
    held: int

    def __str__(self) -> str:
        """One line with what to do."""
        all_gone = self.gone == self.held
        return (
            f"{'all' if all_gone else self.gone} {'' if all_gone else 'of '}{self.held:,} photos "
            f"of {self.folder} are gone at once and were kept in the library: plug in its drive, "
            "or take them out with photopal index --remove-missing"
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        done: files dealt with.
        total: files found.
        embedded: photos that went through the encoder.
        failed: files that could not be read.
        seconds: since the run began.
        photos_per_second: embedded ones, so far.
        seconds_left: an estimate; None while there is nothing to go by.
    """

    done: int
    total: int
    embedded: int
    failed: int
    seconds: float
    photos_per_second: float
    seconds_left: float | None


@dataclass
class IndexReport:
    """What a run did.

    Attributes:
        indexed: photos that are new or changed.
        unchanged: photos that are as they were.
        moved: photos that were found under another path.
        removed: photos whose files are gone.
        failed: files and folders that could not be read.
        lost: folders whose photos seem to be gone all at once; they were not removed.
        embedded: of the indexed photos those that went through the encoder.
        seconds: taken by the whole run.
        remarked: files that were read in this run with a remark; counted among the indexed.
        passed: what was found besides photos.
        behind: why the vector server could not be brought up to date; it is the next time.
    """

    indexed: int = 0
    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    failed: list[Failed] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)
    seconds: float = 0.0
    embedded: int = 0
    remarked: list[Remarked] = field(default_factory=list)
    passed: PassedOver = field(default_factory=PassedOver)
    behind: VectorServerError | None = None

    @property
    def photos_per_second(self) -> float:
        """Photos embedded a second, over the whole run."""
        return self.embedded / self.seconds if self.seconds > 0 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The JSON that ``photopal index --json`` prints."""
        return {
            "indexed": self.indexed,
            "unchanged": self.unchanged,
            "moved": self.moved,
            "removed": self.removed,
            "failed": [{"path": str(one.path), "reason": one.reason} for one in self.failed],
            "lost": [
                {"path": str(one.folder), "gone": one.gone, "held": one.held} for one in self.lost
            ],
            "seconds": round(self.seconds, 3),
            "photos_per_second": round(self.photos_per_second, 2),
            "remarks": [{"path": str(one.path), "remark": one.remark} for one in self.remarked],
            **self.passed.as_dict(),
            "index_behind": None if self.behind is None else str(self.behind),
        }
