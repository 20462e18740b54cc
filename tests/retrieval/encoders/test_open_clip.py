"""Checkpoints in OpenCLIP's layout give the vectors of the same network in transformers' layout."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.encoders.clip import ClipEncoder
from retrieval.errors import EncoderFolderInvalid
from tests.support.tiny_checkpoints import make_open_clip

TEXTS = ["a cat on a red chair", "Two dogs run along the sandy beach"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("open_clip")
    return make_open_clip(root / "open", twin=root / "twin")


def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0)
    return [
        Image.fromarray(noise.integers(0, 255, (height, 50, 3), dtype=np.uint8))
        for height in (40, 64)
    ]


def test_the_vectors_are_those_of_the_same_weights_in_the_other_layout(folder: Path) -> None:
    twin = ClipEncoder.load(folder.with_name("twin"), dtype="float32")
    ours = ClipEncoder.load(folder, dtype="float32")
    assert np.allclose(ours.encode_images(pictures()), twin.encode_images(pictures()), atol=1e-6)
    assert np.allclose(ours.encode_texts(TEXTS), twin.encode_texts(TEXTS), atol=1e-6)
    assert ours.fingerprint == twin.fingerprint


def test_it_is_saved_as_a_whole_encoder_folder(folder: Path, tmp_path: Path) -> None:
    encoder = ClipEncoder.load(folder, dtype="float32")
    encoder.save(tmp_path / "saved")
    again = ClipEncoder.load(tmp_path / "saved", dtype="float32")
    assert again.fingerprint == encoder.fingerprint
    assert np.allclose(again.encode_texts(TEXTS), encoder.encode_texts(TEXTS), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vision_cfg": {"timm_model_name": "vit_base_patch16_siglip_256"}}, "of another kind"),
        ({"vision_cfg": {"layers": [3, 4, 6, 3], "width": 64}}, "ResNet"),
        ({"text_cfg": {"hf_model_name": "roberta-base"}}, "of another kind"),
        ({"embed_dim": "many"}, "not understood"),
        ({"embed_dim": 48}, "weights cannot be loaded"),
    ],
)
def test_what_is_no_plain_clip_is_refused_in_one_line(
    folder: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "open_clip_config.json"
    settings = json.loads(path.read_text())
    for name, value in change.items():
        if isinstance(value, dict):
            settings["model_cfg"][name] |= value
        else:
            settings["model_cfg"][name] = value
    path.write_text(json.dumps(settings))
    with pytest.raises(EncoderFolderInvalid, match=said):
        ClipEncoder.load(tmp_path)
