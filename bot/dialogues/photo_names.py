"""Finds the photos of dialogues among files."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from bot.dialogues.dialogue import Dialogue, safe_name, url_stem
from bot.errors import DialogueUnreadable
from retrieval.photos.reading import PHOTO_SUFFIXES
from retrieval.photos.scan import scan_folder


class PhotoNames:
    """Finds the photos of dialogues among files, under the names that people give them.

    Looked for by ``photo_id``, then by the file name in ``photo_url``; with any image extension and
    whatever the case. Only these files are ever found, whatever a dialogue file names.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._by_name: dict[str, Path] = {}
        bare: list[tuple[str, Path]] = []
        for path in paths:
            # An id may hold the split that a photo belongs to: train/abc.
            for name in (path.name, path.stem):
                self._by_name.setdefault(f"{path.parent.name}/{name}".lower(), path)
                bare.append((name.lower(), path))
        for name, path in bare:
            self._by_name.setdefault(name, path)

    def find(self, dialogue: Dialogue) -> Path | None:
        """The dialogue's photo, or None when it is not among the files."""
        for name in _names(dialogue):
            found = self._by_name.get(name.lower())
            if found is not None:
                return found
        return None


class PhotoFolder:
    """The photos of dialogues in a folder and its sub-folders; see :class:`PhotoNames`."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DialogueUnreadable(f"{folder}: no such folder of photos")
        # As indexing does: what is found here is found in the library under the same path.
        self.folder = folder.resolve()

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Every photo that indexing would find, sorted; those of the folder itself come first."""
        found = (one.path for one in scan_folder(self.folder) if not one.is_folder)
        return tuple(
            sorted(
                (path for path in found if path.is_file()), key=lambda path: (len(path.parts), path)
            )
        )

    @cached_property
    def _names(self) -> PhotoNames:
        return PhotoNames(self.paths)

    def find(self, dialogue: Dialogue) -> Path | None:
        """The dialogue's photo, or None when it is not here."""
        return self._names.find(dialogue)


def _names(dialogue: Dialogue) -> Iterator[str]:
    if dialogue.photo_id:
        base = dialogue.photo_id.rpartition("/")[2]
        yield from (dialogue.photo_id, base, safe_name(dialogue.photo_id))
        yield safe_name(base)
        if PurePosixPath(base).suffix.lower() in PHOTO_SUFFIXES:
            yield PurePosixPath(base).stem
    stem = url_stem(dialogue.photo_url)
    if stem:
        yield from (stem, safe_name(stem))
