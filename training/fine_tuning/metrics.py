"""Metrics of an encoder as anybody loads it: with intervals, over a whole gallery."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.fine_tuning.reporter import Progress
from training.fine_tuning.retrieval_evaluator import KS, Ranked, Vectors, rank
from training.metrics import bootstrap_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from retrieval.encoders.base import Encoder
    from training.datasets.queries import DevQuery

BATCH = 64


@dataclass
class EncoderEvaluator:
    """Queries and the gallery in which they look for their photos.

    The photos' vectors are kept for as long as the encoder's image side stays what it was.
    """

    queries: Sequence["DevQuery"]
    photos: Sequence[Path]
    _fingerprint: str = ""
    _vectors: Vectors | None = None

    def metrics(
        self, encoder: "Encoder", watch: "Callable[[Progress], None] | None" = None
    ) -> dict[str, Any]:
        """hit@k and MRR of an encoder, each with its 95 % interval; also by kind of query."""
        vectors = self._embedded(encoder, watch or (lambda progress: None))
        texts = list(dict.fromkeys(text for query in self.queries for text, _ in query.parts))
        embedded = dict(zip(texts, encoder.encode_texts(texts), strict=True))
        background = encoder.background()
        ranked = rank(
            self.queries, self.photos, vectors, embedded, background[1] if background else None
        )
        return with_intervals(ranked, len(self.photos))

    def _embedded(self, encoder: "Encoder", watch: "Callable[[Progress], None]") -> Vectors:
        if self._vectors is None or self._fingerprint != encoder.fingerprint:
            from retrieval.photos.reading import open_image

            parts = []
            for start in range(0, len(self.photos), BATCH):
                chosen = self.photos[start : start + BATCH]
                side = 2 * encoder.image_size
                parts.append(encoder.encode_images([open_image(path, side) for path in chosen]))
                watch(Progress("photos", min(start + BATCH, len(self.photos)), len(self.photos)))
            self._vectors = np.concatenate(parts)
            self._fingerprint = encoder.fingerprint
        return self._vectors


def with_intervals(ranked: Ranked, pool: int) -> dict[str, Any]:
    """Metrics, number of queries, size of the pool, and 95 % bootstrap intervals."""
    found: dict[str, Any] = {"n": len(ranked.ranks), "pool": pool}
    found |= {name: round(value, 4) for name, value in ranked.metrics().items()}
    intervals = {}
    for k in KS:
        intervals[f"hit@{k}"] = bootstrap_interval((ranked.ranks <= k).astype(float).tolist())
    intervals["mrr"] = bootstrap_interval((1 / ranked.ranks).tolist())
    found["ci95"] = {name: [round(i.low, 4), round(i.high, 4)] for name, i in intervals.items()}
    return found
