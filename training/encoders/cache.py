"""Files that keep what is slow to compute; nothing is lost but time when they are not there."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

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
    temporary: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
        os.close(handle)
        temporary = Path(name)
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, temporary)
        os.replace(temporary, file)
    except (OSError, SafetensorError) as error:
        log.warning("%s cannot be kept for the next time: %s", file, error)
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
