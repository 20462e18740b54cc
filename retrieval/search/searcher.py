"""Search a library: texts in, ranked photos out."""

import contextlib
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Encoder, searches
from retrieval.errors import EncoderMismatch, LibraryEmpty
from retrieval.indexing import check_searchable
from retrieval.library import Library
from retrieval.photos.names import name_words, words_of_path
from retrieval.search.calibration import Calibration, calibration_of
from retrieval.search.cutoff import Cutoff, largest_gap, threshold
from retrieval.search.duplicates import DUPLICATE_COSINE
from retrieval.search.evidence import (
    NAME_EVIDENCE,
    Evidence,
    Weighted,
    named_share,
    order_scores,
)
from retrieval.search.filters import Filter, Judged, SearchOptions
from retrieval.search.fusion import fuse
from retrieval.search.hits import (
    ExistingFiles,
    Found,
    GroupedHits,
    Hit,
    PlainHits,
    RankedPhotos,
    ids_of,
)
from retrieval.search.hubness import deviations
from retrieval.search.query import Query, QueryText, meaningful, with_meaning
from retrieval.search.sureness import (
    DIALOGUE,
    PICTURE,
    STANDING_DEPTH,
    ScoreStatistics,
    Sure,
    standing_evidence,
)
from retrieval.search.written import quoted, written_shares
from retrieval.vectors import VectorIndex, open_index
from retrieval.vectors.base import Ids, Ranking, is_in_growing

Vectors = NDArray[np.float32]

SMALL_GALLERY = 50
"""With fewer photos, their own mean and covariance say little; the encoder's are used instead."""

_SPARE = 32
_SPARE_TO_COLLAPSE = 600
_GROWTH = 4
_BLOCK = 4096
_WIDE_SHARE = 0.2
"""A filter that lets this share of all photos pass is applied to the nearest of all."""

_WIDE_SURPLUS = 1.5
"""How many times as many photos are looked at then as would do if those that pass lay evenly."""

_REORDERED = 200
"""Photos with the highest cosines that are ordered anew by all that is known of them."""

DEFAULTS = SearchOptions()


@dataclass(frozen=True)
class SearchResult:
    """The answer to one query.

    Attributes:
        hits: best first.
        searched: number of photos that were compared, after filtering.
        seconds: time taken.
        nothing_fits: no photo passed the filter, or the cut-off that was asked for.
        missing: photos left out because their files are gone; only as far as was looked.
        sure: whether what was meant is among the photos, before any cut-off.
        probability: the chance that it is.
        deviation: the standard deviation of the query's scores over everyday photos, by which the
            scores of hits are compared; 0 where that is not known.
    """

    hits: tuple[Hit, ...]
    searched: int
    seconds: float
    nothing_fits: bool
    missing: int = 0
    sure: Sure = Sure.CLOSEST
    probability: float = 0.0
    deviation: float = 0.0


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
        self._guard = threading.Lock()
        self._hubness: dict[int, float] = {}
        self._hubness_change = -1
        self._calibration: Calibration | None = None

    @property
    def calibration(self) -> Calibration:
        """What comes with the encoder: a bank of queries and a measure of sureness."""
        if self._calibration is None:
            self._calibration = calibration_of(self.encoder)
        return self._calibration

    def follow(self) -> bool:
        """Take over the library's encoder, where it is another than before; whether it was.

        A plain searcher never does: it refuses the library then.
        """
        return False

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
        if not queries:
            return []
        started = time.perf_counter()
        embedded = self._prepared(queries)
        allowed = self.library.ids_matching(options.filter) if options.filter else None
        with self._reading():
            if allowed is not None:
                allowed = self.index.known(allowed)
            searched = len(self.index) if allowed is None else len(allowed)
            shared = (time.perf_counter() - started) / len(queries)
            results = []
            for query in queries:
                started = time.perf_counter()
                ranking = self._candidates(query, embedded, options, allowed)
                hits, missing = self._hits(ranking, options, allowed)
                told = self._without_guesses(query, ranking, embedded, allowed)
                sure, probability = self._sureness(query, told, searched, options.filter)
                results.append(
                    SearchResult(
                        hits=quoted(self.library, query, hits),
                        searched=searched,
                        seconds=shared + time.perf_counter() - started,
                        nothing_fits=not hits and (options.cutoff or searched == 0),
                        missing=missing,
                        sure=sure,
                        probability=probability,
                        deviation=self._deviation(ranking.vector),
                    )
                )
        return results

    def scores(self, queries: Sequence[Query]) -> tuple[Ids, Vectors]:
        """Ids [photos] of everything that is searched, and its scores [queries, photos].

        For measuring: the scores are those by which :meth:`search` ranks. Raises what it raises.
        """
        embedded = self._prepared(queries)
        with self._reading():
            vectors = [self._fused(query, embedded) for query in queries]
            shares = [self._named(query) for query in queries]
            ids = self.index.ids()
            scores = np.empty((len(vectors), len(ids)), dtype=np.float32)
            for start in range(0, len(ids), _BLOCK):
                block = ids[start : start + _BLOCK]
                rows = self.index.vectors(block)
                usual = self._usual_best(block, rows)
                for number, (query, vector) in enumerate(zip(queries, vectors, strict=True)):
                    scores[number, start : start + _BLOCK] = self._ordered(
                        query, vector, rows, block, embedded, shares[number], usual
                    )
        return ids, scores

    # -- inside ----------------------------------------------------------------------------

    def _prepared(self, queries: Sequence[Query]) -> dict[str, Vectors]:
        """Bring the index up to date; the vectors of all texts, each embedded once."""
        texts = {part.text: None for query in queries for part in meaningful(query)}
        texts |= {part.text: None for query in queries for part in with_meaning(query.exclude)}
        for picture in (picture for query in queries for picture in query.pictures):
            fits = len(picture.vector) == self.encoder.dim
            known = not picture.made_by or searches(self.encoder, picture.made_by)
            if not fits or not known:
                raise EncoderMismatch(
                    "the library has another encoder since the picture was looked at: "
                    "show the picture again"
                )
        check_searchable(self.library, self.encoder)
        self.index.sync(self.library)
        if len(self.index) == 0:
            raise LibraryEmpty(
                f"the library {self.library.path} holds no photo to search: "
                "index some with photopal index FOLDER"
            )
        if not texts:
            return {}
        return dict(zip(texts, self.encoder.encode_texts(list(texts)), strict=True))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Hold changes of the index off, and make sure that it is this encoder's.

        The library may have got another encoder since the texts were embedded.
        """
        with self.index.reading():
            if not searches(self.encoder, self.index.fingerprint):
                check_searchable(self.library, self.encoder)
                raise EncoderMismatch(f"the library {self.library.path} has another encoder now")
            yield

    def _fused(self, query: Query, embedded: dict[str, Vectors]) -> Vectors:
        parts = meaningful(query)
        vectors = np.stack(
            [embedded[part.text] for part in parts] + [part.vector for part in query.pictures]
        )
        if len(vectors) == 1:
            return vectors[0]
        if len(self.index) >= SMALL_GALLERY:
            covariance: Vectors | None = self.index.statistics()[1]
        else:
            reference = self.encoder.reference_statistics()
            covariance = reference[1] if reference else None
        said = np.asarray([part.weight for part in parts], dtype=np.float32)
        shown = np.asarray([part.weight for part in query.pictures], dtype=np.float32)
        fused = fuse(vectors, np.concatenate([said, shown]), covariance)
        combiner = self.calibration.combiner
        if combiner is None or not len(said) or not len(shown):
            return fused
        text = fuse(vectors[: len(said)], said, covariance)
        picture = fuse(vectors[len(said) :], shown, covariance)
        share = float(shown.sum() / (said.sum() + shown.sum()))
        return combiner.compose(picture, text, fused, share)

    def _reference(self) -> tuple[Vectors, Vectors] | None:
        """Mean and covariance of everyday photos, or those of a library that is large enough."""
        reference = self.encoder.reference_statistics()
        if reference is None and len(self.index) >= SMALL_GALLERY:
            reference = self.index.statistics()
        return reference

    def _usual_best(self, ids: Ids, photos: Vectors) -> Vectors | None:
        """The hubness of photos [n, dim]; computed once for each while the library is the same."""
        bank = self.calibration.bank
        if bank is None:
            return None
        change = self.library.change
        with self._guard:
            if self._hubness_change != change:
                self._hubness, self._hubness_change = {}, change
            known = self._hubness
        wanted = ids.tolist()
        rows = [row for row, photo_id in enumerate(wanted) if photo_id not in known]
        if rows:
            found = bank.usual_best(photos[rows]).tolist()
            known.update(zip((wanted[row] for row in rows), found, strict=True))
        return np.array([known[photo_id] for photo_id in wanted], np.float32)

    def _named(self, query: Query) -> dict[int, float]:
        """How well names of photos, and texts in them, fit the query, by id; most not at all."""
        shares = self._named_files(query)
        for number, strength in written_shares(self.library, query, self._is_unfamiliar).items():
            shares[number] = max(strength, shares.get(number, 0.0))
        return shares

    def _is_unfamiliar(self, word: str) -> bool:
        """Whether the encoder must spell a word, which it hardly knows then."""
        return self.encoder.count_tokens(word) > self.encoder.count_tokens("a")

    def _named_files(self, query: Query) -> dict[int, float]:
        words = set(name_words(query.names))
        if not words:
            return {}
        photos = self.library.photos(list(self.library.search_names(query.names)))
        roots = self.library.roots()
        return {
            photo.id: named_share(words, words_of_path(photo.path, roots))
            for photo in photos.values()
        }

    def _ordered(
        self,
        query: Query,
        vector: Vectors,
        photos: Vectors,
        ids: Ids,
        embedded: dict[str, Vectors],
        shares: dict[int, float],
        usual_best: Vectors | None,
        judged: Judged = DEFAULTS.judged,
    ) -> Vectors:
        """By what photos [n, dim] are ordered [n]; their cosines, when nothing else is known."""
        reference = self._reference()
        if query.kind in (DIALOGUE, PICTURE):
            usual_best = None
        evidence = Evidence(
            named=np.array([shares.get(one, 0.0) for one in ids.tolist()], np.float32)
            if shares
            else None,
            excluded=_weighted(with_meaning(query.exclude), embedded),
            liked=self._vectors_of(judged.liked),
            disliked=self._vectors_of(judged.disliked),
        )
        if reference is None:
            reference = self.index.statistics()
        if usual_best is None and evidence.is_empty():
            cosines: Vectors = photos @ vector
            return cosines
        return order_scores(photos, vector, reference, usual_best, evidence)

    def _vectors_of(self, photo_ids: Sequence[int]) -> Vectors | None:
        """The vectors [n, dim] of those of the photos that there still are; None for none."""
        wanted = self.index.known(np.unique(np.asarray(photo_ids, np.int64)))
        return self.index.vectors(wanted) if len(wanted) else None

    def _candidates(
        self,
        query: Query,
        embedded: dict[str, Vectors],
        options: SearchOptions,
        allowed: Ids | None,
    ) -> "_Candidates":
        """The photos with the highest cosines and those whose names fit, in their order."""
        vector = self._fused(query, embedded)
        shares = self._named(query)
        first = options.k + _SPARE
        if options.collapse:
            first += min(3 * options.k, _SPARE_TO_COLLAPSE)
        first = max(first, _REORDERED)
        nearest, (ids, scores) = self._nearest(vector, first, allowed)
        found = len(ids)
        best = float(scores[0]) if found else -1.0
        named = self.index.known(np.array(sorted(shares), np.int64))
        if allowed is not None:
            named = named[is_in_growing(named, allowed)]
        ids = np.concatenate([ids, np.setdiff1d(named, ids)])
        if len(ids) > found:
            scores = np.concatenate([scores, self.index.vectors(ids[found:]) @ vector])
        told = shares or with_meaning(query.exclude) or options.judged
        if len(ids) and (told or self.calibration.bank is not None):
            photos = self.index.vectors(ids)
            # How near photos are to everything was measured with texts.
            texts_only = query.kind not in (DIALOGUE, PICTURE)
            usual = self._usual_best(ids, photos) if texts_only else None
            ordered = self._ordered(
                query, vector, photos, ids, embedded, shares, usual, options.judged
            )
            order = np.lexsort((ids, -ordered))
            ids, scores = ids[order], scores[order]
        fetched = found if found == first else 0
        return _Candidates(vector, ids, scores, best, shares, fetched, nearest)

    def _nearest(
        self, vector: Vectors, k: int, allowed: Ids | None
    ) -> tuple[Ranking | None, Ranking]:
        """The k photos that are nearest to the query, among all or those that a filter allows.

        Args:
            vector: of the query [dim].
            k: how many.
            allowed: ids of the photos that pass the filter; None for all.

        Returns:
            The nearest of all photos, where a filter is so wide that they were looked at (None
            otherwise), and the k nearest of those allowed.
        """
        if allowed is not None and len(allowed) >= len(self.index) * _WIDE_SHARE:
            # One search then tells both. The k nearest that pass are among these, if so many do.
            depth = math.ceil(_WIDE_SURPLUS * k * len(self.index) / len(allowed))
            ids, scores = self.index.search(vector[None], depth)[0]
            passed = is_in_growing(ids, allowed)
            if np.count_nonzero(passed) >= min(k, len(allowed)):
                return (ids, scores), (ids[passed][:k], scores[passed][:k])
        return None, self.index.search(vector[None], k, allowed)[0]

    def _ranking(self, candidates: "_Candidates", allowed: Ids | None) -> Iterator[Ranking]:
        """The candidates, then all other photos by cosine in ever larger pieces, each once."""
        yield candidates.ids, candidates.scores
        given, wanted = candidates.ids, candidates.fetched
        while wanted:
            wanted *= _GROWTH
            ids, scores = self.index.search(candidates.vector[None], wanted, allowed)[0]
            fresh = ~np.isin(ids, given)
            yield ids[fresh], scores[fresh]
            if len(ids) < wanted:
                return
            given = np.union1d(given, ids)

    def _hits(
        self, candidates: "_Candidates", options: SearchOptions, allowed: Ids | None
    ) -> tuple[tuple[Hit, ...], int]:
        """The hits of one query, and how many photos were left out as gone."""
        files = ExistingFiles()
        answer = GroupedHits(self.duplicate_cosine, options.k) if options.collapse else PlainHits()
        lowest: float | None = None
        for ids, scores in self._ranking(candidates, allowed):
            photos = RankedPhotos(self.library, ids.tolist(), files)
            if options.cutoff and lowest is None:
                by_cosine = np.argsort(-scores, kind="stable").tolist()
                best = next((at for at in by_cosine if photos.present(int(ids[at]))), None)
                if best is not None:
                    lowest = self._lowest(candidates.vector, float(scores[best]))
            found: list[Found] = []
            for photo_id, score in zip(ids.tolist(), scores.tolist(), strict=True):
                fits = lowest is None or score >= lowest or candidates.is_named(photo_id)
                if fits and (photo := photos.present(photo_id)):
                    found.append(Found(photo, score))
                    if not options.collapse and len(answer) + len(found) >= options.k:
                        break
            vectors = self.index.vectors(ids_of(found)) if options.collapse else None
            answer.add(found, vectors)
            past = lowest is not None and bool(len(scores)) and float(scores.min()) < lowest
            if past or len(answer) >= options.k:
                break
        return answer.hits(options.k), files.missing

    def _without_guesses(
        self,
        query: Query,
        candidates: "_Candidates",
        embedded: dict[str, Vectors],
        allowed: Ids | None,
    ) -> "_Candidates":
        """The candidates as they would score by what was said alone."""
        said = tuple(part for part in query.parts if not part.guessed)
        if len(said) == len(query.parts) or not with_meaning(said):
            return candidates
        vector = self._fused(replace(query, parts=said), embedded)
        _, scores = self.index.search(vector[None], 1, allowed)[0]
        best = float(scores[0]) if len(scores) else -1.0
        return replace(candidates, vector=vector, best=best, nearest=None)

    def _sureness(
        self, query: Query, candidates: "_Candidates", searched: int, chosen: Filter
    ) -> tuple[Sure, float]:
        """Whether what was meant is there, by plain cosines and by the first photo's name."""
        reference = self._reference()
        if not len(candidates.ids):
            return Sure.NONE, 0.0
        if reference is None or query.kind == PICTURE:
            return Sure.CLOSEST, 0.5
        statistics = ScoreStatistics.of(candidates.vector, candidates.best, searched, reference)
        evidence = NAME_EVIDENCE * candidates.shares.get(int(candidates.ids[0]), 0.0)
        standing = self._standing(candidates, searched, chosen)
        return self.calibration.sureness.judge(statistics, query.kind, evidence, standing)

    def _deviation(self, vector: Vectors) -> float:
        reference = self._reference()
        return 0.0 if reference is None else float(deviations(vector[None], reference[1])[0])

    def _standing(self, candidates: "_Candidates", searched: int, chosen: Filter) -> float:
        """What the place of the best photo in the whole library says, where a filter narrows it."""
        if not chosen.narrows:
            return 0.0
        ids, scores = (
            candidates.nearest or self.index.search(candidates.vector[None], STANDING_DEPTH)[0]
        )
        # Photos that were turned down are no rivals.
        rivals = scores[~np.isin(ids, list(chosen.exclude))]
        place = 1 + int((rivals > candidates.best).sum())
        return standing_evidence(place, searched, len(self.index) - len(chosen.exclude))

    def _lowest(self, vector: Vectors, best: float) -> float:
        """The lowest score that passes the cut-off for this query."""
        reference = self._reference()
        if reference is not None:
            return threshold(best, vector, reference, self.cutoff)
        _, scores = self.index.search(vector[None], len(self.index))[0]
        return largest_gap(scores, self.cutoff)


def _weighted(parts: Sequence[QueryText], embedded: Mapping[str, Vectors]) -> Weighted | None:
    """The vectors of texts and their weights; None for no texts."""
    if not parts:
        return None
    weights = np.array([part.weight for part in parts], np.float32)
    return Weighted(np.stack([embedded[part.text] for part in parts]), weights)


@dataclass(frozen=True)
class _Candidates:
    """The photos that one query may find, in their order.

    Attributes:
        vector: of the query [dim].
        ids: of the photos.
        scores: their cosines.
        best: the highest cosine.
        shares: how well names fit, by id.
        fetched: how many photos were taken from the index; 0 when these are all.
        nearest: the nearest of all photos, filter or not; None where they were not looked at.
    """

    vector: Vectors
    ids: Ids
    scores: Vectors
    best: float
    shares: dict[int, float]
    fetched: int
    nearest: Ranking | None

    def is_named(self, photo_id: int) -> bool:
        """Whether a photo's name holds all words of the query."""
        return self.shares.get(photo_id, 0.0) >= 1.0
