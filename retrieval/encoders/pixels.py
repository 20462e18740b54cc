"""From pictures to what a CLIP or SigLIP image tower takes in, as the checkpoint's files say.

The two usual ways (shortest side and centre crop; plain resize to a square) are done here with
Pillow and numpy: no torchvision, and the same numbers with every version of transformers, so that
a fingerprint stays. NaFlex checkpoints, which keep a picture's proportions, use transformers' own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from retrieval.errors import EncoderFolderInvalid

_DEFAULTS: dict[str, dict[str, Any]] = {
    "clip": {
        "size": {"shortest_edge": 224},
        "do_center_crop": True,
        "crop_size": {"height": 224, "width": 224},
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    },
    "siglip": {
        "size": {"height": 224, "width": 224},
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    },
}


class Pixels(Protocol):
    """Turns pictures into an image tower's input."""

    @property
    def side(self) -> int:
        """Side in pixels of the square that the tower sees, about that for NaFlex."""
        ...

    def batch(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        """The tower's keyword arguments for RGB pictures."""
        ...

    def describe(self) -> dict[str, Any]:
        """All that the result depends on, JSON-able; part of the encoder's fingerprint."""
        ...


@dataclass(frozen=True)
class SquarePixels:
    """Fixed-size input: resize, crop to the centre when asked, standardise.

    Attributes:
        shortest_edge: length that the shorter side gets; None squeezes both sides to ``side``.
        side: side of the square that the tower sees.
        mean: subtracted from each colour (0 to 1).
        std: divides each colour.
        resample: Pillow's number of the resampling filter.
    """

    shortest_edge: int | None
    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resample: int = int(Image.Resampling.BICUBIC)

    def batch(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        """The pictures as one standardised tensor [n, 3, side, side]."""
        scale = np.asarray([1 / (255 * std) for std in self.std], dtype=np.float32)
        shift = np.asarray(self.mean, dtype=np.float32) / np.asarray(self.std, dtype=np.float32)
        pixels = np.stack([self._square(image) for image in images]) * scale - shift
        return {"pixel_values": torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()}

    def describe(self) -> dict[str, Any]:
        """The attributes, and the name of this way."""
        return {"way": "square", **asdict(self)}

    def _square(self, image: Image.Image) -> NDArray[np.uint8]:
        picture = image if image.mode == "RGB" else image.convert("RGB")
        resample = Image.Resampling(self.resample)
        if self.shortest_edge is None:
            return np.asarray(picture.resize((self.side, self.side), resample), dtype=np.uint8)
        width, height = _shortest_edge_to(picture.size, self.shortest_edge)
        # Only the crop is resampled: the strips of a panorama that fall off cost nothing.
        left, top = (width - self.side) // 2, (height - self.side) // 2
        if left < 0 or top < 0:
            whole = picture.resize((width, height), resample)
            return np.asarray(
                whole.crop((left, top, left + self.side, top + self.side)), dtype=np.uint8
            )
        across, down = picture.width / width, picture.height / height
        box = (
            left * across,
            top * down,
            (left + self.side) * across,
            (top + self.side) * down,
        )
        return np.asarray(picture.resize((self.side, self.side), resample, box=box), dtype=np.uint8)


def _shortest_edge_to(size: tuple[int, int], edge: int) -> tuple[int, int]:
    width, height = size
    if width <= height:
        return edge, max(edge, int(edge * height / width))
    return max(edge, int(edge * width / height)), edge


class NaFlexPixels:
    """Input of any proportions, cut into at most so many patches (SigLIP 2 NaFlex)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Settings of a checkpoint's ``preprocessor_config.json``."""
        from transformers.models.siglip2.image_processing_pil_siglip2 import (
            Siglip2ImageProcessorPil,
        )

        self._patch_size = int(settings.get("patch_size", 16))
        self._max_patches = int(settings.get("max_num_patches", 256))
        self._processor = Siglip2ImageProcessorPil(
            patch_size=self._patch_size,
            max_num_patches=self._max_patches,
            image_mean=list(settings.get("image_mean", (0.5, 0.5, 0.5))),
            image_std=list(settings.get("image_std", (0.5, 0.5, 0.5))),
        )

    @property
    def side(self) -> int:
        """Side of a square picture that fills all the patches."""
        return round(self._max_patches**0.5 * self._patch_size)

    def batch(self, images: Sequence[Image.Image]) -> dict[str, torch.Tensor]:
        """Patches, their mask, and how many of them each picture has down and across."""
        rgb = [image.convert("RGB") for image in images]
        return dict(self._processor(rgb, return_tensors="pt"))

    def describe(self) -> dict[str, Any]:
        """Patch size and number, mean and deviation."""
        return {
            "way": "naflex",
            "patch_size": self._patch_size,
            "max_num_patches": self._max_patches,
            "mean": list(self._processor.image_mean),
            "std": list(self._processor.image_std),
        }


def read_pixels(folder: Path, family: str, image_size: int | None) -> Pixels:
    """The way of a checkpoint folder, from its ``preprocessor_config.json``.

    Args:
        folder: the checkpoint.
        family: ``clip``, ``siglip`` or ``siglip2`` (NaFlex).
        image_size: side that the tower's configuration demands, None when it takes any.

    Raises:
        EncoderFolderInvalid: the file cannot be read or asks for what is not known here.
    """
    settings = _settings(folder)
    if family == "siglip2":
        return NaFlexPixels(settings)
    merged = {**_DEFAULTS[family], **{k: v for k, v in settings.items() if v is not None}}
    try:
        square = _square_pixels(merged)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EncoderFolderInvalid(
            f"{folder}: its preprocessor_config.json is not understood: {error!r}"
        ) from error
    if image_size is not None and square.side != image_size:
        raise EncoderFolderInvalid(
            f"{folder}: preprocessor_config.json makes {square.side} px squares, "
            f"config.json wants {image_size} px"
        )
    return square


def _settings(folder: Path) -> dict[str, Any]:
    # transformers 5 saves a whole processor into processor_config.json, hub repositories have
    # preprocessor_config.json.
    for name in ("preprocessor_config.json", "processor_config.json"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EncoderFolderInvalid(f"{path} cannot be read: {error}") from error
        settings = raw.get("image_processor", raw) if isinstance(raw, dict) else None
        if isinstance(settings, dict):
            return settings
    raise EncoderFolderInvalid(f"{folder} has no preprocessor_config.json")


def _square_pixels(settings: Mapping[str, Any]) -> SquarePixels:
    size = settings["size"]
    if isinstance(size, int):
        # Old CLIP checkpoints give the shortest side as a number.
        size = {"shortest_edge": size} if settings.get("do_center_crop") else _square_of(size)
    shortest = size.get("shortest_edge")
    if shortest is None and size["height"] != size["width"]:
        raise ValueError(f"size {size} is no square")
    side = shortest if shortest is not None else size["height"]
    if settings.get("do_center_crop"):
        crop = settings["crop_size"]
        crop = _square_of(crop) if isinstance(crop, int) else crop
        if crop["height"] != crop["width"]:
            raise ValueError(f"crop_size {crop} is no square")
        if shortest is None and crop["height"] != side:
            raise ValueError(f"a crop to {crop} of a picture squeezed to {size}")
        side = crop["height"]
    elif shortest is not None:
        raise ValueError("shortest_edge without a centre crop gives no square")
    return SquarePixels(
        shortest_edge=None if shortest is None else int(shortest),
        side=int(side),
        mean=tuple(float(value) for value in settings["image_mean"]),
        std=tuple(float(value) for value in settings["image_std"]),
        resample=int(settings.get("resample", Image.Resampling.BICUBIC)),
    )


def _square_of(side: int) -> dict[str, int]:
    return {"height": side, "width": side}
