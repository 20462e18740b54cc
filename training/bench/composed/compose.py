"""Query vectors of queries that have several parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.search.fusion import fuse
from training.bench.base import BenchQuery
from training.bench.composed.combiner import read_combiner
from training.bench.composed.spec import CombinerFusion, FusionSpec, LateFusion, SubtractFusion
from training.errors import EvaluationError

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[BenchQuery]], Vectors]
"""Unit vectors [n, dim] of queries that have one part each."""


@dataclass(frozen=True)
class QueryParts:
    """The vectors of queries' parts.

    Attributes:
        photos: unit vectors [n, dim]; a row of zeros where a query shows none.
        texts: unit vectors [n, dim]; a row of zeros where a query says nothing.
        minus: for each query the unit vectors [m, dim] of what must not be there.
    """

    photos: Vectors
    texts: Vectors
    minus: tuple[Vectors, ...]


def embed_parts(queries: Sequence[BenchQuery], embed: Embed, dim: int) -> QueryParts:
    """Embed each part of each query by itself, equal texts once.

    Args:
        queries: of any parts.
        embed: such as an embedder's ``embed_queries``; a query is never without a part.
        dim: of the vectors.
    """
    alone: dict[tuple[str, str], BenchQuery] = {}
    for query in queries:
        if query.photo is not None:
            key = ("photo", query.photo.id)
            alone.setdefault(key, BenchQuery(f"photo-{query.photo.id}", photo=query.photo))
        for text in filter(None, (query.text, *query.minus)):
            alone.setdefault(("text", text), BenchQuery(f"text-{len(alone)}", text=text))
    known = dict(zip(alone, embed(list(alone.values())), strict=True)) if alone else {}
    nothing = np.zeros(dim, np.float32)
    return QueryParts(
        _rows([known[("photo", q.photo.id)] if q.photo else nothing for q in queries], dim),
        _rows([known[("text", q.text)] if q.text else nothing for q in queries], dim),
        tuple(_rows([known[("text", one)] for one in q.minus if one], dim) for q in queries),
    )


def compose(spec: FusionSpec, parts: QueryParts, gallery: Vectors, root: Path) -> Vectors:
    """Query vectors [n, dim]; a photo's score is its dot product with one.

    A query of one part gets the vector of that part, whatever the fusion.

    Args:
        spec: how the parts become one.
        parts: of the queries.
        gallery: unit vectors [m, dim] of the photos that are ranked: over them scores are
            standardised.
        root: what the folder of a combiner is relative to.

    Raises:
        EvaluationError: a combiner is missing or damaged, or was trained for other vectors.
    """
    covariance = np.cov(gallery, rowvar=False).astype(np.float32) if len(gallery) > 1 else None
    match spec:
        case LateFusion():
            return late(parts, spec.photo, covariance if spec.standardise else None)
        case SubtractFusion():
            return late(parts, spec.photo, covariance, minus=spec.minus)
        case CombinerFusion():
            combiner = read_combiner(root / spec.folder)
            if combiner.settings.dim != gallery.shape[1]:
                raise EvaluationError(
                    f"{root / spec.folder} was trained for vectors of {combiner.settings.dim} "
                    f"numbers, these have {gallery.shape[1]}: train one with this embedder"
                )
            fused = late(parts, combiner.settings.photo, covariance)
            both = parts.photos.any(axis=1) & parts.texts.any(axis=1)
            if both.any():
                fused[both] = combiner.compose(parts.photos[both], parts.texts[both], fused[both])
            return fused


def late(
    parts: QueryParts, photo: float, covariance: Vectors | None, minus: float = 0.0
) -> Vectors:
    """Late fusion [n, dim] by :func:`retrieval.search.fusion.fuse`, the product's own.

    Args:
        parts: of the queries.
        photo: share of the photo.
        covariance: of the gallery [dim, dim]; None adds the scores as they are.
        minus: weight of each term that is taken away.
    """
    fused = np.zeros_like(parts.texts)
    for row, excluded in enumerate(parts.minus):
        said, shown = parts.texts[row], parts.photos[row]
        weights = [1 - photo, photo] if said.any() and shown.any() else [1.0, 1.0]
        rows = [
            (vector, weight)
            for vector, weight in zip((said, shown), weights, strict=True)
            if vector.any()
        ]
        if minus:
            rows += [(vector, -minus) for vector in excluded]
        if rows:
            vectors = np.stack([vector for vector, _ in rows])
            fused[row] = fuse(vectors, np.array([w for _, w in rows], np.float32), covariance)
    return fused


def _rows(vectors: Sequence[Vectors], dim: int) -> Vectors:
    return np.stack(vectors).astype(np.float32) if vectors else np.zeros((0, dim), np.float32)
