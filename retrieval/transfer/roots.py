"""Where the folders of an export are on this machine."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import FolderNotFound
from retrieval.transfer.manifest import ExportedRoot


@dataclass(frozen=True)
class FoundRoot:
    """A folder of the export, and where it is here.

    Attributes:
        was: its path in the export.
        path: its path here.
        photos: of the export below it.
        holds_them: whether some of these photos were found there.
    """

    was: str
    path: Path
    photos: int
    holds_them: bool


def find_roots(
    roots: Sequence[ExportedRoot], chosen: Mapping[str, Path], beside: Path
) -> list[FoundRoot]:
    """Find each folder: where it is said to be, where it was, or where it lies beside the export.

    Args:
        roots: of the export.
        chosen: folders here by their path in the export; "" stands for the only one.
        beside: the folder that the export lies in.

    Raises:
        FolderNotFound: one is not found, one that was named is not there or is none of the
            export's, or two are the same.
    """
    unknown = [name for name in chosen if name and name not in {one.path for one in roots}]
    names = ", ".join(one.path for one in roots)
    if unknown:
        raise FolderNotFound(f"the export has no folder {unknown[0]}: it has {names}")
    if "" in chosen and len(roots) != 1:
        raise FolderNotFound(
            f"the export has {len(roots)} folders: say which is meant, --root OLD=NEW ({names})"
        )
    found = [_find(root, chosen, beside) for root in roots]
    places = [one.path for one in found]
    for one in found:
        if places.count(one.path) > 1:
            raise FolderNotFound(
                f"two folders of the export would be {one.path}: say where each is now, "
                "--root OLD=NEW"
            )
    return found


def _find(root: ExportedRoot, chosen: Mapping[str, Path], beside: Path) -> FoundRoot:
    named = chosen.get(root.path, chosen.get(""))
    if named is not None:
        folder = Path(os.path.realpath(named.expanduser()))
        if not os.path.isdir(folder):
            raise FolderNotFound(f"{named} is not a folder: check the path, or plug in its drive")
        return FoundRoot(root.path, folder, root.photos, _holds(folder, root))
    for folder in _candidates(root, beside):
        if _holds(folder, root):
            return FoundRoot(root.path, Path(os.path.realpath(folder)), root.photos, True)
    raise FolderNotFound(
        f"the folder {root.path} of the export ({root.photos:,} photos) was not found here: say "
        f'where it is now with --root "{root.path}=FOLDER"'
    )


def _candidates(root: ExportedRoot, beside: Path) -> Iterator[Path]:
    yield Path(root.path)
    if root.near:
        yield beside / root.near
    name = root.path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if name:
        yield beside / name


def _holds(folder: Path, root: ExportedRoot) -> bool:
    """Whether some of the export's photos are below a folder; any folder will do without photos."""
    if not os.path.isdir(folder):
        return False
    return not root.samples or any(os.path.lexists(folder / one) for one in root.samples)
