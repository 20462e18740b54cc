"""The starter's text head trained alone, over cached states of its locked text network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.folder import Manifest
from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.layout import SCENE_DIM
from training.encoders.base import lock, parameter_groups
from training.encoders.starter import (
    HEAD_RATE,
    lock_image_side,
    photo_scenes,
    scene_part,
    shortened,
)
from training.encoders.token_states import TokenStates


class TrainableStarterHead:
    """Trains the text head alone: thousands of pairs a second once all texts are cached."""

    moves_photos = False
    dim = SCENE_DIM

    def __init__(self, encoder: StarterEncoder) -> None:
        """The encoder's text head moves, nothing else."""
        self.encoder = encoder
        base = encoder.scene_base or encoder.text_base
        lock_image_side(encoder)
        lock(base.network)
        encoder.text_head.requires_grad_(True)
        self.module: nn.Module = nn.ModuleDict({"head": encoder.text_head})
        self._states = TokenStates(base, encoder.text_fingerprint)
        self._short: dict[str, str] = {}

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """``states`` [n, tokens, 384] and ``present`` [n, tokens]."""
        unknown = [text for text in texts if text not in self._short]
        fresh = dict(zip(unknown, shortened(self.encoder, unknown), strict=True))
        states, present = self._states.batch(
            [self._short[text] if text in self._short else fresh[text] for text in texts]
        )
        return {"states": states, "present": present}

    def text_vectors(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Unit vectors [n, 512]."""
        device = self.encoder.text_head.values.weight.device
        head = self.encoder.text_head
        return head.scene(inputs["states"].to(device), inputs["present"].to(device))

    def photo_vectors(self, images: Sequence[Image.Image]) -> Tensor:
        """Unit vectors [n, 512]."""
        return photo_scenes(self.encoder, images)

    def trained_part(self, vectors: Tensor) -> Tensor:
        """The scene part [n, 512] of vectors [n, 896]."""
        return scene_part(vectors)

    def parameter_groups(self, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
        """The head's rate, four times the one that a network would get."""
        return parameter_groups(self.module.parameters(), HEAD_RATE * learning_rate, weight_decay)

    def cache_texts(self, texts: Sequence[str], cache: Path | None = None) -> None:
        """Compute the token states of texts, or read them from the cache folder."""
        distinct = list(dict.fromkeys(texts))
        self._short = dict(zip(distinct, shortened(self.encoder, distinct), strict=True))
        self._states.keep(list(self._short.values()), cache)

    def save(self, folder: Path, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Write the heads, rounded to 8 bits."""
        return self.encoder.save(folder, extra=dict(extra or {}))
