"""One training step, enough to move whatever moves."""

import torch
from PIL import Image

from training.encoders import Tower

TEXTS = ["two dogs run along the beach", "a cup of coffee", "a red chair, a cat", "the rocket"]


def vectors(tower: Tower, texts: list[str] = TEXTS) -> torch.Tensor:
    """Text vectors as they are now, without dropout."""
    tower.module.eval()
    with torch.no_grad():
        return tower.text_vectors(tower.tokenize(texts))


def step(tower: Tower, images: list[Image.Image], rate: float = 1e-2) -> None:
    """Pull some texts towards some photos."""
    tower.module.train()
    optimizer = torch.optim.AdamW(tower.parameter_groups(rate, 0.01))
    texts = tower.text_vectors(tower.tokenize(TEXTS[: len(images)]))
    (-(texts * tower.photo_vectors(images[: len(TEXTS)])).sum()).backward()
    optimizer.step()
    tower.module.eval()
