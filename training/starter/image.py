"""The image heads made anew for a text side that stays: ``python -m training.starter.image``.

The reverse of locked-image tuning (LiT, Zhai et al. 2021, https://arxiv.org/abs/2111.07991): all
captions are embedded once by a fine-tuned text side (``--encoder``, a folder that ``photopal
train`` wrote), and the photos learn to stand beside them. Texts keep their vectors, so that
whatever was made of them (the describer's phrases) stays as it is. A head learns in a minute,
and several of different seeds are one head as wide as all of them: they share one space, so their
outputs can be added up.

``--data DIR`` holds photos and captions as for :mod:`training.starter.make`; ``--dialogues`` are
files of dialogues that lead to the photos of ``train/``, as ``photopal train`` reads them. Every
step takes all captions of a photo and one window of its dialogue.
"""

import argparse
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from retrieval.encoders.folder import fingerprint_of, read_manifest, read_weights
from retrieval.encoders.starter import StarterEncoder
from retrieval.encoders.starter.bases import load_image_base, load_text_base
from retrieval.encoders.starter.heads import ImageHead
from retrieval.encoders.starter.layout import WEIGHTS_NAME
from retrieval.encoders.starter.networks import Networks, read_scene_base, read_text_head
from training.datasets.augment import Augmentation, dialogue_text
from training.datasets.read import read_examples
from training.encoders.cache import keep, read_kept
from training.errors import TrainingError
from training.losses.base import Temperature
from training.starter.concept import class_vectors, read_class_names
from training.starter.data import (
    CAPTIONS,
    caption_states,
    class_probabilities,
    photo_features,
    photo_views,
    read_captions,
)
from training.starter.make import background, embed_captions, recall
from training.starter.scene import RunningAverage, make_optimizer, standardise_by

log = logging.getLogger(__name__)

OnEpoch = Callable[[int, float, ImageHead], None]
"""Told of each epoch: number, loss, head."""

WINDOWS = 3
"""Of each dialogue."""


@dataclass(frozen=True)
class ImageRecipe:
    """Settings of the training; ``members`` heads are trained, of seeds that follow each other."""

    seed: int = 0
    members: int = 4
    epochs: int = 8
    batch: int = 500
    hidden: int = 512
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    label_smoothing: float = 0.05
    averaging: float = 0.99
    temperature: float = 0.05
    lowest_temperature: float = 0.01


def several_captions_loss(scores: Tensor, label_smoothing: float) -> Tensor:
    """InfoNCE in both directions, of photos that have several captions each.

    ``L = (mean_c -log softmax_x(s_xc)[x = x(c)] + mean_c -log softmax_d(s_x(c)d)[d = c]) / 2``

    where ``x(c)`` is the photo of caption c: captions choose among photos, and photos among all
    captions, each of their own in turn.

    Args:
        scores: of photos and captions, divided by the temperature [n, n * k]; the captions of a
            photo stand side by side, in the order of the photos.
        label_smoothing: of the captions' choice among photos.
    """
    photos = torch.arange(len(scores))
    each = scores.shape[1] // len(scores)
    chosen = F.cross_entropy(
        scores.T, photos.repeat_interleave(each), label_smoothing=label_smoothing
    )
    shares = scores.log_softmax(dim=1).unflatten(1, (len(scores), each))
    return (chosen - shares[photos, photos].mean()) / 2


def fit_image(
    views: Sequence[Tensor],
    texts: Tensor,
    recipe: ImageRecipe,
    on_epoch: OnEpoch,
    talk: Tensor | None = None,
) -> ImageHead:
    """Train one head; the result is the running average of its weights.

    Args:
        views: features [photos, 4864] of each view of the photos.
        texts: scene vectors of their captions [photos, captions of each, 512], which stay.
        recipe: settings.
        on_epoch: told how it goes.
        talk: scene vectors of what was said about the photos [photos, windows of each, 512]; one
            of each photo's is drawn in every step.
    """
    torch.manual_seed(recipe.seed)
    head = ImageHead(recipe.dropout, recipe.hidden)
    standardise_by(head, views[0])
    stacked = torch.stack(list(views))
    temperature = Temperature(recipe.temperature, True, recipe.lowest_temperature)
    weights = list(head.parameters())
    average = RunningAverage(weights, recipe.averaging)
    per_epoch = len(texts) // recipe.batch
    optimizer, schedule = make_optimizer(
        weights,
        list(temperature.parameters()),
        recipe.learning_rate,
        recipe.weight_decay,
        recipe.epochs * per_epoch,
    )
    for epoch in range(1, recipe.epochs + 1):
        head.train()
        for places in torch.randperm(len(texts))[: per_epoch * recipe.batch].split(recipe.batch):
            view = torch.randint(0, len(views), (len(places),))
            said = texts[places]
            if talk is not None:
                window = torch.randint(0, talk.shape[1], (len(places),))
                said = torch.cat([said, talk[places, window, None]], dim=1)
            scores = head.scene(stacked[view, places]) @ said.flatten(0, 1).T * temperature()
            loss = several_captions_loss(scores, recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
        on_epoch(epoch, loss.item(), head)
    average.install()
    return head.eval()


@torch.no_grad()
def joined(heads: Sequence[ImageHead]) -> ImageHead:
    """One head whose output is the sum of what these say, as wide inside as all of them.

    Args:
        heads: trained on the same photos for the same texts, with the same standardisation.
    """
    parts = [one.head for one in heads]
    width = len(parts[0].expand.bias)
    whole = ImageHead(hidden=width * len(parts))
    for name in ("mean", "deviation", "class_vectors"):
        getattr(whole, name).copy_(getattr(heads[0], name))
    out = whole.head
    out.expand.weight.copy_(torch.cat([part.expand.weight for part in parts]))
    out.expand.bias.copy_(torch.cat([part.expand.bias for part in parts]))
    out.contract.weight.copy_(torch.cat([part.contract.weight for part in parts], dim=1))
    out.linear.weight.copy_(torch.stack([part.linear.weight for part in parts]).sum(0))
    biases = [part.linear.bias + part.contract.bias for part in parts]
    out.linear.bias.copy_(torch.stack(biases).sum(0))
    nn.init.zeros_(out.contract.bias)
    return whole.eval()


def talk_texts(files: Sequence[Path], photos: Path, names: Sequence[str]) -> list[str]:
    """``WINDOWS`` windows of the dialogue of each photo, in the order of the names.

    Raises:
        TrainingError: a photo has no dialogue.
    """
    by_name = {
        Path(one.photo).name: one.conversation
        for one in read_examples(files, photos).examples
        if one.conversation is not None
    }
    lacking = [name for name in names if name not in by_name]
    if lacking:
        raise TrainingError(
            f"{len(lacking):,} photos have no dialogue in {', '.join(map(str, files))}: "
            f"{lacking[0]} and others"
        )
    chances = [random.Random(place) for place in range(len(names))]
    return [
        dialogue_text(by_name[name], Augmentation(), chance)
        for name, chance in zip(names, chances, strict=True)
        for _ in range(WINDOWS)
    ]


def talk_vectors(
    encoder: Path, files: Sequence[Path], photos: Path, names: Sequence[str], cache: Path
) -> Tensor | None:
    """Scene vectors [photos, WINDOWS, 512] of windows of dialogues; None without files."""
    if not files:
        return None
    texts = talk_texts(files, photos, names)
    reader = StarterEncoder.load(encoder, compiled=True)
    file = cache / f"talk.{fingerprint_of(reader.text_fingerprint, texts)}.safetensors"
    kept = read_kept(file)
    if kept is None:
        kept = {"vectors": torch.from_numpy(reader.scenes(texts))}
        keep(file, kept)
    return kept["vectors"].unflatten(0, (-1, WINDOWS))


def make_image(
    data: Path,
    encoder: Path,
    out: Path,
    cache: Path,
    recipe: ImageRecipe,
    dialogues: Sequence[Path] = (),
) -> dict[str, float]:
    """Train, assemble, write the encoder folder; returns the figures on dev.

    Args:
        data: photos and captions.
        encoder: folder whose text side stays as it is. Its image side becomes an earlier one:
            libraries that it made go on being searched (:func:`retrieval.encoders.base.searches`).
        out: the encoder folder to write.
        cache: keeps what the networks made of photos and texts.
        recipe: settings.
        dialogues: files of them.
    """
    before = read_manifest(encoder)
    image_base, text_base = load_image_base(), load_text_base()
    text_head = read_text_head(read_weights(encoder / WEIGHTS_NAME))
    scene_base, changes = read_scene_base(encoder, text_base)
    train, dev = (read_captions(data / f"captions.{split}.jsonl") for split in ("train", "dev"))
    said = [caption for photo in train.values() for caption in photo]
    with torch.inference_mode():
        states = caption_states(scene_base or text_base, "train", said, cache)
        texts = embed_captions(text_head, states, scene_only=True).unflatten(0, (-1, CAPTIONS))
    views = photo_views(image_base, data / "train", list(train), cache)
    talk = talk_vectors(encoder, dialogues, data / "train", list(train), cache)

    def report(epoch: int, loss: float, _head: ImageHead) -> None:
        log.info("epoch %d: loss %.3f", epoch, loss)

    # Numbers made in inference mode cannot take part in a training; their copy can.
    texts = texts.clone()
    seeds = range(recipe.seed, recipe.seed + recipe.members)
    image_head = joined(
        [fit_image(views, texts, replace(recipe, seed=seed), report, talk) for seed in seeds]
    )
    image_head.class_vectors.copy_(class_vectors(text_base, read_class_names())[0])
    networks = Networks(image_base, text_base, image_head, text_head, scene_base, changes)
    reference = background(image_head, views[0], class_probabilities(image_base, views[0]))
    StarterEncoder(networks, reference).save(out)
    written = StarterEncoder.load(out)
    features = photo_features(image_base, data / "dev", list(dev), 0, cache)
    with torch.inference_mode():
        photos = written.image_head(features, class_probabilities(image_base, features))
    asked = [caption for photo in dev.values() for caption in photo]
    figures = recall(photos, torch.from_numpy(written.encode_texts(asked)))
    log.info("dev, as written: %s", figures)
    written.save(
        out,
        extra={**before.extra, "image": vars(recipe), "flickr8k dev": figures},
        earlier=(before.fingerprint, *before.earlier),
    )
    return figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="whose text side stays")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for embedded photos")
    parser.add_argument("--dialogues", type=Path, nargs="*", default=())
    parser.add_argument("--seed", type=int, default=ImageRecipe.seed)
    parser.add_argument("--epochs", type=int, default=ImageRecipe.epochs)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = ImageRecipe(seed=arguments.seed, epochs=arguments.epochs)
    make_image(
        arguments.data,
        arguments.encoder,
        arguments.out,
        arguments.cache,
        recipe,
        arguments.dialogues,
    )


if __name__ == "__main__":
    main()
