"""OpenCLIP's models by OpenCLIP's loader: ResNets, ViTs and towers of other kinds."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from retrieval.encoders.folder import fingerprint_of, hash_files
from retrieval.encoders.open_clip import pixels_of
from retrieval.encoders.pixels import SquarePixels
from retrieval.errors import EncoderFolderInvalid, EncoderUnavailable
from training.bench.embedders.checkpoints import (
    find_checkpoint,
    loading_errors,
    local_path,
)
from training.bench.embedders.networks import count_weights
from training.bench.embedders.specs import OpenClipSpec
from training.bench.embedders.torchvision_import import import_without_torchvision

_CONFIG = "open_clip_config.json"
_FOLDER = "local-dir:"


class OpenClipTowers:
    """A CLIP of open_clip, with its own tokens."""

    def __init__(
        self, model: Any, pixels: SquarePixels, tokenize: Any, device: torch.device
    ) -> None:
        """Use :func:`find_open_clip`."""
        self._model = model.to(device).eval()
        self._pixels = pixels
        self._tokenize = tokenize
        self._device = device
        self.side = pixels.side
        self.image_dim = self.text_dim = int(self.text_vectors(["a photo"]).shape[1])

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, dim]."""
        pixels = self._pixels.batch(images)["pixel_values"].to(self._device)
        with torch.inference_mode():
            return self._model.encode_image(pixels).float().cpu().numpy()

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Array [n, dim]; what is beyond the tower's length is cut, as open_clip does."""
        with torch.inference_mode():
            numbers = self._tokenize(list(texts)).to(self._device)
            return self._model.encode_text(numbers).float().cpu().numpy()

    def count_parameters(self) -> int:
        """Numbers that make up both towers."""
        return count_weights(self._model)


def find_open_clip(
    spec: OpenClipSpec, root: Path | None, device: torch.device
) -> tuple[str, Callable[[], OpenClipTowers]]:
    """The fingerprint of a model, and what loads it.

    Raises:
        NeedsHub, EncoderUnavailable, EncoderFolderInvalid: there is no such model, none within
            reach, or its weights are not safetensors.
    """
    if _is_architecture(spec.name, root):
        if spec.pretrained is None:
            raise EncoderUnavailable(
                f"{spec.name} is an architecture of open_clip without weights: add pretrained, "
                f"{_tags(spec.name)} or a .safetensors file"
            )
        file = local_path(spec.pretrained, root)
        if file is not None and file.is_file():
            return _of_file(spec, file, device)
    elif spec.pretrained is not None:
        raise EncoderUnavailable(
            f"pretrained belongs to an architecture of open_clip; {spec.name} is a model"
        )
    repo = spec.name if spec.pretrained is None else _repository(spec.name, spec.pretrained)
    checkpoint = find_checkpoint(repo, root, layout="open_clip")
    if not (checkpoint.folder / _CONFIG).is_file():
        raise EncoderFolderInvalid(f"{repo} is no model of open_clip: it has no {_CONFIG}")
    return checkpoint.fingerprint, lambda: _load(
        checkpoint.name, f"{_FOLDER}{checkpoint.folder}", device
    )


def _of_file(
    spec: OpenClipSpec, file: Path, device: torch.device
) -> tuple[str, Callable[[], OpenClipTowers]]:
    if file.suffix != ".safetensors":
        raise EncoderFolderInvalid(
            f"{file} is no .safetensors file, and nothing else is read: convert it"
        )
    settings = {"pretrained": str(file), "force_quick_gelu": spec.quick_gelu}
    fingerprint = fingerprint_of("open_clip", spec.name, spec.quick_gelu, hash_files([file]))
    return fingerprint, lambda: _load(str(file), spec.name, device, **settings)


def _load(name: str, model_name: str, device: torch.device, **settings: Any) -> OpenClipTowers:
    open_clip = _open_clip()
    with loading_errors(name):
        model = open_clip.create_model(model_name, require_pretrained=True, **settings)
        preprocess = open_clip.get_model_preprocess_cfg(model)
        size = preprocess["size"]
        side = {size} if isinstance(size, int) else set(size)
        if len(side) != 1:
            raise ValueError(f"it sees {size} pixels, which is no square")
        pixels = pixels_of(preprocess, side.pop())
        return OpenClipTowers(model, pixels, open_clip.get_tokenizer(model_name), device)


def _is_architecture(name: str, root: Path | None) -> bool:
    if "/" in name or local_path(name, root) is not None:
        return False
    known = _open_clip().list_models()
    if name in known:
        return True
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ": such as RN50, ViT-B-32 or ViT-L-14"
    raise EncoderUnavailable(f"open_clip has no architecture {name!r}{meant}")


def _repository(name: str, tag: str) -> str:
    """The hub's repository of an architecture's published weights."""
    settings = _open_clip().get_pretrained_cfg(name, tag)
    if not settings or not settings.get("hf_hub"):
        raise EncoderUnavailable(
            f"{name} has no weights {tag!r} in open_clip: choose {_tags(name)}, or a .safetensors "
            "file that is there"
        )
    owner, model = settings["hf_hub"].split("/")[:2]
    return f"{owner}/{model}"


def _tags(name: str) -> str:
    return ", ".join(_open_clip().list_pretrained_tags_by_model(name)) or "no tag"


def _open_clip() -> Any:
    try:
        return import_without_torchvision("open_clip")[0]
    except ImportError as error:
        raise EncoderUnavailable(
            f"models of open_clip need the package {error.name or 'open_clip_torch'}: "
            "pip install 'photopal[bench]'"
        ) from error
