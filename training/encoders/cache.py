"""Files that keep what is slow to compute; nothing is lost but time when they are not there."""

import logging
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from retrieval.files import replacing

log = logging.getLogger(__name__)


def read_kept(file: Path | None) -> dict[str, Tensor] | None:
    """What a file keeps; None when it is not there, or damaged."""
    if file is None or not file.is_file():
        return None
    try:
        return load_file(file)
    except (OSError, SafetensorError):
        log.warning("%s is damaged and is made again", file)
        return None


def keep(file: Path | None, tensors: Mapping[str, Tensor]) -> None:
    """Write a file whole or not at all; a full disk is no reason to stop a training."""
    if file is None:
        return
    try:
        with replacing(file) as temporary:
            save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, temporary)
    except (OSError, SafetensorError) as error:
        log.warning("%s cannot be kept for the next time: %s", file, error)
