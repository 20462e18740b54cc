"""Files that have taken each other's names: all of a folder renumbered, two names swapped.

Told by their bytes, so that a photo keeps its id and its marks (favourite, hidden) under its new
name. A file that was edited in place has bytes that no other had, and keeps them as well.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.files import file_hash
from retrieval.library import KnownFile
from retrieval.photos.remote import RemotePath
from retrieval.photos.scan import ScannedFile


@dataclass
class Exchange:
    """What has to be written so that each photo has its file's present name.

    Attributes:
        moved: photos and the files that hold them now.
        displaced: photos whose name another one has taken, and whose bytes are under no name that
            was known.
    """

    moved: list[tuple[int, ScannedFile]] = field(default_factory=list)
    displaced: list[int] = field(default_factory=list)


def exchanged(
    changed: Sequence[ScannedFile], known: Mapping[Path, KnownFile], gone: Collection[Path]
) -> Exchange:
    """Find the photos whose bytes lie under the name of another photo now.

    Args:
        changed: files that have to be read.
        known: all files of the library, by their paths before.
        gone: of these, those that are not found any more.
    """
    # Of few files, as a rule: most of a library is neither.
    present = {
        path: one
        for path in (*(file.path for file in changed), *gone)
        if (one := known.get(path)) is not None and one.status == "present" and one.current
    }
    files = {
        file.path: file
        for file in changed
        if file.path in present and not isinstance(file.path, RemotePath)
    }
    # By content, where photos were that may be elsewhere now.
    before: dict[str | None, list[Path]] = defaultdict(list)
    sizes: Counter[int | None] = Counter()
    for path in (*files, *(path for path in gone if path in present)):
        before[present[path].content_hash].append(path)
        sizes[present[path].size] += 1
    hashes: dict[Path, str | None] = {}

    def now(path: Path) -> str | None:
        """What a file holds; read once, and only where it may matter."""
        if path not in hashes:
            hashes[path] = _hash_of(path) if path in files else None
        return hashes[path]

    result = Exchange()
    taken: set[Path] = set()
    for path, file in files.items():
        own = present[path]
        if sizes[file.size] - (own.size == file.size) < 1:
            # No other photo had so many bytes: most files that were edited, or only touched.
            continue
        content = now(path)
        if content is None or content == own.content_hash:
            continue
        sources = [one for one in before.get(content, ()) if now(one) != content]
        if sources:
            before[content].remove(sources[0])
            result.moved.append((present[sources[0]].photo_id, file))
            taken.add(path)
    moved = {photo_id for photo_id, _ in result.moved}
    result.displaced = [
        present[path].photo_id for path in taken if present[path].photo_id not in moved
    ]
    return result


def _hash_of(path: Path) -> str | None:
    try:
        return file_hash(path)
    except OSError:
        return None
