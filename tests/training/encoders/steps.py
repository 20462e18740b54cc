"""One training step, enough to move whatever moves."""

import torch
from PIL import Image

from training.encoders import TrainableEncoder

TEXTS = ["two dogs run along the beach", "a cup of coffee", "a red chair, a cat", "the rocket"]


def vectors(trainable: TrainableEncoder, texts: list[str] = TEXTS) -> torch.Tensor:
    """Text vectors as they are now, without dropout."""
    trainable.module.eval()
    with torch.no_grad():
        return trainable.text_vectors(trainable.tokenize(texts))


def step(trainable: TrainableEncoder, images: list[Image.Image], rate: float = 1e-2) -> None:
    """Pull some texts towards some photos."""
    trainable.module.train()
    optimizer = torch.optim.AdamW(trainable.parameter_groups(rate, 0.01))
    texts = trainable.text_vectors(trainable.tokenize(TEXTS[: len(images)]))
    (-(texts * trainable.photo_vectors(images[: len(TEXTS)])).sum()).backward()
    optimizer.step()
    trainable.module.eval()
