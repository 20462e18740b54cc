"""Linear projections of texts and photos into one space: of random numbers, or trained."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from training.bench.embedders.specs import ProjectionTraining
from training.errors import LossNotFinite
from training.losses import SymmetricInfoNCE
from training.losses.masking import batch_mask

Rows = NDArray[np.float32]

_NAMES = ("mean", "deviation", "weight", "bias")


@dataclass(frozen=True)
class Projection:
    """``y = W (x - mean) / deviation + bias``.

    Attributes:
        mean: [inputs].
        deviation: [inputs].
        weight: [outputs, inputs].
        bias: [outputs].
    """

    mean: Rows
    deviation: Rows
    weight: Rows
    bias: Rows

    def __call__(self, rows: Rows) -> Rows:
        """Rows [n, inputs] to [n, outputs]."""
        standard = (rows - self.mean) / self.deviation
        return np.asarray(standard @ self.weight.T + self.bias, dtype=np.float32)

    @property
    def parameters(self) -> int:
        """Numbers of matrix and bias; mean and deviation could be taken into them."""
        return self.weight.size + self.bias.size

    @classmethod
    def random(cls, inputs: int, outputs: int, rng: np.random.Generator) -> Self:
        """Normal numbers, which keep lengths on the whole (Johnson and Lindenstrauss 1984)."""
        weight = rng.standard_normal((outputs, inputs)) / math.sqrt(outputs)
        return cls(
            np.zeros(inputs, np.float32),
            np.ones(inputs, np.float32),
            weight.astype(np.float32),
            np.zeros(outputs, np.float32),
        )

    def tensors(self, prefix: str) -> dict[str, Tensor]:
        """For a file."""
        return {prefix + name: torch.from_numpy(getattr(self, name)) for name in _NAMES}

    @classmethod
    def read(cls, tensors: Mapping[str, Tensor], prefix: str) -> Self:
        """What :meth:`tensors` gave.

        Raises:
            KeyError: one is missing.
        """
        return cls(*(tensors[prefix + name].numpy() for name in _NAMES))


def train_projections(
    texts: Rows,
    photos: Rows,
    photo_of: NDArray[np.int64],
    dim: int,
    how: ProjectionTraining,
    seed: int,
    on_epoch: Callable[[int, float], None] | None = None,
) -> tuple[Projection, Projection]:
    """A projection of texts and one of photos by symmetric InfoNCE, the networks untouched.

    Args:
        texts: vectors [n, text_dim].
        photos: vectors [m, image_dim].
        photo_of: place of each text's photo [n].
        dim: of the space.
        how: settings.
        seed: of first weights, order and the choice of held-out photos.
        on_epoch: told each epoch's number and loss on held-out photos.

    Raises:
        LossNotFinite: the loss became NaN or infinite.
    """
    rng = np.random.default_rng(seed)
    held_out = rng.random(len(photos)) < how.held_out
    kept, tried = (np.flatnonzero(held_out[photo_of] == wanted) for wanted in (False, True))
    if not len(kept) or not len(tried):
        # Too few photos to keep some apart.
        kept = tried = np.arange(len(photo_of))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        towers = _Towers(texts[kept], photos[photo_of[kept]], dim, how.dropout)
        return _fitted(towers, texts, photos, photo_of, kept, tried, how, rng, on_epoch)


def _fitted(
    towers: "_Towers",
    texts: Rows,
    photos: Rows,
    photo_of: NDArray[np.int64],
    kept: NDArray[np.int64],
    tried: NDArray[np.int64],
    how: ProjectionTraining,
    rng: np.random.Generator,
    on_epoch: Callable[[int, float], None] | None,
) -> tuple[Projection, Projection]:
    loss = SymmetricInfoNCE()
    weights = [*towers.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(weights, how.learning_rate, weight_decay=how.weight_decay)
    steps = how.epochs * math.ceil(len(kept) / how.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    def batch_loss(places: NDArray[np.int64]) -> Tensor:
        own = torch.from_numpy(photo_of[places])
        mine, theirs = towers(texts[places], photos[photo_of[places]])
        return loss(mine, theirs, batch_mask(own))

    best, lowest = towers.projections(), math.inf
    for epoch in range(how.epochs):
        towers.train()
        for places in _batches(rng.permutation(kept), how.batch_size):
            optimizer.zero_grad()
            value = batch_loss(places)
            if not torch.isfinite(value):
                raise LossNotFinite("the projection's loss is no number: lower learning_rate")
            value.backward()
            optimizer.step()
            schedule.step()
        towers.eval()
        with torch.inference_mode():
            parts = list(_batches(tried, how.batch_size))
            mean = float(
                np.average([float(batch_loss(part)) for part in parts], weights=_sizes(parts))
            )
        if on_epoch is not None:
            on_epoch(epoch, mean)
        if mean < lowest:
            best, lowest = towers.projections(), mean
    return best


class _Towers(nn.Module):
    """Standardised inputs, dropout and a linear map for each side."""

    def __init__(self, texts: Rows, photos: Rows, dim: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.sides = nn.ModuleList(nn.Linear(rows.shape[1], dim) for rows in (texts, photos))
        self._means = [rows.mean(axis=0) for rows in (texts, photos)]
        self._deviations = [rows.std(axis=0) + 1e-6 for rows in (texts, photos)]

    def forward(self, texts: Rows, photos: Rows) -> tuple[Tensor, Tensor]:
        mine, theirs = (self._side(place, rows) for place, rows in enumerate((texts, photos)))
        return mine, theirs

    def _side(self, place: int, rows: Rows) -> Tensor:
        standard = torch.from_numpy((rows - self._means[place]) / self._deviations[place])
        return F.normalize(self.sides[place](self.dropout(standard)), dim=-1)

    def projections(self) -> tuple[Projection, Projection]:
        text, photo = (
            Projection(
                self._means[place],
                self._deviations[place],
                *(getattr(side, name).detach().numpy().copy() for name in ("weight", "bias")),
            )
            for place, side in enumerate(self.sides)
        )
        return text, photo


def _batches(places: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _sizes(parts: list[Any]) -> list[int]:
    return [len(part) for part in parts]
