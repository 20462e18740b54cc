"""Which of the photos that were found still have their files, without asking for each of many."""

import os
from pathlib import Path

CHECKED = 500
"""After so many files that were there, the rest of an answer is believed."""


class ExistingFiles:
    """Looks for the files of one answer, in the order of the ranking.

    Nobody looks at thousands of photos at once, and whoever ranks a whole library must not touch
    its disk for every photo. So the first files are looked for, and of what follows only those
    in folders that were seen to be gone are left out.

    Attributes:
        missing: how many were gone.
    """

    def __init__(self) -> None:
        self.missing = 0
        self._present = 0
        self._folders: dict[Path, bool] = {}

    def has(self, path: Path) -> bool:
        """Whether the file of a photo is there, as far as is known."""
        folder = path.parent
        if self._present >= CHECKED:
            there = self._folders.get(folder, True)
        else:
            if folder not in self._folders:
                self._folders[folder] = os.path.isdir(folder)
            there = self._folders[folder] and os.path.isfile(path)
        self._present += there
        self.missing += not there
        return there
