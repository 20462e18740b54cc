"""Training of a combiner: in-batch and mined hard negatives, the best epoch on held-out photos."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.bench.composed.combiner import Combiner, Settings
from training.bench.composed.compose import QueryParts, late
from training.errors import LossNotFinite
from training.losses import make_loss
from training.losses.hard_negatives import mine

Vectors = NDArray[np.float32]
OnEpoch = Callable[[int, dict[str, float]], None]
"""Told an epoch's number, from 0 for late fusion alone, and its figures on held-out photos."""


@dataclass(frozen=True)
class ComposedQueries:
    """Queries of a photo and a text over a gallery.

    Attributes:
        photos: unit vectors of the gallery [m, dim].
        texts: unit vectors of the queries' texts [n, dim].
        references: places of the photos that are shown [n].
        targets: places of the photos that are meant [n].
        right: whether a photo is right for a query, the target included [n, m].
    """

    photos: Vectors
    texts: Vectors
    references: NDArray[np.int64]
    targets: NDArray[np.int64]
    right: NDArray[np.bool_]

    def fused(self, share: float) -> Vectors:
        """Late fusion with this share of the photo [n, dim]."""
        nothing = self.texts[:0]
        shown = self.photos[self.references]
        parts = QueryParts(shown, self.texts, (nothing,) * len(self.texts))
        return late(parts, share, np.cov(self.photos, rowvar=False).astype(np.float32))

    def ranks(self, queries: Vectors) -> NDArray[np.int64]:
        """The rank of the first right photo [n], without the one that is shown."""
        rows = np.arange(len(queries))
        scores = queries @ self.photos.T
        scores[rows, self.references] = -np.inf
        best = np.where(self.right, scores, -np.inf).max(axis=1)
        return 1 + (scores > best[:, None]).sum(axis=1)

    def figures(self, queries: Vectors) -> dict[str, float]:
        """Hits among the first 1, 10 and 50, and the mean reciprocal rank."""
        ranks = self.ranks(queries)
        hits = {f"hit@{k}": float((ranks <= k).mean()) for k in (1, 10, 50)}
        return {**hits, "mrr": float((1 / ranks).mean())}


@dataclass(frozen=True)
class Plan:
    """How a combiner is trained.

    Attributes:
        epochs: at most.
        patience: epochs without a better one, after which it ends.
        batch: queries at once.
        mined: hard negatives of each query, found anew each epoch.
        rate: of learning, at the start; it falls to nothing.
        decay: of weights.
    """

    epochs: int = 20
    patience: int = 5
    batch: int = 256
    mined: int = 8
    rate: float = 5e-4
    decay: float = 0.05


def fit_combiner(
    train: ComposedQueries,
    held_out: ComposedQueries,
    settings: Settings,
    plan: Plan | None = None,
    on_epoch: OnEpoch | None = None,
) -> Combiner:
    """Train a combiner; the epoch with the best mean reciprocal rank on held-out photos stays.

    Epoch 0, which is late fusion, may be that epoch: then nothing was gained.

    Args:
        train: what it learns from.
        held_out: other photos and queries.
        settings: sizes, share and seed.
        plan: how; the defaults when None.
        on_epoch: called after each epoch.

    Raises:
        LossNotFinite: the loss became NaN or infinite.
    """
    plan = plan or Plan()
    torch.manual_seed(settings.seed)
    combiner = Combiner(settings)
    loss = make_loss("symmetric", temperature=0.05)
    parameters = [*combiner.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(parameters, plan.rate, weight_decay=plan.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.epochs)
    shuffled = np.random.default_rng(settings.seed)
    batches = _Batches(train, train.fused(settings.photo))
    checked = held_out.fused(settings.photo)
    best = (held_out.figures(checked), copy.deepcopy(combiner.state_dict()), 0)
    if on_epoch is not None:
        on_epoch(0, best[0])
    for epoch in range(1, plan.epochs + 1):
        hard = batches.mined(combiner, plan.mined)
        combiner.train()
        order = shuffled.permutation(len(train.texts))
        for start in range(0, len(order) - 1, plan.batch):
            step = batches.loss(combiner, loss, order[start : start + plan.batch], hard)
            if not torch.isfinite(step):
                raise LossNotFinite(f"the combiner's loss is {float(step)} in epoch {epoch}")
            optimizer.zero_grad()
            step.backward()
            optimizer.step()
        schedule.step()
        composed = combiner.compose(held_out.photos[held_out.references], held_out.texts, checked)
        figures = held_out.figures(composed)
        if on_epoch is not None:
            on_epoch(epoch, figures)
        if figures["mrr"] > best[0]["mrr"]:
            best = (figures, copy.deepcopy(combiner.state_dict()), epoch)
        elif epoch - best[2] >= plan.patience:
            break
    told = {**best[0], "epoch": float(best[2])}
    found = Combiner(settings.model_copy(update={"figures": told}))
    found.load_state_dict(best[1])
    return found


class _Batches:
    """Training queries as tensors."""

    def __init__(self, queries: ComposedQueries, fused: Vectors) -> None:
        self._photos = torch.from_numpy(queries.photos)
        self._texts = torch.from_numpy(queries.texts)
        self._fused = torch.from_numpy(fused)
        self._references = torch.from_numpy(queries.references)
        self._targets = torch.from_numpy(queries.targets)
        # What is right, or is shown, is no negative.
        spared = queries.right.copy()
        spared[np.arange(len(spared)), queries.references] = True
        self._spared = torch.from_numpy(spared)

    def _composed(self, combiner: Combiner, rows: Tensor) -> Tensor:
        shown = self._photos[self._references[rows]]
        found: Tensor = combiner(shown, self._texts[rows], self._fused[rows])
        return found

    def mined(self, combiner: Combiner, count: int) -> Tensor:
        """Places [n, count] of the hardest negatives as the combiner is now."""
        combiner.eval()
        with torch.no_grad():
            composed = self._composed(combiner, torch.arange(len(self._texts)))
        return mine(composed, self._photos, self._targets, count=count)

    def loss(
        self, combiner: Combiner, loss: torch.nn.Module, rows: NDArray[np.int64], hard: Tensor
    ) -> Tensor:
        """Of one batch."""
        places = torch.from_numpy(rows)
        targets, extra = self._targets[places], hard[places].unique()
        spared = self._spared[places]
        same = spared[:, targets].fill_diagonal_(False)
        found: Tensor = loss(
            self._composed(combiner, places),
            self._photos[targets],
            same,
            self._photos[extra],
            spared[:, extra] | torch.isin(extra, targets)[None],
        )
        return found
