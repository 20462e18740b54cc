"""Finds the photo that a file of examples names."""

import unicodedata
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath

from bot.dialogues.dialogue import Dialogue, safe_name
from bot.dialogues.photo_names import PhotoFolder
from retrieval.photos.reading import PHOTO_SUFFIXES
from training.errors import PhotosUnusable


class PhotoResolver:
    """Names to files, within one folder: whatever a file names, nothing outside is ever found."""

    def __init__(self, folder: Path) -> None:
        """Nothing is listed yet.

        Raises:
            PhotosUnusable: there is no such folder.
        """
        self.folder = folder.expanduser().resolve()
        if not self.folder.is_dir():
            raise PhotosUnusable(f"{folder}: no such folder of photos")
        self._folder = PhotoFolder(self.folder)

    def named(self, name: str) -> tuple[str, Path]:
        """Name and file of the photo called ``name``: a path in the folder, a file name or a stem.

        A photo that is not there has the path where it would be.

        Raises:
            PhotosUnusable: several photos in different folders could be meant.
        """
        if (found := self.exactly(name) or self._alike(name)) is not None:
            return found
        return self._found(self._folder.find(Dialogue("", (), photo_id=name)), name)

    def exactly(self, name: str) -> tuple[str, Path] | None:
        """Name and file of the photo with this very path in the folder; None when there is none."""
        for form in (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
            relative = PurePosixPath(form.replace("\\", "/"))
            if relative.is_absolute() or ".." in relative.parts:
                continue
            path = self.folder / relative
            with suppress(OSError):
                if path.is_file():
                    return relative.as_posix(), path
        return None

    def _alike(self, name: str) -> tuple[str, Path] | None:
        """The photo whose path ends most like a name, extensions and case apart."""
        wanted = _parts(PurePosixPath(name.replace("\\", "/")))
        candidates = self._by_stem.get(wanted[-1], []) if wanted else []
        if not candidates:
            return None
        ends = {path: _in_common(wanted, _parts(path)) for path in candidates}
        best = [path for path in candidates if ends[path] == max(ends.values())]
        if len({path.parent for path in best}) > 1:
            listed = " or ".join(path.as_posix() for path in best[:2])
            raise PhotosUnusable(f"the photo {name} could be {listed}: name it with its folder")
        whole = [path for path in best if path.name.lower() == PurePosixPath(name).name.lower()]
        found = (whole or best)[0]
        return found.as_posix(), self.folder / found

    @cached_property
    def _by_stem(self) -> dict[str, list[PurePosixPath]]:
        found: dict[str, list[PurePosixPath]] = {}
        for path in self._folder.paths:
            relative = PurePosixPath(path.relative_to(self.folder).as_posix())
            found.setdefault(_parts(relative)[-1], []).append(relative)
        return found

    def of(self, dialogue: Dialogue) -> tuple[str, Path] | None:
        """Name and file of a dialogue's photo; None when the dialogue names none."""
        name = dialogue.photo_name
        if name is None:
            return None
        return self._found(self._folder.find(dialogue), name)

    def _found(self, path: Path | None, name: str) -> tuple[str, Path]:
        if path is None:
            return name, self.folder / (safe_name(name) or "_")
        return path.relative_to(self.folder).as_posix(), path


def _parts(path: PurePosixPath) -> list[str]:
    """Of a path, without a photo's extension, composed and in lower case."""
    bare = path.with_suffix("") if path.suffix.lower() in PHOTO_SUFFIXES else path
    return [unicodedata.normalize("NFC", part).lower() for part in bare.parts]


def _in_common(one: list[str], other: list[str]) -> int:
    """How many parts two paths have in common at their ends."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count
