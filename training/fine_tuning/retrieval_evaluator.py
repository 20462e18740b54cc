"""Evaluates retrieval: how well queries find their photos over a whole gallery, never a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.search.ranking import rank_of, score_photos
from training.encoders.precomputed import embed_photos
from training.errors import CollapseDetected
from training.fine_tuning.environment import Progress
from training.metrics import bootstrap_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from retrieval.encoders.base import Encoder
    from training.datasets.queries import DevQuery
    from training.encoders.base import TrainableEncoder

TEXTS_AT_A_TIME = 128
KS = (1, 10, 30)

MOST_COSINE = 0.98
"""Mean cosine above which texts are called alike ..."""

LEAST_SHARE = 0.1
"""... and of the room that the untrained encoder left, ``1 - cosine``, so much has to remain: some
encoders keep all their texts in a narrow cone and work well."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Ranked:
    """The rank of each query's photo, from 1, and the kind of each query."""

    ranks: NDArray[np.int64]
    kinds: tuple[str, ...]

    def metrics(self) -> dict[str, float]:
        """hit@1, 10, 30 and the mean reciprocal rank; and of each kind when there are several."""
        found = _metrics(self.ranks)
        kinds = sorted(set(self.kinds))
        if len(kinds) > 1:
            for kind in kinds:
                chosen = np.asarray([one == kind for one in self.kinds])
                for name, value in _metrics(self.ranks[chosen]).items():
                    found[f"{kind}/{name}"] = value
        return found

    def score(self) -> float:
        """hit@30; what is equal there is ordered by the mean reciprocal rank."""
        metrics = _metrics(self.ranks)
        return metrics["hit@30"] + 1e-6 * metrics["mrr"]


class RetrievalEvaluator:
    """Ranks all photos for every query, with the encoder as it is now.

    Attributes:
        cosine: mean cosine of two different texts at the last evaluation.
        sound: whether all vectors of it were numbers with a direction.
    """

    def __init__(
        self,
        trainable: "TrainableEncoder",
        queries: Sequence["DevQuery"],
        photos: Sequence[Path],
        vectors: Any,
    ) -> None:
        """Nothing is embedded yet.

        Args:
            trainable: being trained.
            queries: each with its texts, their weights, and its photo.
            photos: the gallery; every query's photo is among them.
            vectors: gives the photos' vectors [m, dim] as they are now.
        """
        self.trainable = trainable
        self.queries = tuple(queries)
        self.photos = tuple(photos)
        self.cosine = 0.0
        self.sound = True
        self._vectors = vectors
        self._texts = list(dict.fromkeys(text for query in queries for text, _ in query.parts))

    def rank(self) -> Ranked:
        """Embed the texts anew and rank."""
        module = self.trainable.module
        training = module.training
        module.eval()
        try:
            with torch.inference_mode():
                texts = embed_texts(self.trainable, self._texts)
        finally:
            module.train(training)
        self.cosine = mean_cosine(texts)
        vectors = texts.cpu().float().numpy()
        photos = self._vectors()
        self.sound = _sound(vectors) and _sound(photos)
        embedded = dict(zip(self._texts, vectors, strict=True))
        return rank(self.queries, self.photos, photos, embedded)

    def metrics(self) -> dict[str, float]:
        """``hit@1``, ``hit@10``, ``hit@30`` and ``mrr``, also by kind."""
        return self.rank().metrics()


def embed_texts(trainable: "TrainableEncoder", texts: Sequence[str]) -> torch.Tensor:
    """Unit vectors [n, dim] of texts, a batch at a time, those of like length together."""
    device = next(trainable.module.parameters()).device
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    parts = []
    for start in range(0, len(order), TEXTS_AT_A_TIME):
        chosen = [texts[place] for place in order[start : start + TEXTS_AT_A_TIME]]
        inputs = {name: one.to(device) for name, one in trainable.tokenize(chosen).items()}
        parts.append(trainable.text_vectors(inputs).float())
    found = torch.cat(parts) if parts else torch.zeros(0, trainable.dim, device=device)
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order, dtype=torch.long)] = torch.arange(len(order))
    return found[back.to(found.device)]


def rank(
    queries: Sequence["DevQuery"],
    photos: Sequence[Path],
    vectors: Vectors,
    texts: Mapping[str, Vectors],
    background: Vectors | None = None,
) -> Ranked:
    """Rank all photos for every query, as the search does (:mod:`retrieval.search.ranking`).

    Args:
        queries: with the texts and the photo of each.
        photos: the gallery, with links resolved.
        vectors: of the photos [m, dim].
        texts: vectors by text.
        background: covariance of photos of all kinds, for galleries that are too small to have
            one of their own.
    """
    places = {path: place for place, path in enumerate(photos)}
    ids = np.asarray([path.as_posix() for path in photos], dtype=np.str_)
    scores = score_photos([query.query for query in queries], texts, vectors, background)
    ranks = [
        rank_of(row, ids, places[query.photo.resolve()])
        for row, query in zip(scores, queries, strict=True)
    ]
    return Ranked(np.asarray(ranks, dtype=np.int64), tuple(query.kind for query in queries))


def _sound(vectors: Vectors) -> bool:
    """Whether all are unit vectors; a NaN fails every comparison."""
    return bool((np.abs(np.linalg.norm(vectors, axis=1) - 1) < 0.1).all())


def _metrics(ranks: NDArray[np.int64]) -> dict[str, float]:
    if not len(ranks):
        return {**{f"hit@{k}": 0.0 for k in KS}, "mrr": 0.0}
    found = {f"hit@{k}": float((ranks <= k).mean()) for k in KS}
    return {**found, "mrr": float((1 / ranks).mean())}


class EncoderEvaluator:
    """Measures an encoder, as anybody loads it, on queries over a gallery.

    The photos are embedded once: their vectors are kept for as long as the encoder's image side
    stays what it was, and :class:`RetrievalEvaluator` takes them from here.
    """

    def __init__(
        self, queries: Sequence["DevQuery"], photos: Sequence[Path], cache: Path | None = None
    ) -> None:
        """Nothing is embedded yet.

        Args:
            queries: each with its photo.
            photos: the gallery.
            cache: folder that keeps the vectors of the encoder that is measured first.
        """
        self.queries = queries
        self.photos = photos
        self._cache = cache
        self._fingerprint = ""
        self._vectors: Vectors | None = None

    def metrics(
        self, encoder: "Encoder", watch: "Callable[[Progress], None] | None" = None
    ) -> dict[str, Any]:
        """hit@k and MRR of an encoder, each with its 95 % interval; also by kind of query."""
        vectors = self.vectors(encoder, watch)
        texts = list(dict.fromkeys(text for query in self.queries for text, _ in query.parts))
        embedded = dict(zip(texts, encoder.encode_texts(texts), strict=True))
        background = encoder.reference_statistics()
        ranked = rank(
            self.queries, self.photos, vectors, embedded, background[1] if background else None
        )
        return with_intervals(ranked, len(self.photos))

    def vectors(
        self, encoder: "Encoder", watch: "Callable[[Progress], None] | None" = None
    ) -> Vectors:
        """The photos' vectors [m, encoder.dim]."""
        if self._vectors is None or self._fingerprint != encoder.fingerprint:

            def on_progress(done: int, total: int) -> None:
                if watch is not None:
                    watch(Progress("photos", done, total))

            # A tuned image side is measured once; nobody asks for its vectors again.
            cache = self._cache if not self._fingerprint else None
            found = embed_photos(encoder, self.photos, cache, on_progress=on_progress)
            self._vectors = found.numpy()
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


def mean_cosine(vectors: torch.Tensor) -> float:
    """Mean cosine of two different rows of unit vectors [n, dim]; 0 for fewer than two.

    ``(|sum_i v_i|^2 - n) / (n (n - 1))`` (Wang and Isola 2020, "uniformity",
    https://arxiv.org/abs/2005.10242).
    """
    count = len(vectors)
    if count < 2:
        return 0.0
    total = vectors.double().sum(0)
    return float((total @ total - count) / (count * (count - 1)))


def check_collapse(cosine: float, before: float, kept: str) -> None:
    """Raise when all texts have become alike.

    A contrastive loss can be lowered for a while by drawing all vectors together; nothing is found
    in such a space.

    Args:
        cosine: mean cosine of the dev texts now.
        before: the same before the training.
        kept: what remains of the run, for the message.

    Raises:
        CollapseDetected: they have.
    """
    limit = max(MOST_COSINE, 1 - LEAST_SHARE * (1 - before))
    if cosine > limit:
        raise CollapseDetected(
            f"all texts became alike (mean cosine {cosine:.3f}, before the training "
            f"{before:.3f}); {kept}. Try a lower --learning-rate or a larger --batch-size"
        )
