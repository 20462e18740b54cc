"""Texts to vectors for comparing texts with texts."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Encoder
from retrieval.encoders.starter.bases import TextBase, load_text_base

_BATCH = 64


Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors [n, dim]."""


def sentence_embedder(encoder: Encoder | None = None) -> Embed:
    """The encoder's text tower, or all-MiniLM-L6-v2 when none is given."""
    return Remembering(encoder.encode_texts if encoder else MiniLM(load_text_base()))


class Remembering:
    """Embeds each text once, however many systems ask for it."""

    def __init__(self, embed: Embed) -> None:
        """Remember what ``embed`` says."""
        self._embed = embed
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [n, dim]."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])


class MiniLM:
    """all-MiniLM-L6-v2 as published: token states averaged, then normalised."""

    def __init__(self, base: TextBase) -> None:
        """Use this network."""
        self._base = base

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [n, 384]."""
        import torch

        from retrieval.encoders.device import choose_dtype

        vectors: list[Vectors] = []
        # Texts of like length go together: padding costs as much as words.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        half = choose_dtype(torch.device("cpu")) is torch.bfloat16
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            for start in range(0, len(order), _BATCH):
                some = [texts[place] for place in order[start : start + _BATCH]]
                states, there = self._base.states(some)
                mask = there.unsqueeze(-1).float()
                mean = (states.float() * mask).sum(1) / mask.sum(1).clamp(min=1.0)
                vectors.append(torch.nn.functional.normalize(mean, dim=1).numpy())
        result = np.empty((len(texts), vectors[0].shape[1]), dtype=np.float32)
        result[order] = np.concatenate(vectors)
        return result
