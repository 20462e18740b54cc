"""CLIP checkpoints as OpenCLIP publishes them, read into the CLIP model of transformers.

``open_clip_config.json`` says the shape and the preprocessing, ``open_clip_model.safetensors``
holds the weights under OpenCLIP's names. The two models are the same network; only names differ,
and OpenCLIP keeps query, key and value in one matrix. Checkpoints whose towers are of another kind
(timm's, text towers of the hub's) are refused: transformers has no model for them here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from retrieval.encoders.pixels import Pixels, SquarePixels
from retrieval.encoders.tokens import Tokens, read_tokens
from retrieval.errors import EncoderFolderInvalid

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)
_HEAD_WIDTH = 64
_UNKNOWN_TOWER = (
    *("timm_model_name", "hf_model_name", "attentional_pool", "no_ln_pre", "pos_embed_type"),
    *("ls_init_value", "embed_cls", "no_causal_mask", "final_ln_after_pool", "patch_dropout"),
    *("attn_pooler_heads", "hf_tokenizer_name", "pool_type", "output_tokens"),
)
"""Settings of a tower that make it another network than CLIP's, where they say anything."""
_HARMLESS = {"pool_type": ("tok", "argmax")}

_OUTER = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.ln_pre": "vision_model.pre_layrnorm",
    "visual.ln_post": "vision_model.post_layernorm",
    "visual.proj": "visual_projection.weight",
    "token_embedding": "text_model.embeddings.token_embedding",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final": "text_model.final_layer_norm",
    "text_projection": "text_projection.weight",
    "logit_scale": "logit_scale",
}
_INNER = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj",
}
_TURNED = ("visual.proj", "text_projection")
_BLOCK = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+)$")


def is_open_clip(folder: Path) -> bool:
    """Whether a folder holds an OpenCLIP checkpoint and none of transformers."""
    return (folder / CONFIG).is_file() and not (folder / "config.json").is_file()


def read_open_clip(folder: Path) -> tuple[Any, Tokens, Pixels]:
    """The model as transformers' CLIPModel, its tokens and its preprocessing.

    Raises:
        EncoderFolderInvalid: a file is missing or damaged, or the towers are not CLIP's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import CLIPConfig, CLIPModel

    settings = _settings(folder)
    try:
        model_cfg = settings["model_cfg"]
        _require_plain(folder, model_cfg)
        config: Any = CLIPConfig(**_config(model_cfg))
        pixels = pixels_of(settings.get("preprocess_cfg", {}), config.vision_config.image_size)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EncoderFolderInvalid(
            f"{folder}: its {CONFIG} is not understood: {error!r}"
        ) from error
    text = config.text_config
    tokens = read_tokens(folder, "clip", text.max_position_embeddings, text.vocab_size)
    if not (folder / WEIGHTS).is_file():
        raise EncoderFolderInvalid(f"{folder} lacks {WEIGHTS}; pickles are never read")
    try:
        weights = dict(renamed(load_file(folder / WEIGHTS)))
        model = CLIPModel(config)
        report = model.load_state_dict(weights, strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or ["damaged"])[0]
        raise EncoderFolderInvalid(f"{folder}: its weights cannot be loaded: {first}") from error
    wrong = [*report.missing_keys, *report.unexpected_keys]
    # Counters of positions are made, not stored.
    wrong = [name for name in wrong if not name.endswith("position_ids")]
    if wrong:
        raise EncoderFolderInvalid(f"{folder}: its weights are not those of a CLIP: {wrong[0]}")
    return model, tokens, pixels


def renamed(weights: Mapping[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    """OpenCLIP's weights under the names of transformers, in full precision."""
    for name, tensor in weights.items():
        # A model with a text tower of its own kind puts CLIP's text tower below "text".
        plain = name.removeprefix("text.")
        value = tensor.float()
        if block := _BLOCK.match(plain):
            yield from _of_block(bool(block[1]), block[2], block[3], value)
        elif plain in _TURNED:
            yield _OUTER[plain], value.T.contiguous()
        elif plain != "attn_mask":
            outer, _, last = plain.rpartition(".")
            known = _OUTER.get(plain)
            yield known or f"{_OUTER.get(outer, outer)}.{last}", value


def _of_block(
    visual: bool, number: str, name: str, value: torch.Tensor
) -> Iterator[tuple[str, torch.Tensor]]:
    tower = "vision_model" if visual else "text_model"
    layer = f"{tower}.encoder.layers.{number}"
    if name.startswith("attn.in_proj_"):
        kind = name.removeprefix("attn.in_proj_")
        for part, piece in zip("qkv", value.chunk(3), strict=True):
            yield f"{layer}.self_attn.{part}_proj.{kind}", piece.contiguous()
        return
    inner, _, kind = name.rpartition(".")
    yield f"{layer}.{_INNER.get(inner, inner)}.{kind}", value


def write_preprocessor(pixels: Pixels, folder: Path) -> None:
    """Write a ``preprocessor_config.json``, for a model that is saved in transformers' layout."""
    if not isinstance(pixels, SquarePixels):
        return
    squeezed = pixels.shortest_edge is None
    side = {"height": pixels.side, "width": pixels.side}
    settings = {
        "size": side if squeezed else {"shortest_edge": pixels.shortest_edge},
        "do_center_crop": not squeezed,
        "crop_size": side,
        "image_mean": list(pixels.mean),
        "image_std": list(pixels.std),
        "resample": pixels.resample,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings, indent=2))


def _settings(folder: Path) -> dict[str, Any]:
    try:
        settings = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderFolderInvalid(f"{folder}: its {CONFIG} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise EncoderFolderInvalid(f"{folder}: its {CONFIG} is not a JSON object")
    return settings


def _require_plain(folder: Path, model_cfg: Mapping[str, Any]) -> None:
    towers = (model_cfg["vision_cfg"], model_cfg["text_cfg"])
    for tower in towers:
        for name in _UNKNOWN_TOWER:
            value = tower.get(name)
            if value and value not in _HARMLESS.get(name, ()):
                raise EncoderFolderInvalid(
                    f"{folder} is an OpenCLIP model with towers of another kind ({name}: {value}): "
                    "choose a plain CLIP, or the model in the layout of transformers"
                )
    if not isinstance(towers[0].get("layers", 12), int):
        raise EncoderFolderInvalid(f"{folder} is an OpenCLIP ResNet: choose a ViT")


def _config(model_cfg: Mapping[str, Any]) -> dict[str, Any]:
    act = "quick_gelu" if model_cfg.get("quick_gelu") else "gelu"
    vision, text = model_cfg["vision_cfg"], model_cfg["text_cfg"]
    width = int(vision.get("width", 768))
    side = vision.get("image_size", 224)
    if isinstance(side, list | tuple):
        if len(set(side)) != 1:
            raise ValueError(f"image_size {side} is no square")
        side = side[0]
    text_width = int(text.get("width", 512))
    return {
        "projection_dim": int(model_cfg["embed_dim"]),
        "vision_config": {
            "hidden_size": width,
            "intermediate_size": int(width * float(vision.get("mlp_ratio", 4.0))),
            "num_hidden_layers": int(vision.get("layers", 12)),
            "num_attention_heads": width // int(vision.get("head_width", _HEAD_WIDTH)),
            "image_size": int(side),
            "patch_size": int(vision.get("patch_size", 16)),
            "hidden_act": act,
        },
        "text_config": {
            "hidden_size": text_width,
            "intermediate_size": int(text_width * float(text.get("mlp_ratio", 4.0))),
            "num_hidden_layers": int(text.get("layers", 12)),
            "num_attention_heads": int(text.get("heads", 8)),
            "max_position_embeddings": int(text.get("context_length", 77)),
            "vocab_size": int(text.get("vocab_size", 49408)),
            "hidden_act": act,
            # This number means: the greatest number ends the text, as OpenCLIP takes it.
            "eos_token_id": 2,
        },
    }


def pixels_of(preprocess: Mapping[str, Any], side: int) -> SquarePixels:
    """OpenCLIP's preprocessing.

    Args:
        preprocess: its ``preprocess_cfg``; what is missing is CLIP's.
        side: of the square that the tower sees, in pixels.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it asks for what is not known here.
    """
    ways = {"shortest": side, "squash": None}
    way = preprocess.get("resize_mode") or "shortest"
    if way not in ways:
        raise ValueError(f"resize_mode {way}")
    filters = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    return SquarePixels(
        shortest_edge=ways[way],
        side=side,
        mean=tuple(float(value) for value in preprocess.get("mean") or _MEAN),
        std=tuple(float(value) for value in preprocess.get("std") or _STD),
        resample=int(filters[preprocess.get("interpolation") or "bicubic"]),
    )
