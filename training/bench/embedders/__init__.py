"""Ways to embed photos and queries, made from a recipe's words by :func:`load_embedder`."""

from training.bench.embedders.concatenation import Concatenation
from training.bench.embedders.loading import BATCH_SIZE, load_embedder, load_reranker
from training.bench.embedders.specs import EmbedderSpec, RerankerSpec
from training.errors import NeedsHub, OutOfMemory, PhotoUnreadable, QueryUnsuitable, VectorsInvalid

__all__ = [
    "BATCH_SIZE",
    "Concatenation",
    "EmbedderSpec",
    "NeedsHub",
    "OutOfMemory",
    "PhotoUnreadable",
    "QueryUnsuitable",
    "RerankerSpec",
    "VectorsInvalid",
    "load_embedder",
    "load_reranker",
]
