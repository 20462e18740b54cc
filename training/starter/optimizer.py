"""The optimizer of the starter's heads and its schedule."""

from collections.abc import Sequence

import torch
from torch import nn


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
