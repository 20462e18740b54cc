"""Search a library: texts in, ranked photos out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Encoder
from retrieval.errors import EmptyQuery, LibraryEmpty
from retrieval.indexing import check_encoder
from retrieval.library import Library, Photo
from retrieval.search.cutoff import Cutoff, largest_gap, threshold
from retrieval.search.duplicates import DUPLICATE_COSINE, Collapser
from retrieval.search.existing import ExistingFiles
from retrieval.search.filters import SearchOptions
from retrieval.search.fusion import fuse
from retrieval.text import clean_text
from retrieval.vectors import VectorIndex, open_index
from retrieval.vectors.base import Ids

Vectors = NDArray[np.float32]

SMALL_GALLERY = 50
"""With fewer photos, their own mean and covariance say little; the encoder's are used instead."""

_SPARE = 32
_GROWTH = 4
_BLOCK = 4096

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
        path: of its file, which was there a moment ago (of very long answers, the first ones).
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
        searched: number of photos that were compared, after filtering.
        seconds: time taken.
        nothing_fits: no photo passed the filter, or the cut-off that was asked for.
        missing: photos left out because their files are gone; only as far as was looked.
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
        index: VectorIndex | None = None,
        *,
        cutoff: Cutoff | None = None,
        duplicate_cosine: float = DUPLICATE_COSINE,
    ) -> None:
        """Nothing is loaded before the first search.

        Args:
            library: open; kept open for as long as the searcher is used.
            encoder: the one that the library was made with.
            index: over the library's vectors; by default the one that is kept beside it.
            cutoff: how strict the option ``cutoff`` is.
            duplicate_cosine: how alike photos must be for the option ``collapse``.
        """
        self.library = library
        self.encoder = encoder
        self.index: VectorIndex = open_index(library) if index is None else index
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
        parts = [_meaningful(query) for query in queries]
        if not parts:
            return []
        started = time.perf_counter()
        embedded = self._prepared(parts)
        allowed = self.library.ids_matching(options.filter) if options.filter else None
        with self.index.reading():
            searched = len(self.index)
            if allowed is not None:
                searched = len(np.intersect1d(allowed, self.index.ids()))
            shared = (time.perf_counter() - started) / len(parts)
            results = []
            for query in parts:
                started = time.perf_counter()
                hits, missing = self._hits(self._fused(query, embedded), options, allowed)
                results.append(
                    SearchResult(
                        hits=hits,
                        searched=searched,
                        seconds=shared + time.perf_counter() - started,
                        nothing_fits=not hits and (options.cutoff or searched == 0),
                        missing=missing,
                    )
                )
        return results

    def scores(self, queries: Sequence[Query]) -> tuple[Ids, Vectors]:
        """Ids [photos] of everything that is searched, and its scores [queries, photos].

        For measuring: the scores are those by which :meth:`search` ranks. Raises what it raises.
        """
        parts = [_meaningful(query) for query in queries]
        embedded = self._prepared(parts)
        with self.index.reading():
            vectors = np.stack([self._fused(query, embedded) for query in parts])
            ids = self.index.ids()
            scores = np.empty((len(vectors), len(ids)), dtype=np.float32)
            for start in range(0, len(ids), _BLOCK):
                rows = self.index.vectors(ids[start : start + _BLOCK])
                scores[:, start : start + _BLOCK] = vectors @ rows.T
        return ids, scores

    # -- inside ----------------------------------------------------------------------------

    def _prepared(self, parts: Sequence[Sequence[QueryText]]) -> dict[str, Vectors]:
        """Bring the index up to date; the vectors of all texts, each embedded once."""
        check_encoder(self.library, self.encoder)
        self.index.sync(self.library)
        if len(self.index) == 0:
            raise LibraryEmpty(
                f"the library {self.library.path} holds no photo to search: "
                "index some with photopal index FOLDER"
            )
        texts = list(dict.fromkeys(part.text for query in parts for part in query))
        return dict(zip(texts, self.encoder.encode_texts(texts), strict=True))

    def _fused(self, query: Sequence[QueryText], embedded: dict[str, Vectors]) -> Vectors:
        vectors = np.stack([embedded[part.text] for part in query])
        if len(query) == 1:
            return vectors[0]
        if len(self.index) >= SMALL_GALLERY:
            covariance: Vectors | None = self.index.statistics()[1]
        else:
            background = self.encoder.background()
            covariance = background[1] if background else None
        weights = np.asarray([part.weight for part in query], dtype=np.float32)
        return fuse(vectors, weights, covariance)

    def _hits(
        self, vector: Vectors, options: SearchOptions, allowed: Ids | None
    ) -> tuple[tuple[Hit, ...], int]:
        """The hits of one query, and how many photos were left out as gone."""
        files = ExistingFiles()
        answer = _Groups(self.duplicate_cosine) if options.collapse else _Plain()
        lowest: float | None = None
        first = (_GROWTH if options.collapse else 1) * options.k + _SPARE
        for ids, scores in self._ranking(vector, first, allowed):
            photos = self.library.photos(ids.tolist())
            found: list[_Candidate] = []
            enough = False
            for photo_id, score in zip(ids.tolist(), scores.tolist(), strict=True):
                if lowest is not None and score < lowest:
                    enough = True
                    break
                photo = photos.get(photo_id)
                if photo is None or photo.status != "present" or not files.has(photo.path):
                    continue
                if options.cutoff and lowest is None:
                    lowest = self._lowest(vector, score)
                    if score < lowest:
                        enough = True
                        break
                found.append(_Candidate(photo, score))
                if not options.collapse and len(answer) + len(found) >= options.k:
                    enough = True
                    break
            vectors = self.index.vectors(_ids(found)) if options.collapse else None
            answer.add(found, vectors)
            if enough or len(answer) >= options.k:
                break
        return answer.hits(options.k), files.missing

    def _ranking(
        self, vector: Vectors, first: int, allowed: Ids | None
    ) -> Iterator[tuple[Ids, Vectors]]:
        """All photos best first, in ever larger pieces, each photo once."""
        given = np.empty(0, dtype=np.int64)
        wanted = first
        while True:
            ids, scores = self.index.search(vector[None], wanted, allowed)[0]
            fresh = ~np.isin(ids, given)
            yield ids[fresh], scores[fresh]
            if len(ids) < wanted:
                return
            given = ids
            wanted *= _GROWTH

    def _lowest(self, vector: Vectors, best: float) -> float:
        """The lowest score that passes the cut-off for this query."""
        background = self.encoder.background()
        if background is None and len(self.index) >= SMALL_GALLERY:
            background = self.index.statistics()
        if background is not None:
            return threshold(best, vector, background, self.cutoff)
        _, scores = self.index.search(vector[None], len(self.index))[0]
        return largest_gap(scores, self.cutoff)


class _Plain:
    """Photos as they come."""

    def __init__(self) -> None:
        self._found: list[_Candidate] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, found: list[_Candidate], vectors: Vectors | None) -> None:
        self._found += found

    def hits(self, k: int) -> tuple[Hit, ...]:
        return tuple(
            Hit(rank, one.photo.id, one.photo.path, one.score)
            for rank, one in enumerate(self._found[:k], start=1)
        )


class _Groups(_Plain):
    """Near-duplicates as one."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self._collapser = Collapser(limit)

    def __len__(self) -> int:
        return len(self._collapser.groups)

    def add(self, found: list[_Candidate], vectors: Vectors | None) -> None:
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


def _ids(found: list[_Candidate]) -> Ids:
    return np.asarray([one.photo.id for one in found], dtype=np.int64)


def _meaningful(query: Query) -> list[QueryText]:
    parts = [part for part in query.parts if part.text.strip() and part.weight != 0]
    if not parts:
        raise EmptyQuery("the query is empty: say what the photo shows")
    return parts
