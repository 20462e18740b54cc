"""Embedders of recipes, each loaded once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from retrieval.encoders.base import Encoder
from training.bench.base import Embedder
from training.bench.embedders import EmbedderSpec, load_embedder
from training.bench.recipes import Recipe

if TYPE_CHECKING:
    from training.bench.judging import Rerank

KEPT = 3
"""Embedders in memory; the one that was not needed for the longest time goes."""


class Embedders:
    """Loads the embedders of recipes."""

    def __init__(
        self, load_encoder: Callable[[str], Encoder], *, device: str, batch_size: int
    ) -> None:
        """Nothing is loaded yet.

        Args:
            load_encoder: loads the product's encoders, by name.
            device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
            batch_size: photos or texts that are embedded together.
        """
        self._load_encoder = load_encoder
        self._device = device
        self._batch_size = batch_size
        self._loaded: dict[str, Embedder] = {}

    def of(self, recipe: Recipe) -> Embedder:
        """What makes a recipe's vectors.

        Raises:
            EncoderUnavailable: it is not here, and the hub out of reach.
            PhotopalError: as its loader says.
        """
        assert recipe.embedder is not None
        return self._one(recipe.embedder)

    def reranker(self, recipe: Recipe) -> "Rerank | None":
        """What orders the first photos anew; None where the recipe asks for nothing."""
        return None

    def _one(self, spec: EmbedderSpec) -> Embedder:
        key = spec.model_dump_json()
        found = self._loaded.pop(key, None)
        if found is None:
            found = load_embedder(
                spec,
                device=self._device,
                load_encoder=self._load_encoder,
                batch_size=self._batch_size,
            )
        self._loaded[key] = found
        while len(self._loaded) > KEPT:
            del self._loaded[next(iter(self._loaded))]
        return found
