"""The scene text head learns to read chat: tuned alone, against photo vectors that stay put.

Locking the image side (LiT, https://arxiv.org/abs/2111.07991) keeps every indexed photo valid and
leaves the captions' space as it was trained; it also makes the photos' vectors constants, so that
each text is compared with *all* training photos instead of those of its batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from retrieval.encoders.starter_heads import TextHead
from training.starter.averaging import RunningAverage
from training.starter.data import CAPTIONS, Captions, Pool
from training.starter.optimizer import log_scale_of, make_optimizer
from training.starter.scene import scene_vectors


@dataclass(frozen=True)
class TalkRecipe:
    """Settings of the tuning."""

    seed: int = 0
    epochs: int = 14
    captions_per_batch: int = 500
    dialogues_per_batch: int = 250
    descriptors_per_batch: int = 60
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    token_dropout: float = 0.1
    label_smoothing: float = 0.05
    averaging: float = 0.98
    temperature: float = 0.045
    mixing: float = 0.7


def tune(
    photos: Tensor,
    captions: Captions,
    pools: Sequence[Pool],
    head: TextHead,
    recipe: TalkRecipe,
    on_epoch: Callable[[int, float, TextHead], None],
) -> TextHead:
    """Tune a text head; the result is the running average of its weights, mixed with the old.

    Mixing, ``(1 - a) old + a tuned`` (WiSE-FT, https://arxiv.org/abs/2109.01903), keeps what the
    head knew of captions.

    The loss is cross-entropy of each text's own photo among all photos,
    ``L = -log softmax_j(t . p_j / temperature)[own]``, with a learned temperature.

    Args:
        photos: scene vectors [views, photos, 512] of the locked image head.
        captions: of the same photos.
        pools: dialogues and descriptors of the same photos.
        head: trained on captions; changed in place.
        recipe: settings.
        on_epoch: told of each epoch: number, loss, head.
    """
    torch.manual_seed(recipe.seed)
    log_scale = log_scale_of(recipe.temperature)
    weights = list(head.parameters())
    old = [weight.detach().clone() for weight in weights]
    average = RunningAverage(weights, recipe.averaging)
    count = photos.shape[1]
    per_epoch = count // recipe.captions_per_batch
    optimizer, schedule = make_optimizer(
        weights,
        log_scale,
        recipe.learning_rate,
        recipe.weight_decay,
        recipe.epochs * per_epoch,
    )
    for epoch in range(1, recipe.epochs + 1):
        head.train()
        order = torch.randperm(count)[: per_epoch * recipe.captions_per_batch]
        for places in order.split(recipe.captions_per_batch):
            chosen = places * CAPTIONS + torch.randint(0, CAPTIONS, (len(places),))
            drawn = [(captions, chosen, places)]
            for pool in pools:
                rows = torch.randint(0, len(pool.texts), (pool.per_batch,))
                drawn.append((pool.texts, rows, pool.photos[rows]))
            texts = torch.cat(
                [scene_vectors(head, part, rows, recipe.token_dropout) for part, rows, _ in drawn]
            )
            gallery = photos[torch.randint(0, len(photos), (count,)), torch.arange(count)]
            own = torch.cat([of_photos for _, _, of_photos in drawn])
            loss = F.cross_entropy(
                log_scale.exp() * texts @ gallery.T, own, label_smoothing=recipe.label_smoothing
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
        on_epoch(epoch, loss.item(), head)
    average.install()
    with torch.no_grad():
        for weight, before in zip(weights, old, strict=True):
            weight.lerp_(before, 1 - recipe.mixing)
    return head.eval()
