"""Small data in the formats of the data sets, over painted photos."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.support.pictures import paint
from training.bench.base import BenchDataset
from training.bench.datasets import DatasetSpec, read_dataset

Read = Callable[..., BenchDataset]


def spec_of(kind: str, **fields: Any) -> DatasetSpec:
    """The description of a data set as a recipe holds it."""
    spec: DatasetSpec = TypeAdapter(DatasetSpec).validate_python({"kind": kind, **fields})
    return spec


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the data set of a kind, with fields, from the test's folder."""

    def reading(kind: str, **fields: Any) -> BenchDataset:
        return read_dataset(spec_of(kind, **fields), tmp_path)

    return reading


def painted(folder: Path, names: Iterable[str]) -> None:
    """A photo of each name, whatever its extension."""
    for seed, name in enumerate(names):
        paint(folder / name, ("red", "green", "blue", "yellow")[seed % 4], seed=seed)


def write_json(path: Path, value: Any) -> Path:
    """A JSON file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_lines(path: Path, *rows: Any) -> Path:
    """A JSON Lines file; texts go in as they are."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def reasons(dataset: BenchDataset) -> dict[str, str]:
    """Why, by the name of what is missing or odd."""
    return {one.name: one.reason for one in dataset.missing}
