"""Preprocessing gives the numbers of transformers' own image processors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from retrieval.encoders.pixels import read_pixels
from retrieval.errors import EncoderFolderInvalid

PROCESSORS = {"clip": CLIPImageProcessorPil, "siglip": SiglipImageProcessorPil}
SETTINGS: dict[str, dict[str, Any]] = {
    "clip": {
        "size": {"shortest_edge": 64},
        "crop_size": {"height": 64, "width": 64},
        "do_center_crop": True,
        "resample": 3,
    },
    "siglip": {"size": {"height": 64, "width": 64}, "resample": 2},
}


def picture(width: int, height: int) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 9, width), np.linspace(0, 7, height))
    waves = np.stack([np.sin(x), np.cos(y), np.sin(x * y)], axis=-1)
    return Image.fromarray(((waves + 1) * 127).astype(np.uint8))


@pytest.mark.parametrize("family", ["clip", "siglip"])
@pytest.mark.parametrize("size", [(64, 64), (200, 100), (101, 333), (640, 481), (20, 30), (1, 1)])
def test_the_same_numbers_as_transformers(
    family: str, size: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(SETTINGS[family]))
    ours = read_pixels(tmp_path, family, 64).batch([picture(*size)])["pixel_values"]
    processor = PROCESSORS[family](**SETTINGS[family])
    theirs = processor([picture(*size)], return_tensors="pt")["pixel_values"]
    assert ours.shape == theirs.shape == (1, 3, 64, 64)
    # One step of 8 bits, because theirs rounds before it crops.
    assert (ours - theirs).abs().max() < 1.01 / 255 / 0.26


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_pictures_of_any_mode_are_taken(mode: str, checkpoints: dict[str, Path]) -> None:
    for name, family in (("clip", "clip"), ("siglip", "siglip"), ("naflex", "siglip2")):
        pixels = read_pixels(checkpoints[name], family, None)
        assert pixels.batch([picture(40, 30).convert(mode)])["pixel_values"].shape[0] == 1


def test_the_processor_that_transformers_5_saves_is_read_too(tmp_path: Path) -> None:
    nested = {"image_processor": SETTINGS["clip"], "processor_class": "CLIPProcessor"}
    (tmp_path / "processor_config.json").write_text(json.dumps(nested))
    assert read_pixels(tmp_path, "clip", 64).side == 64


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (None, "no preprocessor_config"),
        ("{", "cannot be read"),
        ({"size": {"height": 32, "width": 64}, "do_center_crop": False}, "no square"),
        ({"size": {"shortest_edge": 64}, "do_center_crop": False}, "no square"),
        ({**SETTINGS["clip"], "crop_size": 32}, "config.json wants 64 px"),
        ({"size": "large"}, "not understood"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: Any, told: str, tmp_path: Path) -> None:
    if settings is not None:
        text = settings if isinstance(settings, str) else json.dumps(settings)
        (tmp_path / "preprocessor_config.json").write_text(text)
    with pytest.raises(EncoderFolderInvalid, match=told):
        read_pixels(tmp_path, "clip", 64)
