"""Make the starter encoder before its fine-tuning: ``python -m training.starter.make``.

``--data DIR`` holds ``train/`` and ``dev/`` (photos) and ``captions.train.jsonl``,
``captions.dev.jsonl`` (``{"photo", "captions": [5]}``). The shipped encoder was made so from
Flickr8k's official splits, and then fine-tuned by ``photopal train`` (see the model card).
"""

import argparse
import logging
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.bases import load_image_base, load_text_base
from retrieval.encoders.starter.heads import ImageHead, TextHead
from retrieval.encoders.starter.networks import Networks
from training.encoders.token_states import PackedStates
from training.starter.concept import class_vectors, fit_gate, install, read_class_names
from training.starter.data import (
    CAPTIONS,
    caption_states,
    class_probabilities,
    photo_features,
    photo_views,
    read_captions,
)
from training.starter.ensemble import merge
from training.starter.scene import Recipe, fit

log = logging.getLogger(__name__)


def recall(photos: Tensor, texts: Tensor) -> dict[str, float]:
    """hit@1, 5, 10 and 30 of captions (``CAPTIONS`` a photo, in order) over all the photos."""
    scores = texts @ photos.T
    own = scores.gather(1, torch.arange(len(texts))[:, None] // CAPTIONS)
    ranks = (scores > own).sum(1)
    return {f"hit@{k}": round((ranks < k).float().mean().item(), 4) for k in (1, 5, 10, 30)}


def embed_captions(head: TextHead, captions: PackedStates, *, scene_only: bool = False) -> Tensor:
    """Vectors of cached captions."""
    way = head.scene if scene_only else head
    parts = [way(*captions.batch(part)) for part in torch.arange(len(captions)).split(500)]
    return torch.cat(parts)


def make(data: Path, out: Path, cache: Path, recipe: Recipe) -> dict[str, float]:
    """Train, assemble, write the encoder folder; returns the figures on dev."""
    started = time.monotonic()
    torch.manual_seed(recipe.seed)
    image_base, text_base = load_image_base(), load_text_base()
    train, dev = (read_captions(data / f"captions.{split}.jsonl") for split in ("train", "dev"))
    views = photo_views(image_base, data / "train", list(train), cache)
    dev_features = photo_features(image_base, data / "dev", list(dev), 0, cache)
    texts = [caption for photo in train.values() for caption in photo]
    captions = caption_states(text_base, "train", texts, cache)
    dev_captions = caption_states(
        text_base, "dev", [caption for photo in dev.values() for caption in photo], cache
    )

    def report(epoch: int, loss: float, image: ImageHead, text: TextHead) -> None:
        if epoch % 4 and epoch != recipe.epochs:
            return
        image.eval()
        text.eval()
        with torch.inference_mode():
            figures = recall(
                image.scene(dev_features), embed_captions(text, dev_captions, scene_only=True)
            )
        log.info("epoch %d: loss %.3f, dev, scene part alone: %s", epoch, loss, figures)

    members = [
        fit(views, captions, replace(recipe, seed=seed), report)
        for seed in range(recipe.seed, recipe.seed + recipe.members)
    ]
    image_head, text_head = merge(members, views)
    classes = read_class_names()
    vectors, whitening = class_vectors(text_base, classes)
    image_head.class_vectors.copy_(vectors)
    install(text_head, whitening, fit_gate(text_base, classes, texts, recipe.seed))
    encoder = StarterEncoder(
        Networks(image_base, text_base, image_head, text_head),
        background(image_head, views[0], class_probabilities(image_base, views[0])),
    )
    encoder.save(out)
    written = StarterEncoder.load(out)
    with torch.inference_mode():
        photos = written.image_head(dev_features, class_probabilities(image_base, dev_features))
        figures = recall(photos, embed_captions(written.text_head, dev_captions))
    log.info("dev, as written: %s; %.0f s", figures, time.monotonic() - started)
    written.save(out, extra={"recipe": vars(recipe), "flickr8k dev": figures})
    return figures


def background(
    head: ImageHead, features: Tensor, probabilities: Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Mean [896] and covariance [896, 896] of photos' vectors."""
    with torch.inference_mode():
        vectors = head(features, probabilities).numpy()
    return vectors.mean(0), np.cov(vectors.T).astype(np.float32)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for embedded photos")
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = Recipe(seed=arguments.seed, epochs=arguments.epochs)
    make(arguments.data, arguments.out, arguments.cache, recipe)


if __name__ == "__main__":
    main()
