"""The scene heads: trained together on captioned photos by symmetric InfoNCE."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from retrieval.encoders.starter.heads import ImageHead, TextHead
from training.encoders.token_states import PackedStates, with_token_dropout
from training.losses.contrastive import SymmetricInfoNCE
from training.starter.data import CAPTIONS


@dataclass(frozen=True)
class Recipe:
    """Settings of the training; ``members`` heads are trained, of seeds that follow each other."""

    seed: int = 0
    members: int = 4
    epochs: int = 12
    batch: int = 500
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    token_dropout: float = 0.1
    label_smoothing: float = 0.05
    averaging: float = 0.99
    temperature: float = 0.05
    lowest_temperature: float = 0.01


def fit(
    views: list[Tensor],
    captions: PackedStates,
    recipe: Recipe,
    on_epoch: Callable[[int, float, ImageHead, TextHead], None],
) -> tuple[ImageHead, TextHead]:
    """Train the two heads; the result is the running average of their weights.

    Args:
        views: features [photos, 4864] of each view of the photos.
        captions: of the same photos.
        recipe: settings.
        on_epoch: told of each epoch: number, loss, heads.
    """
    torch.manual_seed(recipe.seed)
    image, text = ImageHead(recipe.dropout), TextHead(recipe.dropout)
    standardise_by(image, views[0])
    stacked = torch.stack(views)
    loss_fn = SymmetricInfoNCE(
        recipe.temperature, lowest=recipe.lowest_temperature, label_smoothing=recipe.label_smoothing
    )
    # No photo comes twice in a batch.
    same = torch.zeros(recipe.batch, recipe.batch, dtype=torch.bool)
    weights = [*image.parameters(), *text.parameters()]
    average = RunningAverage(weights, recipe.averaging)
    photos = stacked.shape[1]
    per_epoch = photos // recipe.batch
    optimizer, schedule = make_optimizer(
        weights,
        list(loss_fn.parameters()),
        recipe.learning_rate,
        recipe.weight_decay,
        recipe.epochs * per_epoch,
    )
    for epoch in range(1, recipe.epochs + 1):
        image.train()
        text.train()
        for places in torch.randperm(photos)[: per_epoch * recipe.batch].split(recipe.batch):
            chosen = places * CAPTIONS + torch.randint(0, CAPTIONS, (len(places),))
            view = torch.randint(0, len(views), (len(places),))
            loss = loss_fn(
                scene_vectors(text, captions, chosen, recipe.token_dropout),
                image.scene(stacked[view, places]),
                same,
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
        on_epoch(epoch, loss.item(), image, text)
    average.install()
    return image.eval(), text.eval()


def standardise_by(head: ImageHead, features: Tensor) -> None:
    """Let a head take features in units of their deviation over these photos [photos, 4864]."""
    head.mean.copy_(features.mean(0))
    head.deviation.copy_(features.std(0) + 1e-3)


def scene_vectors(head: TextHead, texts: PackedStates, rows: Tensor, dropout: float) -> Tensor:
    """Scene vectors [n, 512] of some texts, each token left out with a probability."""
    states, present = texts.batch(rows)
    return head.scene(states, with_token_dropout(present, dropout))


class RunningAverage:
    """Exponential moving average of parameters (Polyak averaging).

    ``a <- k a + (1 - k) w`` after each step, with ``k = min(keep, (1 + step) / (10 + step))``, so
    that the first steps do not weigh for ever.
    """

    def __init__(self, weights: Sequence[nn.Parameter], keep: float) -> None:
        """Start from the weights as they are."""
        self._weights = list(weights)
        self._averages = [weight.detach().clone() for weight in weights]
        self._keep = keep
        self._steps = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self._steps += 1
        keep = min(self._keep, (1 + self._steps) / (10 + self._steps))
        for average, weight in zip(self._averages, self._weights, strict=True):
            average.lerp_(weight, 1 - keep)

    @torch.no_grad()
    def install(self) -> None:
        """Put the averages in place of the weights."""
        for average, weight in zip(self._averages, self._weights, strict=True):
            weight.copy_(average)


def make_optimizer(
    weights: Sequence[nn.Parameter],
    undecayed: Sequence[nn.Parameter],
    learning_rate: float,
    weight_decay: float,
    steps: int,
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW, which leaves the temperature undecayed, with a tenth of warm-up and a cosine down."""
    optimizer = torch.optim.AdamW(
        [
            {"params": list(weights), "weight_decay": weight_decay},
            {"params": list(undecayed), "weight_decay": 0.0},
        ],
        lr=learning_rate,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=steps, pct_start=0.1
    )
    return optimizer, schedule
