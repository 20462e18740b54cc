"""What the starter encoder is trained on, embedded once by the two frozen networks and cached."""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from retrieval.encoders.starter.bases import (
    IMAGE_SIDE,
    STATE_DIM,
    ImageBase,
    TextBase,
    pixels_of,
)

CAPTIONS = 5
VIEWS = 4
"""The photo, its mirror image, and two random crops."""

_BATCH = 32


@dataclass(frozen=True)
class Captions:
    """Token states of texts, end to end; of captions ``CAPTIONS`` for every photo, in order.

    Attributes:
        states: [tokens of all captions, 384], float16.
        starts: place of each caption's first token [captions + 1].
    """

    states: Tensor
    starts: Tensor

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Token states [n, tokens, 384] and which are there [n, tokens] of some captions."""
        lengths = self.starts[places + 1] - self.starts[places]
        steps = torch.arange(int(lengths.max()))[None]
        present = steps < lengths[:, None]
        positions = torch.where(present, self.starts[places][:, None] + steps, 0)
        return self.states[positions].float(), present


def read_captions(file: Path) -> dict[str, list[str]]:
    """Captions by photo of a JSONL file of ``{"photo", "captions"}``."""
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return {row["photo"]: row["captions"][:CAPTIONS] for row in rows}


def photo_features(
    base: ImageBase, folder: Path, names: Sequence[str], view: int, cache: Path
) -> Tensor:
    """Pooled features [n, 2560] of one view of photos, from the cache when it has them."""
    file = cache / f"{folder.name}.view{view}.safetensors"
    if file.exists():
        return load_file(file)["features"]
    parts = []
    with ThreadPoolExecutor(1) as reader, torch.inference_mode():
        for pixels in reader.map(pixels_of, _views(folder, names, view)):
            with torch.autocast("cpu", torch.bfloat16):
                parts.append(base(pixels))
    features = torch.cat(parts)
    cache.mkdir(parents=True, exist_ok=True)
    save_file({"features": features}, file)
    return features


def caption_states(base: TextBase, name: str, captions: Sequence[str], cache: Path) -> Captions:
    """Token states of captions, from the cache when it has them."""
    digest = hashlib.blake2b("\n".join(captions).encode(), digest_size=8).hexdigest()
    file = cache / f"{name}.{digest}.texts.safetensors"
    if file.exists():
        tensors = load_file(file)
        return Captions(tensors["states"], tensors["starts"])
    cached = token_states(base, captions)
    cache.mkdir(parents=True, exist_ok=True)
    save_file({"states": cached.states, "starts": cached.starts}, file)
    return cached


@torch.no_grad()
def token_states(base: TextBase, texts: Sequence[str]) -> Captions:
    """Token states of texts, computed."""
    # Texts of like length go together: padding costs as much as words.
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    none = torch.zeros(0, STATE_DIM, dtype=torch.half)
    states: list[Tensor] = [none] * len(texts)
    for start in range(0, len(order), 4 * _BATCH):
        places = order[start : start + 4 * _BATCH]
        batch, present = base.states([texts[place] for place in places])
        for row, place in enumerate(places):
            states[place] = batch[row, present[row]].half()
    lengths = torch.tensor([0] + [len(state) for state in states])
    return Captions(torch.cat([none, *states]), lengths.cumsum(0))


def class_probabilities(base: ImageBase, features: Tensor) -> Tensor:
    """ImageNet class probabilities [n, 1000] of pooled features [n, 2560]."""
    with torch.inference_mode():
        return base.probabilities(features)


def _views(folder: Path, names: Sequence[str], view: int) -> Iterator[list[Image.Image]]:
    for start in range(0, len(names), _BATCH):
        batch = []
        for name in names[start : start + _BATCH]:
            with Image.open(folder / name) as photo:
                batch.append(_view(photo.convert("RGB"), view, name))
        yield batch


def _view(photo: Image.Image, view: int, name: str) -> Image.Image:
    if view == 0:
        return photo
    if view == 1:
        return photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    # Seeded by the photo's name: the cache is the same whoever makes it.
    chance = random.Random(f"{name} {view}")
    share, stretch = chance.uniform(0.6, 1.0) ** 0.5, chance.uniform(0.85, 1.18)
    width = min(photo.width, photo.width * share * stretch)
    height = min(photo.height, photo.height * share / stretch)
    left, top = chance.uniform(0, photo.width - width), chance.uniform(0, photo.height - height)
    side = (IMAGE_SIDE, IMAGE_SIDE)
    box = (left, top, left + width, top + height)
    crop = photo.resize(side, Image.Resampling.BICUBIC, box=box)
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.random() < 0.5 else crop
