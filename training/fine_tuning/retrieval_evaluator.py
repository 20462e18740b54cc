"""How well the dev queries find their photos, over the whole dev gallery and never over batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.search.ranking import rank_of, score_photos
from training.fine_tuning.collapse import mean_cosine

if TYPE_CHECKING:
    from training.datasets.queries import DevQuery
    from training.encoders.base import TrainableEncoder

TEXTS_AT_A_TIME = 128
KS = (1, 10, 30)

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
