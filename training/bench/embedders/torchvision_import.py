"""Imports torchvision where its compiled operators are missing.

A torchvision built for another torch, say for CUDA beside a CPU torch, cannot load its operators
and fails at import, since it registers a fake for one of them. timm and open_clip need none of
them. So they are declared without an implementation, which is enough to import the rest.
"""

import importlib
import sys
from functools import cache
from types import ModuleType

import torch

_OPERATORS = ("nms", "qnms")
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def import_torchvision() -> ModuleType:
    """torchvision, with or without its compiled operators.

    Raises:
        ImportError: it is not installed, or fails for another reason.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise ImportError(f"torchvision cannot be imported: {error}") from error
    # What was imported before the failure would be taken for whole.
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declared_operators()
    return importlib.import_module("torchvision")


@cache
def _declared_operators() -> torch.library.Library:
    """The declarations last as long as this object, which the cache keeps."""
    library = torch.library.Library("torchvision", "DEF")
    for name in _OPERATORS:
        library.define(name + _SCHEMA)
    return library
