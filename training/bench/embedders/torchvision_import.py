"""Imports timm and open_clip where torchvision is missing, or does not fit torch.

Both import torchvision for their own preprocessing and for training, of which nothing is used here:
pictures are prepared by :mod:`retrieval.encoders.pixels`. A torchvision built for another torch
does not load, and stops transformers as well, so that it is better not installed. So while one of
the two packages is imported, a stand-in for torchvision takes its place: modules whose every name
is an empty class. Afterwards it is taken away, and nobody else meets it.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_NAME = "torchvision"


def import_without_torchvision(*names: str) -> list[Any]:
    """Modules that need torchvision only to be imported.

    Args:
        names: of the modules, such as ``timm``.

    Raises:
        ImportError: one is not installed, or does not fit what is installed.
    """
    if all(name in sys.modules for name in names) or _loads():
        return [importlib.import_module(name) for name in names]
    with _stand_in():
        return [importlib.import_module(name) for name in names]


def _loads() -> bool:
    """Whether the real one can be imported."""
    try:
        importlib.import_module(_NAME)
    except (ImportError, RuntimeError, OSError):
        # What was imported before the failure would be taken for whole.
        _forget()
        return False
    return True


@contextlib.contextmanager
def _stand_in() -> Iterator[None]:
    from transformers.utils import is_torchvision_available

    # transformers looks once and remembers the answer: it must not find the stand-in.
    is_torchvision_available()
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == _NAME]:
        del sys.modules[name]


class _Finder(MetaPathFinder, Loader):
    """Finds every module of torchvision, and makes it a stand-in."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != _NAME:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Module(ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        return _named(self, name)


class _HasEveryName(type):
    def __getattr__(cls, name: str) -> Any:
        return _named(cls, name)


def _named(owner: Any, name: str) -> Any:
    """An empty class of its own for each name, since members of an enumeration are told apart."""
    if name.startswith("__"):
        raise AttributeError(name)
    empty = _HasEveryName(name, (_Nothing,), {})
    setattr(owner, name, empty)
    return empty


class _Nothing(metaclass=_HasEveryName):
    """A class that can be named and inherited from; whoever makes one is told what is missing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise ImportError("this needs torchvision: install the build that fits torch")
