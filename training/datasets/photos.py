"""Leaves out the examples whose photo cannot be decoded."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import UnreadableImage
from retrieval.photos.reading import GONE, open_image
from training.datasets.example import Example
from training.errors import DatasetInvalid, PhotosUnusable
from training.evaluation.reasons import PHOTO_MISSING

MOST_UNUSABLE = 0.05
"""Share of the photos; when more cannot be used, something is wrong with the folder."""

_WORKERS = 4
_SIDE = 64
_SHOWN = 3


@dataclass(frozen=True)
class Failed:
    """A photo that cannot be used, and why."""

    photo: str
    reason: str


def usable(
    examples: Sequence[Example],
    *,
    folder: Path | None = None,
    limit: float = MOST_UNUSABLE,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Example], list[Failed]]:
    """The examples whose photo can be opened, and the photos that cannot, each once.

    Every photo is decoded, once however many examples it has: a photo that is cut off in its
    middle has a fine header.

    Args:
        examples: as they were read.
        folder: of the photos, for messages.
        limit: share of the photos that may be unusable.
        on_progress: told how many of how many photos are done.

    Raises:
        DatasetInvalid: there are no examples.
        PhotosUnusable: too many photos, or all, are missing or unreadable.
    """
    if not examples:
        raise DatasetInvalid("there is nothing to train on: no example")
    names = {example.path: example.photo for example in examples}
    reasons: dict[Path, str] = {}
    with ThreadPoolExecutor(_WORKERS) as readers:
        answers = readers.map(_reason, names)
        for done, (path, reason) in enumerate(zip(names, answers, strict=True), start=1):
            if reason is not None:
                reasons[path] = reason
            if on_progress is not None:
                on_progress(done, len(names))
    failed = [Failed(names[path], reason) for path, reason in reasons.items()]
    if len(failed) > limit * len(names) or len(failed) == len(names):
        raise PhotosUnusable(
            _too_many(failed, len(names), limit, folder or next(iter(names)).parent)
        )
    return [example for example in examples if example.path not in reasons], failed


def _reason(path: Path) -> str | None:
    """Why a photo cannot be used; None when it can."""
    try:
        open_image(path, side=_SIDE)
    except UnreadableImage as error:
        return PHOTO_MISSING if str(error) == GONE else str(error)
    return None


def _too_many(failed: Sequence[Failed], total: int, limit: float, folder: Path) -> str:
    shown = "; ".join(f"{one.photo}: {one.reason}" for one in failed[:_SHOWN])
    more = f"; and {len(failed) - _SHOWN:,} more" if len(failed) > _SHOWN else ""
    return (
        f"{len(failed):,} of {total:,} photos cannot be used, more than {limit:.0%} may be "
        f"({shown}{more}): is {folder} the right folder?"
    )
