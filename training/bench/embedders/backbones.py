"""Image networks: timm's by timm's loader, and the one that comes with Photopal."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from retrieval.encoders.folder import fingerprint_of
from retrieval.encoders.starter.layout import FEATURES, IMAGE_SIDE
from retrieval.encoders.starter.packages import IMAGE_WEIGHTS_SHA256
from retrieval.errors import EncoderUnavailable
from training.bench.embedders.checkpoints import (
    find_checkpoint,
    loading_errors,
    local_path,
    reads_as_hub_name,
)
from training.bench.embedders.networks import ImageNetwork, count_weights
from training.bench.embedders.torchvision_import import import_torchvision

SHIPPED = ("efficientnet-lite1", "starter")
"""Names of the image network that comes with Photopal."""


class TimmBackbone:
    """A model of timm without its classifier: the features that it would classify by."""

    def __init__(self, model: Any, preprocess: Any, side: int, device: torch.device) -> None:
        """Use :func:`find_backbone`."""
        self._model = model.to(device).eval()
        self._preprocess = preprocess
        self._device = device
        self.image_dim = int(model.num_features)
        self.side = side

    def image_vectors(self, images: Sequence[Image.Image]) -> Any:
        """Array [n, image_dim]."""
        pixels = torch.stack([self._preprocess(image) for image in images]).to(self._device)
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
            return self._base(pixels_of(images))[:, :FEATURES].numpy()

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
    known = reads_as_hub_name(name) or local_path(name, root) is not None
    checkpoint = find_checkpoint(name if known else _repository(name), root)
    return checkpoint.fingerprint, lambda: _load(name, checkpoint.folder, device)


def _load(name: str, folder: Path, device: torch.device) -> TimmBackbone:
    timm = _timm()
    with loading_errors(name):
        # Without classes there is no classifier, and features are what comes out.
        model = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=0)
        settings = timm.data.resolve_model_data_config(model)
        preprocess = timm.data.create_transform(**settings, is_training=False)
        return TimmBackbone(model, preprocess, int(max(settings["input_size"][1:])), device)


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
        import_torchvision()
        import timm
        import timm.data
    except ImportError as error:
        raise EncoderUnavailable(
            f"image networks of timm need the package of {error.name}: "
            "pip install 'photopal[bench]'"
        ) from error
    return timm
