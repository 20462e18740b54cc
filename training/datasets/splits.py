"""Splits: holding out dev photos, and refusing splits that share a photo or a copy of one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from retrieval.files import content_hash, file_hash
from training.datasets.example import Example
from training.errors import DatasetInvalid, SplitsOverlap

MOST_HELD_OUT = 1_000
_SHOWN = 10


def require_apart(**splits: Sequence[Example]) -> None:
    """Check that no two splits share a photo: neither a file, nor a copy under another name.

    Example::

        require_apart(train=train, dev=dev, test=test)

    Raises:
        SplitsOverlap: they do; the message lists the first few and says how many there are.
    """
    photos = {name: _photos(examples) for name, examples in splits.items()}
    copies = _contents(photos.values())
    for one, other in combinations(photos, 2):
        shared = _shared(photos[one], photos[other], copies)
        if shared:
            listed = ", ".join(shared[:_SHOWN])
            more = f" and {len(shared) - _SHOWN:,} more" if len(shared) > _SHOWN else ""
            raise SplitsOverlap(
                f"{one} and {other} share {len(shared):,} photo{'s' * (len(shared) > 1)}, so the "
                f"figures would not be honest; take them out of {one}: {listed}{more}"
            )


def hold_out(
    examples: Sequence[Example], share: float = 0.1, seed: int = 0
) -> tuple[list[Example], list[Example]]:
    """Train and dev: all examples of some photos are held out of training.

    Which ones, a hash of the photo's content and the seed decides: neither their order, nor their
    names, nor the machine changes it, and copies of a photo stay together.

    Args:
        examples: all there are.
        share: of the photos to hold out; at least 1 and at most 1,000.
        seed: another one holds out other photos.

    Raises:
        DatasetInvalid: there is only one photo.
    """
    contents = {path: _hash(path) or name for path, name in _photos(examples).items()}
    if len(set(contents.values())) < 2:
        raise DatasetInvalid(
            "all examples are about one photo: there is none to hold out for choosing; "
            "add examples, or name others for dev"
        )
    order = sorted(set(contents.values()), key=lambda content: _draw(content, seed))
    count = min(max(1, round(share * len(order))), MOST_HELD_OUT, len(order) - 1)
    held = set(order[:count])
    train: list[Example] = []
    dev: list[Example] = []
    for example in examples:
        (dev if contents[example.path.resolve()] in held else train).append(example)
    return train, dev


def _photos(examples: Iterable[Example]) -> dict[Path, str]:
    """Names of the photos by the files that they really are."""
    return {example.path.resolve(): example.photo for example in examples}


def _contents(splits: Iterable[dict[Path, str]]) -> dict[Path, str]:
    """Hashes of the files that can be copies: those of a size that another file has too."""
    sizes = {path: _size(path) for photos in splits for path in photos}
    common = Counter(sizes.values())
    hashes = {
        path: _hash(path) for path, size in sizes.items() if size is not None and common[size] > 1
    }
    return {path: content for path, content in hashes.items() if content is not None}


def _shared(one: dict[Path, str], other: dict[Path, str], copies: dict[Path, str]) -> list[str]:
    """Names of the photos of ``one`` that ``other`` has too, and under which name."""
    there = {copies[path]: name for path, name in other.items() if path in copies}
    found = []
    for path, name in one.items():
        if path in other:
            found.append(name)
        elif (twin := there.get(copies.get(path, ""))) is not None:
            found.append(name if twin == name else f"{name} (a copy of {twin})")
    return found


def _hash(path: Path) -> str | None:
    """Of a file's bytes; None when it cannot be read."""
    try:
        return file_hash(path)
    except OSError:
        return None


def _size(path: Path) -> int | None:
    """Of a file, in bytes; None when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _draw(content: str, seed: int) -> str:
    return content_hash(f"{seed} {content}".encode())
