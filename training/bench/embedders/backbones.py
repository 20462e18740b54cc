"""Image networks: timm's by timm's loader, and the one that comes with Photopal."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from retrieval.encoders.folder import fingerprint_of
from retrieval.encoders.pixels import SquarePixels
from retrieval.encoders.starter.layout import FEATURES, IMAGE_SIDE
from retrieval.encoders.starter.packages import IMAGE_WEIGHTS_SHA256
from retrieval.errors import EncoderUnavailable
from training.bench.embedders.checkpoints import (
    find_checkpoint,
    loading_errors,
    local_path,
)
from training.bench.embedders.networks import ImageNetwork, count_weights
from training.bench.embedders.torchvision_import import import_without_torchvision

SHIPPED = ("efficientnet-lite1", "starter")
"""Names of the image network that comes with Photopal."""

_PICTURES_TOGETHER = 4
"""By EfficientNet-Lite1: its maps stay in the processor's caches, which is half as fast again."""


class TimmBackbone:
    """A model of timm without its classifier: the features that it would classify by."""

    def __init__(self, model: Any, pixels: SquarePixels, device: torch.device) -> None:
        """Use :func:`find_backbone`."""
        self._model = model.to(device).eval()
        self._pixels = pixels
        self._device = device
        self.side = pixels.side
        # Some families classify by another vector than their last feature map.
        self.image_dim = int(self.image_vectors([Image.new("RGB", (1, 1))]).shape[1])

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, image_dim]."""
        pixels = self._pixels.batch(images)["pixel_values"].to(self._device)
        with torch.inference_mode():
            return self._model(pixels).float().cpu().numpy()

    def count_parameters(self) -> int:
        """Numbers that make up the network without its classifier."""
        return count_weights(self._model)


class StarterBackbone:
    """EfficientNet-Lite1's pooled features, which the starter's heads read."""

    image_dim = FEATURES
    side = IMAGE_SIDE

    def __init__(self) -> None:
        """Load it from its package."""
        from retrieval.encoders.starter.bases import load_image_base

        self._base = load_image_base()

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, 1280]: means over the last feature maps."""
        from retrieval.encoders.starter.bases import pixels_of

        with torch.inference_mode():
            parts = [
                self._base(pixels_of(images[start : start + _PICTURES_TOGETHER]))[:, :FEATURES]
                for start in range(0, len(images), _PICTURES_TOGETHER)
            ]
            return torch.cat(parts).numpy()

    def count_parameters(self) -> int:
        """Numbers that make up the network without its classifier."""
        return count_weights(self._base) - count_weights(self._base.network._fc)


def find_backbone(
    name: str, root: Path | None, device: torch.device
) -> tuple[str, Callable[[], ImageNetwork]]:
    """The fingerprint of an image network, and what loads it.

    Args:
        name: of :data:`SHIPPED`, of timm (the tag after the dot names the weights), a folder with
            timm's ``config.json``, or a hub name.
        root: that a relative folder is looked for in.
        device: that computes.

    Raises:
        NeedsHub, EncoderUnavailable, EncoderFolderInvalid: there is no such model, none within
            reach, or its weights are not safetensors.
    """
    if name in SHIPPED:
        return fingerprint_of("efficientnet-lite1", IMAGE_WEIGHTS_SHA256), StarterBackbone
    is_of_timm = not set(name) & set("/\\") and local_path(name, root) is None
    checkpoint = find_checkpoint(_repository(name) if is_of_timm else name, root)
    return checkpoint.fingerprint, lambda: _load(name, checkpoint.folder, device)


def _load(name: str, folder: Path, device: torch.device) -> TimmBackbone:
    timm = _timm()
    with loading_errors(name):
        # Without classes there is no classifier, and features are what comes out.
        model = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=0)
        return TimmBackbone(model, _pixels(timm.data.resolve_model_data_config(model)), device)


def _pixels(settings: Mapping[str, Any]) -> SquarePixels:
    """timm's preprocessing for evaluation.

    The shorter edge becomes ``side / crop_pct`` and the middle is cut out (``center``); or the
    picture is squeezed to the square (``squash``).

    Raises:
        ValueError: it asks for what is not known here.
    """
    _, height, width = settings["input_size"]
    mode, share = settings["crop_mode"], settings["crop_pct"]
    if height != width:
        raise ValueError(f"it sees {height} x {width} pixels, which is no square")
    if mode not in ("center", "squash") or (mode == "squash" and share != 1):
        raise ValueError(f"its crop_mode {mode} with crop_pct {share} is not known here")
    return SquarePixels(
        shortest_edge=int(height / share) if mode == "center" else None,
        side=int(height),
        mean=tuple(map(float, settings["mean"])),
        std=tuple(map(float, settings["std"])),
        resample=int(Image.Resampling[str(settings["interpolation"]).upper()]),
    )


def _repository(name: str) -> str:
    """The hub's repository of a name of timm's."""
    timm = _timm()
    try:
        settings = timm.get_pretrained_cfg(name)
    except RuntimeError:
        settings = None
    if settings is None or not settings.hf_hub_id:
        near = timm.list_models(f"*{name.partition('.')[0]}*", pretrained=True)[:3]
        meant = f": {', '.join(near)}?" if near else ""
        raise EncoderUnavailable(f"timm has no weights of the name {name!r}{meant}")
    return str(settings.hf_hub_id)


def _timm() -> Any:
    try:
        return import_without_torchvision("timm", "timm.data")[0]
    except ImportError as error:
        raise EncoderUnavailable(
            f"image networks of timm need the package {error.name or 'timm'}: "
            "pip install 'photopal[bench]'"
        ) from error
