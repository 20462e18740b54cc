"""What becomes of many files of which a part is hostile: each accounted for, within bounded memory.

python -m tests.benchmarks.hostile_files [--files 2000] [--hostile 500] [--seed 0] [--encoder NAME]
"""

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from retrieval.encoders.base import Encoder
from retrieval.indexing import IndexReport, index_folders
from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.hostile import hostile_files


def main() -> None:
    """Print one JSON object; ``unaccounted`` and ``lost_sound`` have to be 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--hostile", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--encoder", help="default: one that knows colours and costs nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "photos"
        sound = _fill(
            folder, arguments.files - arguments.hostile, arguments.hostile, arguments.seed
        )
        with Library.open(Path(name) / "library.db", create=True) as library:
            started = time.perf_counter()
            report = index_folders(library, _encoder(arguments.encoder), [folder])
            seconds = time.perf_counter() - started
            present = {photo.path.name for photo in library.photos_with("present")}
    print(json.dumps(_account(report, arguments.files, sound, present, seconds), indent=2))


def _encoder(name: str | None) -> Encoder:
    if name is None:
        return ColourEncoder()
    from retrieval.encoders import load_encoder

    return load_encoder(name)


def _fill(folder: Path, sound: int, hostile: int, seed: int) -> set[str]:
    """Write the files; returns the names of the sound ones."""
    folder.mkdir()
    random = np.random.default_rng(seed)
    names = set()
    for number in range(sound):
        small = random.integers(0, 256, (8, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((480, 320), Image.Resampling.BICUBIC)
        names.add(f"sound{number:05}.jpg")
        picture.save(folder / f"sound{number:05}.jpg", quality=88)
    for name, content in hostile_files(hostile, seed):
        (folder / name).write_bytes(content)
    return names


def _account(
    report: IndexReport, files: int, sound: set[str], present: set[str], seconds: float
) -> dict[str, object]:
    peaks = [
        resource.getrusage(who).ru_maxrss // 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    reasons = Counter(one.reason.partition(" (")[0] for one in report.failed)
    return {
        "files": files,
        "indexed": report.indexed,
        "of_them_with_remarks": len(report.remarked),
        "failed": len(report.failed),
        "unaccounted": files - report.indexed - len(report.failed),
        "lost_sound": len(sound - present),
        "seconds": round(seconds, 1),
        "peak_megabytes": {"itself": peaks[0], "largest_decoder": peaks[1]},
        "reasons": dict(reasons.most_common()),
    }


if __name__ == "__main__":
    main()
