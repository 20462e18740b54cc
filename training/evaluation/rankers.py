"""Scores of every entry of the pool for every query."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.describe.query import to_query
from bot.dialogues.labels import LabelPool, label_query
from retrieval.encoders.base import Encoder
from retrieval.errors import EmptyQuery
from retrieval.library import Library
from retrieval.search import Query, QueryText, SearchOptions
from retrieval.search.sureness import Sure
from training.evaluation.gallery import PhotoGallery
from training.evaluation.queries import EvalQuery
from training.evaluation.reasons import EMPTY_DESCRIPTORS

Scores = NDArray[np.float32]

LABEL_WAYS = ("bm25", "dense", "both")


class Ranker(Protocol):
    """Ranks the pool."""

    @property
    def name(self) -> str:
        """As in the name of a system; "" for the only one."""
        ...

    def scores(self, asked: Sequence[EvalQuery]) -> tuple[list[EvalQuery], Scores]:
        """Scores [queries, pool], and the queries with those marked that failed on the way.

        The row of a failed query means nothing.
        """
        ...


class PhotoRanker:
    """Ranks photos as the chat does: the same query code, the same fusion of scores."""

    name = ""

    def __init__(self, photos: PhotoGallery) -> None:
        """Rank these."""
        self._photos = photos

    @property
    def library(self) -> Library:
        """That holds the pool."""
        return self._photos.searcher.library

    def scores(self, asked: Sequence[EvalQuery]) -> tuple[list[EvalQuery], Scores]:
        """See :class:`Ranker`."""
        searcher = self._photos.searcher
        queries: list[Query] = []
        rows: list[int] = []
        out = list(asked)
        for row, one in enumerate(asked):
            if one.failed is not None:
                continue
            try:
                query = photo_query(one, searcher.encoder)
            except EmptyQuery:
                out[row] = replace(one, failed=EMPTY_DESCRIPTORS)
                continue
            queries.append(query)
            rows.append(row)
        result = np.zeros((len(asked), len(self._photos.columns)), dtype=np.float32)
        if queries:
            ids, found = searcher.scores(queries)
            for row, scores in zip(rows, found, strict=True):
                if asked[row].filter:
                    allowed = searcher.library.ids_matching(asked[row].filter)
                    scores[~np.isin(ids, allowed)] = -np.inf
                result[row] = scores[self._photos.columns]
        return out, result

    def refused(self, asked: Sequence[EvalQuery]) -> list[bool]:
        """Whether the reply would be "nothing like that here" or "the closest I have"."""
        searcher = self._photos.searcher
        found = []
        for one in asked:
            if one.failed is not None:
                found.append(True)
                continue
            options = SearchOptions(k=1, filter=one.filter)
            answer = searcher.search(photo_query(one, searcher.encoder), options)
            found.append(answer.sure is not Sure.FITS)
        return found


class LabelRanker:
    """Ranks label texts as replay does (:class:`bot.dialogues.labels.LabelPool`)."""

    def __init__(self, pool: LabelPool, name: str) -> None:
        """Rank by ``name``, one of :data:`LABEL_WAYS`."""
        self.name = name
        self._pool = pool

    def scores(self, asked: Sequence[EvalQuery]) -> tuple[list[EvalQuery], Scores]:
        """See :class:`Ranker`."""
        return list(asked), self._pool.scores([label_parts(one) for one in asked], self.name)


def label_parts(asked: EvalQuery) -> list[QueryText]:
    """The texts that are compared with labels."""
    if asked.description is not None:
        return label_query(asked.description, asked.conversation, asked.beside)
    text = asked.caption or " ".join(asked.turns)
    return [QueryText(text)] if text else []


def photo_query(asked: EvalQuery, encoder: Encoder) -> Query:
    """What is searched for."""
    return replace(_wanted_query(asked, encoder), exclude=(QueryText(asked.exclude),))


def _wanted_query(asked: EvalQuery, encoder: Encoder) -> Query:
    if asked.description is not None:
        return to_query(asked.description, encoder)
    if asked.caption:
        return Query.of(asked.caption)
    turns = list(asked.turns)
    # What was said last is closest to the photo.
    while len(turns) > 1 and encoder.count_tokens(" ".join(turns)) > encoder.max_text_tokens:
        turns.pop(0)
    return Query.of(" ".join(turns))
