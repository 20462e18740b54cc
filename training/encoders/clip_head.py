"""The last text layer of CLIP or SigLIP trained alone, over cached states of the locked rest."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from retrieval.encoders.clip import ClipEncoder
from retrieval.encoders.folder import Manifest, fingerprint_of
from training.encoders.base import lock, parameter_groups
from training.encoders.cache import keep, read_kept
from training.encoders.clip import in_full_precision, token_numbers


class TrainableClipHead:
    """Trains the linear map from the pooled text state into the common space."""

    moves_photos = False

    def __init__(self, encoder: ClipEncoder) -> None:
        """The encoder's text projection moves, nothing else."""
        self.encoder = in_full_precision(encoder)
        self.dim = self.encoder.dim
        model = self.encoder.model
        lock(model)
        self._last: nn.Linear = getattr(model, "text_projection", None) or model.text_model.head
        self._last.requires_grad_(True)
        self.module: nn.Module = nn.ModuleDict({"head": self._last})
        # The locked part's output does not follow what is trained here.
        self._key = self.encoder.text_fingerprint
        self._places: dict[str, int] = {}
        self._pooled = torch.zeros(0, self._last.in_features)

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """``pooled`` [n, hidden]: what the last layer takes in."""
        places = [self._places.get(text, -1) for text in texts]
        new = [row for row, place in enumerate(places) if place < 0]
        if not new:
            return {"pooled": self._pooled[torch.tensor(places, dtype=torch.long)]}
        pooled = torch.zeros(len(texts), self._last.in_features)
        pooled[new] = self._states([texts[row] for row in new])
        held = [row for row, place in enumerate(places) if place >= 0]
        pooled[held] = self._pooled[[places[row] for row in held]]
        return {"pooled": pooled}

    def text_vectors(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Unit vectors [n, dim]."""
        pooled = inputs["pooled"].to(self._last.weight.device)
        return F.normalize(self._last(pooled).float(), dim=-1)

    def photo_vectors(self, images: Sequence[Image.Image]) -> Tensor:
        """Unit vectors [n, dim]."""
        with torch.no_grad():
            return F.normalize(self.encoder.image_features(images).float(), dim=-1)

    def trained_part(self, vectors: Tensor) -> Tensor:
        """All of them."""
        return vectors

    def parameter_groups(self, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
        """One rate."""
        return parameter_groups(self.module.parameters(), learning_rate, weight_decay)

    def cache_texts(self, texts: Sequence[str], cache: Path | None = None) -> None:
        """Compute the pooled states of texts, or read them from the cache folder."""
        distinct = list(dict.fromkeys(texts))
        name = f"pooled.{fingerprint_of(self._key, distinct)}.safetensors"
        file = None if cache is None else cache / name
        pooled = (read_kept(file) or {}).get("pooled")
        if pooled is None:
            pooled = self._states(distinct)
            keep(file, {"pooled": pooled})
        self._pooled = pooled
        self._places = {text: place for place, text in enumerate(distinct)}

    def save(self, folder: Path, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Write the whole checkpoint."""
        return self.encoder.save(folder, extra=extra)

    @torch.no_grad()
    def _states(self, texts: Sequence[str]) -> Tensor:
        """What the last layer takes in for texts [n, hidden]."""
        parts = [torch.zeros(0, self._last.in_features)]
        model = self.encoder.model
        with _inputs_of(self._last) as seen:
            for start in range(0, len(texts), self.encoder.batch_size):
                batch = texts[start : start + self.encoder.batch_size]
                numbers = token_numbers(self.encoder, batch)
                model.get_text_features(input_ids=numbers.to(model.device))
                parts.append(seen.pop().float().cpu())
        return torch.cat(parts)


@contextlib.contextmanager
def _inputs_of(layer: nn.Module) -> Iterator[list[Tensor]]:
    seen: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        yield seen
    finally:
        hook.remove()
