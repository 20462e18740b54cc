"""Finds the photos that a data set names, and keeps count of what is not there."""

from pathlib import Path

from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import entry_id
from bot.dialogues.photo_names import PhotoFolder
from training.bench.base import BenchPhoto, Missing
from training.datasets.photo_resolver import PhotoResolver
from training.errors import PhotosUnusable
from training.evaluation.reasons import PHOTO_MISSING

NO_SUCH_FILE = PHOTO_MISSING
TWICE = "named twice"


class PhotoFinder:
    """Names to photos of one folder, whatever their extension and case.

    A photo's id is its path within the folder, as in the run files of ``photopal evaluate``; that
    of a photo that is not there is the name that the data set gives it.

    Attributes:
        folder: where the photos are.
        missing: photos that were asked for and are not there, each once.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is listed yet.

        Raises:
            PhotosUnusable: there is no such folder.
        """
        self._resolver = PhotoResolver(folder)
        self.folder = self._resolver.folder
        self.missing: list[Missing] = []
        self._known: dict[str, BenchPhoto] = {}
        self._gone: set[str] = set()

    def find(self, name: str) -> BenchPhoto:
        """The photo called ``name``: a path in the folder, a file name or a stem.

        One that is not there has the path where it would be, and is counted as missing.

        Raises:
            PhotosUnusable: several photos in different folders could be meant.
        """
        if name not in self._known:
            self._known[name] = self._noted(name, *self._resolver.named(name))
        return self._known[name]

    def of_dialogue(self, dialogue: Dialogue) -> BenchPhoto | None:
        """The photo of a dialogue, by its id or its URL; None when the dialogue names none."""
        found = self._resolver.of(dialogue)
        return None if found is None else self._noted(found[0], *found)

    def is_there(self, photo: BenchPhoto) -> bool:
        """Whether the file of a photo that was found is there."""
        return photo.id not in self._gone

    def _noted(self, name: str, relative: str, path: Path) -> BenchPhoto:
        photo = BenchPhoto(entry_id(relative) or "-", path)
        if photo.id not in self._gone and not path.is_file():
            self._gone.add(photo.id)
            self.missing.append(Missing(name, NO_SUCH_FILE))
        return photo

    def all_photos(self) -> list[BenchPhoto]:
        """Every photo of the folder and its sub-folders, in the order of ``photopal evaluate``."""
        return [
            BenchPhoto(entry_id(path.relative_to(self.folder).as_posix()), path)
            for path in PhotoFolder(self.folder).paths
        ]

    def require_some(self, named: int, source: Path) -> None:
        """Refuse a data set none of whose photos is there.

        Args:
            named: how many photos the data set names.
            source: the file that names them, for the message.

        Raises:
            PhotosUnusable: all of them are missing.
        """
        if named and len(self._gone) >= named:
            raise PhotosUnusable(
                f"none of the {named:,} photos that {source} names is in {self.folder} "
                f"({self.missing[0].name} …): is it the right folder?"
            )
