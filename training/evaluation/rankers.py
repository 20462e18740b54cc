"""Scores of every entry of the pool for every query."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.describe.query import to_query
from retrieval.encoders.base import Encoder
from retrieval.errors import EmptyQuery
from retrieval.search import Query, QueryText
from training.evaluation.gallery import PhotoGallery
from training.evaluation.queries import Asked
from training.evaluation.reasons import EMPTY_DESCRIPTORS
from training.evaluation.sentences import Embed

Scores = NDArray[np.float32]

BM25_WEIGHT = 0.75
"""Of BM25 beside the dense scores. From 0.4 to 1.2 it matters little on PhotoChat's ``test_00``."""

BESIDE_WEIGHT = 0.5
"""Of what counts beside the main text: the owner's words beside descriptors, say."""


class Ranker(Protocol):
    """Ranks the pool."""

    @property
    def name(self) -> str:
        """As in the name of a system; "" for the only one."""
        ...

    def scores(self, asked: Sequence[Asked]) -> tuple[list[Asked], Scores]:
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

    def scores(self, asked: Sequence[Asked]) -> tuple[list[Asked], Scores]:
        """See :class:`Ranker`."""
        searcher = self._photos.searcher
        queries: list[Query] = []
        rows: list[int] = []
        out = list(asked)
        for row, one in enumerate(asked):
            if one.failed is not None:
                continue
            try:
                query = _photo_query(one, searcher.encoder)
            except EmptyQuery:
                out[row] = replace(one, failed=EMPTY_DESCRIPTORS)
                continue
            queries.append(query)
            rows.append(row)
        result = np.zeros((len(asked), len(self._photos.columns)), dtype=np.float32)
        if queries:
            _, found = searcher.scores(queries)
            result[rows] = found[:, self._photos.columns]
        return out, result


class LabelRanker:
    """Ranks label texts, which are short lists such as ``Drink, Head, Face``."""

    def __init__(self, name: str, score: Callable[[Sequence[str]], Scores]) -> None:
        """``score`` gives scores [texts, labels]."""
        self.name = name
        self._score = score

    def scores(self, asked: Sequence[Asked]) -> tuple[list[Asked], Scores]:
        """See :class:`Ranker`."""
        parts = [label_parts(one) for one in asked]
        if all(len(some) <= 1 for some in parts):
            return list(asked), self._score([some[0].text if some else "" for some in parts])
        fused: list[Scores] = []
        for place in range(max(map(len, parts))):
            some = [part[place] if place < len(part) else QueryText("", 0.0) for part in parts]
            weights = np.asarray([[one.weight] for one in some], dtype=np.float32)
            fused.append(weights * standardised(self._score([one.text for one in some])))
        return list(asked), np.sum(fused, axis=0)


def label_rankers(labels: Sequence[str], embed: Embed) -> list[LabelRanker]:
    """BM25, dense, and both: each sees what the other misses ("pup" is a dog, "Mule" is a mule)."""
    lexical = bm25_scores(labels)
    vectors = embed(labels)

    def dense(texts: Sequence[str]) -> Scores:
        return embed(texts) @ vectors.T

    def both(texts: Sequence[str]) -> Scores:
        return standardised(dense(texts)) + BM25_WEIGHT * standardised(lexical(texts))

    return [LabelRanker("bm25", lexical), LabelRanker("dense", dense), LabelRanker("both", both)]


def bm25_scores(labels: Sequence[str]) -> Callable[[Sequence[str]], Scores]:
    """BM25 (Robertson; Lucene's form, k1 1.2, b 0.75) over stemmed words, by the library bm25s."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(k1=1.2, b=0.75)
    corpus = bm25s.tokenize(list(labels), stopwords="en", stemmer=stemmer, show_progress=False)
    empty = not corpus.vocab
    if not empty:
        index.index(corpus, show_progress=False)

    def score(texts: Sequence[str]) -> Scores:
        result = np.zeros((len(texts), len(labels)), dtype=np.float32)
        if empty or not texts:
            return result
        words = bm25s.tokenize(
            list(texts), stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False
        )
        for row, some in enumerate(words):
            known = [word for word in some if word in index.vocab_dict]
            if known:
                result[row] = index.get_scores(known)
        return result

    return score


def standardised(scores: Scores) -> Scores:
    """Each query's scores with mean 0 and variance 1; all alike become 0."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)


def label_parts(asked: Asked) -> list[QueryText]:
    """The texts that are compared with labels. Labels name things: subject and objects do too.

    What the offline describer could not put into a field is its context, mostly the owner's own
    words, and says more than its fields.
    """
    if asked.description is None:
        text = asked.caption or " ".join(asked.turns)
        return [QueryText(text)] if text else []
    fields = asked.description.descriptors
    things = _joined(fields.main_subject, fields.foreground_objects) or _joined(
        fields.background_scene, fields.events, fields.materials_and_attributes
    )
    context = " ".join(turn.text for turn in asked.description.context.turns)
    parts = [QueryText(context), QueryText(things, BESIDE_WEIGHT)] if context else []
    parts = parts or [QueryText(things)]
    if asked.beside:
        parts.append(QueryText(" ".join(asked.beside), BESIDE_WEIGHT))
    return [part for part in parts if part.text]


def _joined(*phrases: str) -> str:
    return ", ".join(phrase for phrase in phrases if phrase)


def _photo_query(asked: Asked, encoder: Encoder) -> Query:
    if asked.description is not None:
        return to_query(asked.description, encoder)
    if asked.caption:
        return Query.of(asked.caption)
    turns = list(asked.turns)
    # What was said last is closest to the photo.
    while len(turns) > 1 and encoder.count_tokens(" ".join(turns)) > encoder.max_text_tokens:
        turns.pop(0)
    return Query.of(" ".join(turns))
