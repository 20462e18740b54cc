"""From a ranking to the hits of an answer: only photos whose files are there, grouped if asked."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.library import Library, Photo
from retrieval.photos.remote import RemotePath
from retrieval.search.duplicates import Collapser
from retrieval.vectors.base import Ids

Vectors = NDArray[np.float32]

_PAGE = 40
"""Photos that are read from the library at first."""

CHECKED = 500
"""After so many files that were there, the rest of an answer is believed."""


@dataclass(frozen=True)
class Hit:
    """A photo that was found.

    Attributes:
        rank: from 1.
        photo_id: in the library.
        path: of its file, which was there a moment ago (of very long answers, the first ones).
        score: cosine between the query's vector and the photo's.
        similar: ids of near-duplicates that were collapsed into this one.
        written: the text in the photo that holds words of the query; "" for none.
    """

    rank: int
    photo_id: int
    path: Path
    score: float
    similar: tuple[int, ...] = ()
    written: str = ""


@dataclass(frozen=True)
class Found:
    """A photo of a ranking that is there, and its cosine."""

    photo: Photo
    score: float


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
        """Whether the file of a photo is there, as far as is known.

        Storage is not asked: a request for each photo would take longer than the search.
        """
        if isinstance(path, RemotePath):
            return True
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


class RankedPhotos:
    """The photos of one ranking, read from the library a page at a time.

    Most answers end after the first few of all that were ranked; a long one reads larger pages.
    """

    def __init__(self, library: Library, ids: list[int], files: ExistingFiles) -> None:
        self._library = library
        self._ids = ids
        self._files = files
        self._places = {photo_id: place for place, photo_id in enumerate(ids)}
        self._read: dict[int, Photo] = {}
        self._present: dict[int, Photo | None] = {}
        self._page = _PAGE

    def present(self, photo_id: int) -> Photo | None:
        """The photo, unless it or its file is gone."""
        if photo_id not in self._present:
            photo = self._photo(photo_id)
            if photo is not None and (photo.status != "present" or not self._files.has(photo.path)):
                photo = None
            self._present[photo_id] = photo
        return self._present[photo_id]

    def _photo(self, photo_id: int) -> Photo | None:
        if photo_id not in self._read:
            start = self._places[photo_id]
            self._read |= self._library.photos(self._ids[start : start + self._page])
            self._page *= 2
        return self._read.get(photo_id)


class PlainHits:
    """Photos as they come."""

    def __init__(self) -> None:
        self._found: list[Found] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, found: list[Found], vectors: Vectors | None) -> None:
        """The next photos of the ranking; vectors [n, dim] are needed for grouping only."""
        self._found += found

    def hits(self, k: int) -> tuple[Hit, ...]:
        """The first ``k``."""
        return tuple(
            Hit(rank, one.photo.id, one.photo.path, one.score)
            for rank, one in enumerate(self._found[:k], start=1)
        )


class GroupedHits(PlainHits):
    """Near-duplicates as one."""

    def __init__(self, limit: float, most: int) -> None:
        super().__init__()
        self._collapser = Collapser(limit, most)

    def __len__(self) -> int:
        return len(self._collapser.groups)

    def add(self, found: list[Found], vectors: Vectors | None) -> None:
        super().add(found, vectors)
        if vectors is not None:
            self._collapser.add(vectors, [one.photo.content_hash for one in found])

    def hits(self, k: int) -> tuple[Hit, ...]:
        answer = []
        for rank, group in enumerate(self._collapser.groups[:k], start=1):
            one = self._found[group.representative]
            similar = tuple(self._found[place].photo.id for place in group.similar)
            answer.append(Hit(rank, one.photo.id, one.photo.path, one.score, similar))
        return tuple(answer)


def ids_of(found: list[Found]) -> Ids:
    """Their ids [n]."""
    return np.asarray([one.photo.id for one in found], dtype=np.int64)
