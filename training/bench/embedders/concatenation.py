"""Several embedders as one: their vectors end to end."""

import math
from collections.abc import Sequence

import numpy as np

from retrieval.encoders.base import Embeddings
from retrieval.encoders.folder import fingerprint_of
from training.bench.base import BenchPhoto, BenchQuery, Cost, Embedder
from training.bench.embedders.embedder import CostWhenAsked
from training.errors import EvaluationError


class Concatenation(CostWhenAsked):
    """Vectors of several embedders end to end, so that their cosines add up with weights.

    Unit vectors ``v_i`` are scaled by the square root of their share of the weights,

        ``v = [sqrt(w_1 / W) v_1, sqrt(w_2 / W) v_2, ...]`` with ``W = sum_i w_i``,

    which makes a unit vector again, and ``cos(u, v) = sum_i (w_i / W) cos(u_i, v_i)``.

    ``cost`` is the sum of the parts'; details of one name add up.

    Attributes:
        parts: the embedders.
    """

    def __init__(self, parts: Sequence[Embedder], weights: Sequence[float] | None = None) -> None:
        """Join them.

        Args:
            parts: at least one.
            weights: of their cosines, above 0; alike by default.

        Raises:
            EvaluationError: a weight is missing, or none above 0.
        """
        weights = [1.0] * len(parts) if weights is None else list(weights)
        if not parts or len(weights) != len(parts):
            raise EvaluationError(
                f"{len(parts)} embedders are joined with {len(weights)} weights: give one for each"
            )
        if not all(math.isfinite(weight) and weight > 0 for weight in weights):
            raise EvaluationError("the weights of joined embedders must be above 0")
        self.parts = tuple(parts)
        self._scales = np.sqrt(np.asarray(weights) / sum(weights)).astype(np.float32)
        self.name = " + ".join(part.name for part in parts)
        self.fingerprint = fingerprint_of(
            "concatenation", [part.fingerprint for part in parts], self._scales.tolist()
        )

    @property
    def batch_size(self) -> int:
        """The smallest of the parts'; setting it sets all."""
        return min(int(getattr(part, "batch_size", 1)) for part in self.parts)

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        for part in self.parts:
            if hasattr(part, "batch_size"):
                part.batch_size = size

    def embed_photos(self, photos: Sequence[BenchPhoto]) -> Embeddings:
        """Unit vectors [n, dim]; raises what the parts raise."""
        return self.join([part.embed_photos(photos) for part in self.parts])

    def embed_queries(self, queries: Sequence[BenchQuery]) -> Embeddings:
        """Unit vectors [n, dim]; raises what the parts raise."""
        return self.join([part.embed_queries(queries) for part in self.parts])

    def join(self, vectors: Sequence[Embeddings]) -> Embeddings:
        """The parts' unit vectors, each [n, dim of the part], as one [n, dim]."""
        scaled = [rows * scale for rows, scale in zip(vectors, self._scales, strict=True)]
        joined: Embeddings = np.concatenate(scaled, axis=1, dtype=np.float32)
        return joined

    def _find_cost(self) -> Cost:
        costs = [part.cost for part in self.parts]
        details: dict[str, float] = {}
        for cost in costs:
            for name, value in cost.details.items():
                details[name] = details.get(name, 0.0) + value
        return Cost(
            sum(cost.parameters for cost in costs), sum(cost.dim for cost in costs), details
        )
