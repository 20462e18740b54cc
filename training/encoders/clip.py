"""CLIP and SigLIP while they are trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.folder import Manifest
from retrieval.encoders.shorten import shorten_text
from training.encoders.base import Tune, lock, lock_layers, parameter_groups
from training.encoders.lora import add_lora, merged


class TrainableClip:
    """A text tower that moves before a locked image tower, or both moving.

    Locking the image tower (LiT, Zhai et al. 2022, https://arxiv.org/abs/2111.07991) keeps every
    photo vector as it is: they can be computed once, and a library stays valid.
    """

    def __init__(
        self, encoder: ClipEncoder, tune: Tune = "text", lora: int = 0, freeze_layers: int = 0
    ) -> None:
        """``make_trainable`` checks the settings.

        Args:
            encoder: loaded again in full precision when it is not.
            tune: ``text`` or ``both``.
            lora: rank of the adapters; 0 moves the weights themselves.
            freeze_layers: lowest layers of the text tower that stay as they are.
        """
        self.encoder = in_full_precision(encoder)
        self.dim = self.encoder.dim
        self.moves_photos = tune == "both"
        model = self.encoder.model
        lock(model)
        self.module: nn.Module = model if self.moves_photos else text_side(model)
        text_side(model).requires_grad_(True)
        if self.moves_photos:
            image_side(model).requires_grad_(True)
        text = model.text_model
        lock_layers(text.encoder.layers, text.embeddings, freeze_layers)
        self._lora = lora > 0
        if self._lora:
            add_lora(self.module, lora, beside=projections(model))

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """``input_ids`` [n, tokens]."""
        return {"input_ids": token_numbers(self.encoder, texts)}

    def text_vectors(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Unit vectors [n, dim]."""
        model = self.encoder.model
        features = model.get_text_features(input_ids=inputs["input_ids"].to(model.device))
        return F.normalize(features.pooler_output.float(), dim=-1)

    def photo_vectors(self, images: Sequence[Image.Image]) -> Tensor:
        """Unit vectors [n, dim]."""
        with torch.set_grad_enabled(self.moves_photos and torch.is_grad_enabled()):
            return F.normalize(self.encoder.image_features(images).float(), dim=-1)

    def trained_part(self, vectors: Tensor) -> Tensor:
        """All of them."""
        return vectors

    def parameter_groups(self, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
        """One rate for all."""
        return parameter_groups(self.module.parameters(), learning_rate, weight_decay)

    def cache_texts(self, texts: Sequence[str], cache: Path | None = None) -> None:
        """Nothing to do: the whole text tower moves."""

    def save(self, folder: Path, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Write the whole checkpoint, adapters merged into the weights."""
        with merged(self.module):
            return self.encoder.save(folder, extra=extra)


def in_full_precision(encoder: ClipEncoder) -> ClipEncoder:
    """An encoder in float32: from its files when it is not, for what bfloat16 lost is lost."""
    if encoder.model.dtype == torch.float32:
        return encoder
    return ClipEncoder.load(
        encoder.name,
        device=str(encoder.model.device),
        dtype="float32",
        batch_size=encoder.batch_size,
    )


def text_side(model: Any) -> nn.ModuleDict:
    """The text tower and its projection (a SigLIP tower holds its own)."""
    return _parts(model, "text_model", "text_projection")


def image_side(model: Any) -> nn.ModuleDict:
    """The image tower and its projection."""
    return _parts(model, "vision_model", "visual_projection")


def projections(model: Any) -> list[nn.Module]:
    """The layers that lead from a tower into the common space."""
    names = ("text_projection", "visual_projection")
    found = [getattr(model, name) for name in names if hasattr(model, name)]
    return found or [model.text_model.head]


def token_numbers(encoder: ClipEncoder, texts: Sequence[str]) -> Tensor:
    """Token numbers [n, tokens] of texts, shortened just as ``encode_texts`` does."""
    most = encoder.max_text_tokens
    short = [shorten_text(text, most, encoder.count_tokens) for text in texts]
    return encoder._tokens.batch(short)


def _parts(model: Any, *names: str) -> nn.ModuleDict:
    return nn.ModuleDict({name: getattr(model, name) for name in names if hasattr(model, name)})
