"""How long a second `photopal index` takes when no file changed, and a first answer takes.

    python -m tests.benchmarks.unchanged_files FOLDER [--photos 100000] [--json]

Writes that many small JPEGs below FOLDER/photos, each with bytes of its own, and takes them into
FOLDER/home with vectors by chance in the starter's place, since only the second run is measured:
the real command, three times; then the real `photopal search`, three times, from its start to its
answer. A folder that is there is used again.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from retrieval.encoders.starter import StarterEncoder
from retrieval.indexing import index_folders
from retrieval.library import Library

IN_A_FOLDER = 1_000
RUNS = 3
PHOTOPAL = Path(sys.executable).with_name("photopal")


class VectorsByChance:
    """The starter, but for its picture side."""

    def __init__(self, starter: StarterEncoder) -> None:
        self._starter = starter
        self._random = np.random.default_rng(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._starter, name)

    def encode_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Unit vectors [n, dim] by chance."""
        drawn = self._random.normal(size=(len(images), self._starter.dim)).astype(np.float32)
        rows: NDArray[np.float32] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return rows


def write(folder: Path, photos: int) -> None:
    """The photos, those that are not there yet."""
    for number in range(photos):
        place = folder / f"{number // IN_A_FOLDER:04d}"
        file = place / f"{number:07d}.jpg"
        if number % IN_A_FOLDER == 0:
            place.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            data = io.BytesIO()
            colour = (number % 256, number // 256 % 256, number // 65_536)
            Image.new("RGB", (16, 16), colour).save(data, "JPEG", comment=str(number))
            file.write_bytes(data.getvalue())


def seconds(home: Path, *command: str) -> tuple[float, str]:
    """How long a command took from its start to its end, and what it printed."""
    started = time.perf_counter()
    done = subprocess.run(
        [PHOTOPAL, *command],
        env={**os.environ, "PHOTOPAL_HOME": str(home)},
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - started, done.stdout


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    photos, home = arguments.folder / "photos", arguments.folder / "home"
    write(photos, arguments.photos)
    home.mkdir(exist_ok=True)
    with Library.open(home / "library.db", create=True) as library:
        if library.counts().present < arguments.photos:
            index_folders(library, VectorsByChance(StarterEncoder.load()), [photos])
    runs = [seconds(home, "index", "--json") for _ in range(RUNS)]
    report = json.loads(runs[-1][1])
    answers = [seconds(home, "search", "a red wall", "--json")[0] for _ in range(RUNS)]
    result = {
        "unchanged": report["unchanged"],
        "indexed": report["indexed"],
        "second_run_seconds": [round(took, 2) for took, _ in runs],
        "first_answer_seconds": [round(took, 2) for took in answers],
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
