"""Search a library: texts in, ranked photos out."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Encoder
from retrieval.errors import EmptyQuery, LibraryEmpty
from retrieval.indexing import check_encoder
from retrieval.library import Library, Photo
from retrieval.search.cutoff import Cutoff, largest_gap, threshold
from retrieval.search.duplicates import DUPLICATE_COSINE
from retrieval.search.duplicates import collapse as collapse_duplicates
from retrieval.search.filters import SearchOptions
from retrieval.search.fusion import fuse
from retrieval.text import clean_text
from retrieval.vectors.faiss_index import IndexView, PhotoIndex

Vectors = NDArray[np.float32]

SMALL_GALLERY = 50
"""With fewer photos, their own mean and covariance say little; the encoder's are used instead."""

_SPARE = 32
DEFAULTS = SearchOptions()


@dataclass(frozen=True)
class QueryText:
    """One text of a query and how much it counts."""

    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        # No tokenizer takes half of a surrogate pair.
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True)
class Query:
    """What to look for: one text, or several whose scores are fused."""

    parts: tuple[QueryText, ...]

    @classmethod
    def of(cls, text: str) -> "Query":
        """A query of one text."""
        return cls((QueryText(text),))


@dataclass(frozen=True)
class Hit:
    """A photo that was found.

    Attributes:
        rank: from 1.
        photo_id: in the library.
        path: of its file, which was there a moment ago.
        score: cosine between the query's vector and the photo's.
        similar: ids of near-duplicates that were collapsed into this one.
    """

    rank: int
    photo_id: int
    path: Path
    score: float
    similar: tuple[int, ...] = ()


@dataclass(frozen=True)
class SearchResult:
    """The answer to one query.

    Attributes:
        hits: best first.
        searched: number of photos that were compared.
        seconds: time taken.
        nothing_fits: a cut-off was asked for and no photo passed it.
        missing: photos left out because their files are gone.
    """

    hits: tuple[Hit, ...]
    searched: int
    seconds: float
    nothing_fits: bool
    missing: int = 0


@dataclass(frozen=True)
class _Candidate:
    photo: Photo
    score: float


class Searcher:
    """Answers queries over one library with one encoder. Safe to use from several threads."""

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        *,
        cutoff: Cutoff | None = None,
        duplicate_cosine: float = DUPLICATE_COSINE,
    ) -> None:
        """Nothing is loaded before the first search.

        Args:
            library: open; kept open for as long as the searcher is used.
            encoder: the one that the library was made with.
            cutoff: how strict the option ``cutoff`` is.
            duplicate_cosine: how alike photos must be for the option ``collapse``.
        """
        self.library = library
        self.encoder = encoder
        self.index = PhotoIndex(library)
        self.cutoff = cutoff or Cutoff()
        self.duplicate_cosine = duplicate_cosine

    def search(self, query: Query, options: SearchOptions = DEFAULTS) -> SearchResult:
        """The photos that fit best.

        Args:
            query: what to look for.
            options: how many, which photos may be found, and what is left out.

        Raises:
            EmptyQuery: the query holds no text.
            EncoderMismatch: the library belongs to another encoder.
            LibraryEmpty: there is nothing to search.
        """
        return self.search_many([query], options)[0]

    def search_many(
        self, queries: Sequence[Query], options: SearchOptions = DEFAULTS
    ) -> list[SearchResult]:
        """As :meth:`search`, for many queries; their texts are embedded together."""
        if options.filter:
            raise NotImplementedError("filters are not applied yet")
        parts = [_meaningful(query) for query in queries]
        if not parts:
            return []
        started = time.perf_counter()
        view, embedded = self._prepared(parts)
        shared = (time.perf_counter() - started) / len(parts)
        results = []
        for query in parts:
            started = time.perf_counter()
            vector = self._fused(view, query, embedded)
            hits, nothing_fits, missing = self._hits(
                view, vector, options.k, options.cutoff, options.collapse
            )
            results.append(
                SearchResult(
                    hits=hits,
                    searched=len(view),
                    seconds=shared + time.perf_counter() - started,
                    nothing_fits=nothing_fits,
                    missing=missing,
                )
            )
        return results

    def scores(self, queries: Sequence[Query]) -> tuple[NDArray[np.int64], Vectors]:
        """Ids [photos] of everything that is searched, and its scores [queries, photos].

        For measuring: the scores are those by which :meth:`search` ranks. Raises what it raises.
        """
        parts = [_meaningful(query) for query in queries]
        view, embedded = self._prepared(parts)
        vectors = np.stack([self._fused(view, query, embedded) for query in parts])
        return view.ids, vectors @ view.matrix.T

    # -- inside ----------------------------------------------------------------------------

    def _prepared(
        self, parts: Sequence[Sequence[QueryText]]
    ) -> tuple[IndexView, dict[str, Vectors]]:
        """The photos as they are now, and the vectors of all texts, each embedded once."""
        check_encoder(self.library, self.encoder)
        view = self.index.current()
        if len(view) == 0:
            raise LibraryEmpty(
                f"the library {self.library.path} holds no photo to search: "
                "index some with photopal index FOLDER"
            )
        texts = list(dict.fromkeys(part.text for query in parts for part in query))
        return view, dict(zip(texts, self.encoder.encode_texts(texts), strict=True))

    def _fused(
        self, view: IndexView, query: Sequence[QueryText], embedded: dict[str, Vectors]
    ) -> Vectors:
        vectors = np.stack([embedded[part.text] for part in query])
        if len(query) == 1:
            return vectors[0]
        if len(view) >= SMALL_GALLERY:
            covariance: Vectors | None = view.statistics()[1]
        else:
            background = self.encoder.background()
            covariance = background[1] if background else None
        weights = np.asarray([part.weight for part in query], dtype=np.float32)
        return fuse(vectors, weights, covariance)

    def _hits(
        self, view: IndexView, vector: Vectors, k: int, cutoff: bool, collapse: bool
    ) -> tuple[tuple[Hit, ...], bool, int]:
        lowest: float | None = None
        wanted = k + _SPARE if not collapse else 4 * k + _SPARE
        while True:
            ids, scores = view.search(vector, wanted)
            exhausted = len(ids) < wanted
            found, missing = self._existing(ids, scores)
            if cutoff and found:
                if lowest is None:
                    lowest = self._lowest(view, vector, found[0].score)
                passed = [one for one in found if one.score >= lowest]
                exhausted = exhausted or len(passed) < len(found)
                found = passed
            hits = self._ranked(view, found, k, collapse)
            if len(hits) >= k or exhausted:
                return hits, cutoff and not hits, missing
            wanted *= 4

    def _existing(self, ids: NDArray[np.int64], scores: Vectors) -> tuple[list[_Candidate], int]:
        """The candidates whose files are still there, and how many are not."""
        photos = self.library.photos(ids.tolist())
        found = []
        for photo_id, score in zip(ids.tolist(), scores.tolist(), strict=True):
            photo = photos.get(photo_id)
            if photo is not None and photo.status == "present" and os.path.isfile(photo.path):
                found.append(_Candidate(photo, score))
        return found, len(ids) - len(found)

    def _lowest(self, view: IndexView, vector: Vectors, best: float) -> float:
        """The lowest score that passes the cut-off for this query."""
        background = self.encoder.background()
        if background is None and len(view) >= SMALL_GALLERY:
            background = view.statistics()
        if background is not None:
            return threshold(best, vector, background, self.cutoff)
        _, scores = view.search(vector, len(view))
        return largest_gap(scores, self.cutoff)

    def _ranked(
        self, view: IndexView, found: list[_Candidate], k: int, collapse: bool
    ) -> tuple[Hit, ...]:
        if not collapse or not found:
            chosen: list[tuple[_Candidate, tuple[int, ...]]] = [(one, ()) for one in found[:k]]
        else:
            groups = collapse_duplicates(
                view.vectors([one.photo.id for one in found]),
                [one.photo.content_hash for one in found],
                self.duplicate_cosine,
            )
            chosen = [
                (found[group.leader], tuple(found[place].photo.id for place in group.similar))
                for group in groups[:k]
            ]
        return tuple(
            Hit(rank, one.photo.id, one.photo.path, one.score, similar)
            for rank, (one, similar) in enumerate(chosen, start=1)
        )


def _meaningful(query: Query) -> list[QueryText]:
    parts = [part for part in query.parts if part.text.strip() and part.weight != 0]
    if not parts:
        raise EmptyQuery("the query is empty: say what the photo shows")
    return parts
