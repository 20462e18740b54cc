"""The product's own search as a way to score: the figures are those of ``photopal evaluate``."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.encoders.base import Encoder
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.scoring import Scores
from training.errors import BenchError
from training.evaluation.gallery import Gallery, PhotoGallery, library_path
from training.evaluation.queries import EvalQuery
from training.evaluation.rankers import PhotoRanker

MOST_LEVELS = 3
"""Levels of folders between an album and its photos; one that lies higher holds other things."""


@dataclass(frozen=True)
class ProductGallery:
    """The photos that the search knows, and those that it could not read.

    Attributes:
        photos: in the order of the scores.
        gallery: for :class:`training.evaluation.rankers.PhotoRanker`.
        failed: why a photo is not there, by its id.
    """

    photos: tuple[BenchPhoto, ...]
    gallery: PhotoGallery
    failed: Mapping[str, str]


def open_product_gallery(
    photos: Sequence[BenchPhoto], encoder: Encoder, index: Callable[..., Any]
) -> ProductGallery:
    """Index the folder that holds all photos, as ``photopal evaluate --photos`` does.

    The library is the one that evaluate keeps, so each embeds only what the other has not.

    Args:
        photos: of the data set.
        encoder: makes the vectors.
        index: as :func:`retrieval.indexing.index_folders`.

    Raises:
        BenchError: there is no photo.
    """
    from retrieval.library import Library
    from retrieval.search import Searcher

    if not photos:
        raise BenchError("the data set holds no photo")
    paths = [photo.path.expanduser().resolve() for photo in photos]
    folders = _folders({path.parent for path in paths})
    library = Library.open(library_path(folders, encoder), create=True)
    report = index(library, encoder, folders)
    reasons = {Path(one.path): str(one.reason) for one in report.failed}
    searcher = Searcher(library, encoder)
    searcher.index.sync(library)
    numbers = searcher.index.ids().tolist()
    known = library.photos(numbers)
    columns = {known[number].path: column for column, number in enumerate(numbers)}
    there = [place for place, path in enumerate(paths) if path in columns]
    failed = {
        photo.id: reasons.get(path, "it cannot be indexed")
        for photo, path in zip(photos, paths, strict=True)
        if path not in columns
    }
    chosen = tuple(photos[place] for place in there)
    if not chosen:
        raise BenchError(f"{folders[0]} holds no photo that can be read")
    gallery = Gallery(tuple(photo.id for photo in chosen), gold={})
    places = np.asarray([columns[paths[place]] for place in there], dtype=np.int64)
    return ProductGallery(chosen, PhotoGallery(gallery, searcher, places), failed)


def _folders(parents: set[Path]) -> list[Path]:
    """The folder that holds all of these; themselves, where it lies far above them."""
    common = Path(os.path.commonpath(parents))
    if all(len(parent.relative_to(common).parts) <= MOST_LEVELS for parent in parents):
        return [common]
    return sorted(parents)


class ProductScorer:
    """Scores of the product's search."""

    def __init__(self, gallery: ProductGallery, queries: Sequence[BenchQuery]) -> None:
        """Ask these queries; one that is no dialogue's is searched as a caption is."""
        self._ranker = PhotoRanker(gallery.gallery)
        self._asked = [query.asked or EvalQuery(caption=query.text) for query in queries]
        self.failed: dict[int, str] = {
            place: one.failed for place, one in enumerate(self._asked) if one.failed is not None
        }

    def scores(self, start: int, stop: int) -> Scores:
        """See :class:`training.bench.scoring.Scorer`."""
        asked, found = self._ranker.scores(self._asked[start:stop])
        for place, one in enumerate(asked):
            if one.failed is not None:
                self.failed[start + place] = one.failed
        return found
