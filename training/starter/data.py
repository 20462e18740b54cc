"""The starter's training data, embedded once by its two frozen networks and cached."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from retrieval.encoders.folder import fingerprint_of, hash_tensors
from retrieval.encoders.starter.bases import ImageBase, TextBase, pixels_of
from retrieval.encoders.starter.layout import IMAGE_SIDE, PHOTO_FEATURES
from retrieval.encoders.starter.packages import IMAGE_WEIGHTS_SHA256
from training.encoders.augmentations import augmented
from training.encoders.token_states import PackedStates, token_states

CAPTIONS = 5
VIEWS = 4
"""The photo, its mirror image, and two random crops."""

_BATCH = 32


def read_captions(file: Path) -> dict[str, list[str]]:
    """Captions by photo of a JSONL file of ``{"photo", "captions"}``."""
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return {row["photo"]: row["captions"][:CAPTIONS] for row in rows}


def photo_features(
    base: ImageBase, folder: Path, names: Sequence[str], view: int, cache: Path
) -> Tensor:
    """Features [n, 4864] of one view of photos, from the cache when it has them."""
    made_by = f"{IMAGE_WEIGHTS_SHA256[:8]}.{PHOTO_FEATURES}"
    file = cache / f"{folder.name}.{made_by}.view{view}.safetensors"
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


def photo_views(base: ImageBase, folder: Path, names: Sequence[str], cache: Path) -> list[Tensor]:
    """:func:`photo_features` of each of the ``VIEWS`` views of photos."""
    return [photo_features(base, folder, names, view, cache) for view in range(VIEWS)]


def caption_states(base: TextBase, name: str, captions: Sequence[str], cache: Path) -> PackedStates:
    """Token states of captions, from the cache when it has them of this very network."""
    digest = fingerprint_of(hash_tensors(base.network.state_dict()), captions)
    file = cache / f"{name}.{digest}.texts.safetensors"
    if file.exists():
        tensors = load_file(file)
        return PackedStates(tensors["states"], tensors["starts"])
    cached = token_states(base, captions)
    cache.mkdir(parents=True, exist_ok=True)
    save_file({"states": cached.states, "starts": cached.starts}, file)
    return cached


def class_probabilities(base: ImageBase, features: Tensor) -> Tensor:
    """ImageNet class probabilities [n, 1000] of features [n, 4864]."""
    with torch.inference_mode():
        return base.probabilities(features)


def _views(folder: Path, names: Sequence[str], view: int) -> Iterator[list[Image.Image]]:
    for start in range(0, len(names), _BATCH):
        batch = []
        for name in names[start : start + _BATCH]:
            with Image.open(folder / name) as photo:
                batch.append(augmented(photo.convert("RGB"), view, name, side=IMAGE_SIDE))
        yield batch
