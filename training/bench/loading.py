"""Embedders of recipes, each loaded once."""

from collections.abc import Callable
from pathlib import Path

from retrieval.encoders import STARTER
from retrieval.encoders.base import Encoder
from training.bench.base import Embedder
from training.bench.embedders import Concatenation, EmbedderSpec, load_embedder, load_reranker
from training.bench.embedders.blip import BlipReranker
from training.bench.embedders.checkpoints import local_path
from training.bench.embedders.specs import EncoderSpec
from training.bench.recipes import Recipe

KEPT = 3
"""Embedders in memory; the one that was not needed for the longest time goes."""


class Embedders:
    """Loads the embedders of recipes."""

    def __init__(
        self,
        load_encoder: Callable[[str | Path], Encoder],
        root: Path,
        *,
        device: str,
        batch_size: int,
    ) -> None:
        """Nothing is loaded yet.

        Args:
            load_encoder: loads the product's encoders, by name.
            root: folder that paths in recipes are relative to.
            device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
            batch_size: photos or texts that are embedded together.
        """
        self._load_encoder = load_encoder
        self._root = root
        self._device = device
        self._batch_size = batch_size
        self._loaded: dict[str, Embedder] = {}

    def of(self, recipe: Recipe) -> Embedder:
        """What makes a recipe's vectors.

        Raises:
            NeedsHub: a model is not here, and the hub out of reach.
            PhotopalError: as its loader says.
        """
        if recipe.embedder is not None:
            return self._one(recipe.embedder)
        return Concatenation([self._one(one) for one in recipe.embedders], recipe.concatenate)

    def reranker(self, recipe: Recipe) -> BlipReranker | None:
        """What orders the first photos anew; None where the recipe asks for nothing.

        Raises:
            NeedsHub, PhotopalError: as :meth:`of`.
        """
        if recipe.rerank is None:
            return None
        return load_reranker(
            recipe.rerank, device=self._device, batch_size=self._batch_size, root=self._root
        )

    def encoder(self, recipe: Recipe) -> Encoder:
        """The product's encoder of a recipe with the fusion ``product``."""
        spec = recipe.embedder
        name = spec.name if isinstance(spec, EncoderSpec) else getattr(spec, "folder", None)
        folder = local_path(name, self._root) if name else None
        here = folder is not None and folder.is_dir()
        return self._load_encoder(folder if folder is not None and here else name or STARTER)

    def _one(self, spec: EmbedderSpec) -> Embedder:
        key = spec.model_dump_json()
        found = self._loaded.pop(key, None)
        if found is None:
            found = load_embedder(
                spec,
                device=self._device,
                load_encoder=self._load_encoder,
                batch_size=self._batch_size,
                root=self._root,
            )
        self._loaded[key] = found
        while len(self._loaded) > KEPT:
            del self._loaded[next(iter(self._loaded))]
        return found
