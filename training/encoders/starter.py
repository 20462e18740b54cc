"""The starter encoder while it is trained: its text side moves, its image side never does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.folder import Manifest
from retrieval.encoders.shorten import shorten_text
from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.layout import SCENE_DIM
from retrieval.encoders.starter.scene import UNUSED, copy_of
from training.encoders.base import lock, lock_layers, parameter_groups
from training.encoders.lora import add_lora, merged
from training.encoders.token_states import with_token_dropout

HEAD_RATE = 4.0
"""Times the network's learning rate for its head, which is new to the task."""

TOGETHER = 64
"""Texts that pass the network at once."""

TOKEN_DROPOUT = 0.1


class TrainableStarter:
    """The scene part of the starter: a MiniLM of its own and the text head.

    What is trained are the 512 scene numbers. The other 384, which know things by their names, and
    the gate between them stay as they are. The image side is locked, so that a library stays valid
    whatever is trained here.
    """

    moves_photos = False
    dim = SCENE_DIM

    def __init__(self, encoder: StarterEncoder, lora: int = 0, freeze_layers: int = 0) -> None:
        """``make_trainable`` checks the settings.

        Args:
            encoder: gets a scene network of its own if it has none yet.
            lora: rank of the network's adapters; 0 moves its weights themselves.
            freeze_layers: lowest layers of the network that stay as they are.
        """
        self.encoder = encoder
        self._base = encoder.scene_base or copy_of(encoder.text_base)
        encoder.scene_base = self._base
        network = self._base.network
        lock_image_side(encoder)
        network.requires_grad_(True)
        # Words that the training does not hold must go on meaning what they mean.
        lock(network.embeddings.word_embeddings)
        lock_layers(network.encoder.layer, network.embeddings, freeze_layers)
        for name, parameter in network.named_parameters():
            if name.startswith(UNUSED):
                parameter.requires_grad_(False)
        if lora:
            add_lora(network, lora)
        encoder.text_head.requires_grad_(True)
        self.module: nn.Module = nn.ModuleDict({"network": network, "head": encoder.text_head})

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """``input_ids`` and ``attention_mask`` [n, tokens]."""
        return dict(self._base.tokenize(shortened(self.encoder, texts)))

    def text_vectors(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Unit vectors [n, 512]; in training a tenth of each text's tokens goes unread."""
        there = {name: tensor.to(self._base.network.device) for name, tensor in inputs.items()}
        lengths = there["attention_mask"].sum(1)
        if self.module.training:
            mask = there["attention_mask"]
            there["attention_mask"] = with_token_dropout(mask, TOKEN_DROPOUT)
        # Texts of like length go together: padding costs as much as words.
        order = lengths.argsort()
        parts = [
            self._vectors(
                {name: one[rows, : int(lengths[rows].max())] for name, one in there.items()}
            )
            for rows in order.split(TOGETHER)
        ]
        return torch.cat(parts)[order.argsort()]

    def _vectors(self, inputs: Mapping[str, Tensor]) -> Tensor:
        states = self._base.network(**inputs).last_hidden_state
        with torch.autocast(states.device.type, enabled=False):
            present = inputs["attention_mask"].bool()
            return self.encoder.text_head.scene(states.float(), present)

    def photo_vectors(self, images: Sequence[Image.Image]) -> Tensor:
        """Unit vectors [n, 512]."""
        return photo_scenes(self.encoder, images)

    def trained_part(self, vectors: Tensor) -> Tensor:
        """The scene part [n, 512] of vectors [n, 896]."""
        return scene_part(vectors)

    def parameter_groups(self, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
        """The head moves four times as fast as the network."""
        network, head = self._base.network.parameters(), self.encoder.text_head.parameters()
        return [
            *parameter_groups(network, learning_rate, weight_decay),
            *parameter_groups(head, HEAD_RATE * learning_rate, weight_decay),
        ]

    def cache_texts(self, texts: Sequence[str], cache: Path | None = None) -> None:
        """Nothing to do: the network moves."""

    def save(self, folder: Path, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Write heads and the network's changes, rounded to 8 bits, adapters merged."""
        with merged(self.module):
            return self.encoder.save(folder, extra=dict(extra or {}))


def lock_image_side(encoder: StarterEncoder) -> None:
    """Nothing of the image side, nor the text base, moves."""
    for part in (encoder.image_base, encoder.image_head, encoder.text_base.network):
        lock(part)


def shortened(encoder: StarterEncoder, texts: Sequence[str]) -> list[str]:
    """Texts as the encoder reads them."""
    most = encoder.max_text_tokens
    return [shorten_text(text, most, encoder.count_tokens) for text in texts]


def scene_part(vectors: Tensor) -> Tensor:
    """Unit vectors [n, 512] of the scene part of photo vectors [n, 896]."""
    return F.normalize(vectors[:, :SCENE_DIM], dim=-1)


@torch.no_grad()
def photo_scenes(encoder: StarterEncoder, images: Sequence[Image.Image]) -> Tensor:
    """Scene vectors [n, 512] of photos, without gradients."""
    # Numbers made in inference mode cannot take part in a training; their copy can.
    features = encoder.features(images).clone()
    return encoder.image_head.eval().scene(features)
