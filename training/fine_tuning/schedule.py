"""The learning rate over the run: a linear warm-up, then half a cosine down to nothing.

    ``w(s) = (s + 1) / (W + 1)``                          while s < W,
    ``w(s) = (1 + cos(pi (s - W) / (S - W))) / 2``        after,

for step s of S, W of them warming up (Loshchilov and Hutter 2017, SGDR,
https://arxiv.org/abs/1608.03983). Unlike the Trainer's own, the first step already moves: a small
data set has few of them.
"""

import math
from functools import partial

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def share_of_rate(step: int, warmup: int, steps: int) -> float:
    """The share of the highest rate at a step, from 0."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return (1 + math.cos(math.pi * progress)) / 2


def cosine_schedule(optimizer: Optimizer, warmup: float, steps: int) -> LambdaLR:
    """The schedule of ``steps`` steps, a share ``warmup`` of which warm up."""
    rising = math.ceil(warmup * steps)
    return LambdaLR(optimizer, partial(share_of_rate, warmup=rising, steps=steps))
