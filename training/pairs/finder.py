"""Finds the photo that a file of examples names."""

from pathlib import Path, PurePosixPath

from training.errors import PhotosUnusable
from training.photochat import Dialogue, PhotoFolder, safe_name


class PhotoFinder:
    """Names to files, within one folder: whatever a file names, nothing outside is ever found."""

    def __init__(self, folder: Path) -> None:
        """Nothing is listed yet.

        Raises:
            PhotosUnusable: there is no such folder.
        """
        self.folder = folder.expanduser().absolute()
        if not self.folder.is_dir():
            raise PhotosUnusable(f"{folder}: no such folder of photos")
        self._folder = PhotoFolder(self.folder)

    def named(self, name: str) -> tuple[str, Path]:
        """Name and file of the photo called ``name``: a path in the folder, a file name or a stem.

        A photo that is not there has the path where it would be.
        """
        relative = PurePosixPath(name.replace("\\", "/"))
        if not relative.is_absolute() and ".." not in relative.parts:
            path = self.folder / relative
            if path.is_file():
                return relative.as_posix(), path
        return self._found(self._folder.find(Dialogue("", (), photo_id=name)), name)

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
