"""The scene heads: trained together on captioned photos by symmetric InfoNCE."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from retrieval.encoders.starter_heads import ImageHead, TextHead
from training.starter.averaging import RunningAverage
from training.starter.data import CAPTIONS, Captions
from training.starter.optimizer import log_scale_of, make_optimizer


@dataclass(frozen=True)
class Recipe:
    """Settings of the training."""

    seed: int = 0
    epochs: int = 24
    batch: int = 500
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    token_dropout: float = 0.1
    label_smoothing: float = 0.05
    averaging: float = 0.99
    temperature: float = 0.05
    lowest_temperature: float = 0.01


def info_nce(photos: Tensor, texts: Tensor, scale: Tensor, smoothing: float = 0.0) -> Tensor:
    """Symmetric InfoNCE of matching unit vectors [n, d], no photo twice among them.

    ``L = (CE(scale * T P', I) + CE(scale * P T', I)) / 2`` with ``scale = 1 / temperature``
    (van den Oord et al. 2018, https://arxiv.org/abs/1807.03748; both directions as in CLIP,
    https://arxiv.org/abs/2103.00020).
    """
    logits = scale * texts @ photos.T
    own = torch.arange(len(photos))
    by_text = F.cross_entropy(logits, own, label_smoothing=smoothing)
    by_photo = F.cross_entropy(logits.T, own, label_smoothing=smoothing)
    return (by_text + by_photo) / 2


def fit(
    views: list[Tensor],
    captions: Captions,
    recipe: Recipe,
    on_epoch: Callable[[int, float, ImageHead, TextHead], None],
) -> tuple[ImageHead, TextHead]:
    """Train the two heads; the result is the running average of their weights.

    Args:
        views: pooled features [photos, 2560] of each view of the photos.
        captions: of the same photos.
        recipe: settings.
        on_epoch: told of each epoch: number, loss, heads.
    """
    torch.manual_seed(recipe.seed)
    image, text = ImageHead(recipe.dropout), TextHead(recipe.dropout)
    image.mean.copy_(views[0].mean(0))
    image.deviation.copy_(views[0].std(0) + 1e-3)
    stacked = torch.stack(views)
    log_scale = log_scale_of(recipe.temperature)
    weights = [*image.parameters(), *text.parameters()]
    average = RunningAverage(weights, recipe.averaging)
    photos = stacked.shape[1]
    per_epoch = photos // recipe.batch
    optimizer, schedule = make_optimizer(
        weights,
        log_scale,
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
            loss = info_nce(
                image.scene(stacked[view, places]),
                scene_vectors(text, captions, chosen, recipe.token_dropout),
                log_scale.exp().clamp(max=1 / recipe.lowest_temperature),
                recipe.label_smoothing,
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
        on_epoch(epoch, loss.item(), image, text)
    average.install()
    return image.eval(), text.eval()


def scene_vectors(head: TextHead, texts: Captions, rows: Tensor, dropout: float) -> Tensor:
    """Scene vectors [n, 512] of some texts, each token left out with a probability."""
    states, present = texts.batch(rows)
    kept = torch.rand(present.shape) >= dropout
    # The first token is the sentence's own: a text is never left empty.
    kept[:, 0] = True
    return head.scene(states, present & kept)
