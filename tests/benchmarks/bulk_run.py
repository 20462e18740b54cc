"""Bulk embedding from an S3 bucket by two workers, killed and resumed; and engines side by side.

python -m tests.benchmarks.bulk_run [--photos 2000] [--workers 2] [--encoder NAME]
python -m tests.benchmarks.bulk_run --compare plain daft ray [--photos 300] [--encoder starter]

The first kills one worker (kill -9), then the whole run, and then lets it finish; the second
prints a line for each engine. The bucket is on loopback, in a process of its own.
"""

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from retrieval.bulk import Engine, index_in_bulk, open_engine
from retrieval.encoders.base import Encoder
from retrieval.errors import WorkerDied
from retrieval.indexing import index_folders
from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.object_storage import Storage, object_storage
from tests.support.pictures import exif

PREFIX = "album"
BROKEN = 3
"""Objects that are no pictures."""


def main() -> None:
    """Print what happened, as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", type=int, default=640, help="longer edge of the photos")
    parser.add_argument("--encoder", help="default: one that knows colours and costs nothing")
    parser.add_argument("--compare", nargs="+", choices=["plain", "daft", "ray"])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--library", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return _index(arguments)
    with tempfile.TemporaryDirectory() as name, object_storage("photos") as storage:
        _fill(storage, arguments.photos, arguments.side)
        os.environ.update(storage.environment)
        if arguments.compare:
            for engine in arguments.compare:
                run = _Run(arguments, Path(name) / f"{engine}.db", engine)
                print(json.dumps({"engine": engine, **run.to_its_end()}), flush=True)
        else:
            print(json.dumps(_killed_and_resumed(arguments, Path(name)), indent=2))


# -- the run that is measured ------------------------------------------------------------------


def _index(arguments: argparse.Namespace) -> None:
    """In a process of its own: index the bucket and print the report."""
    load = partial(_encoder, arguments.encoder)
    encoder = load()
    run: Callable[..., Any] = index_folders
    if arguments.child != "plain":
        engine: Engine = _Ray() if arguments.child == "ray" else open_engine("daft")
        run = partial(index_in_bulk, engine=engine, load=load, workers=arguments.workers)
    with Library.open(arguments.library, create=True) as library:
        report = run(library, encoder, [f"s3://photos/{PREFIX}"])
    print(json.dumps(report.as_dict()))


def _encoder(name: str | None) -> Encoder:
    if name is None:
        return ColourEncoder()
    from retrieval.encoders import load_encoder

    return load_encoder(name)


class _Ray:
    """Ray Data behind the same protocol as :class:`retrieval.bulk.DaftEngine`."""

    def run(
        self, start: Callable[[], Callable[[str], str]], inputs: Sequence[str], workers: int
    ) -> Iterator[str]:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        import ray
        import ray.data

        if not ray.is_initialized():
            ray.init(
                num_cpus=workers + 1,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
                object_store_memory=200 << 20,
            )

        class Process:
            def __init__(self) -> None:
                self.work = start()

            def __call__(self, row: dict[str, str]) -> dict[str, str]:
                return {"answer": self.work(row["input"])}

        rows = ray.data.from_items(
            [{"input": text} for text in inputs], override_num_blocks=len(inputs)
        )
        pool = ray.data.ActorPoolStrategy(size=workers)
        try:
            for row in rows.map(Process, compute=pool).iter_rows():
                yield row["answer"]
        except ray.exceptions.RayError as error:
            raise WorkerDied(str(error).splitlines()[0]) from error


class _Run:
    """One run of indexing, in a process of its own."""

    def __init__(self, arguments: argparse.Namespace, library: Path, engine: str = "daft") -> None:
        self.library = library
        options = ["--workers", str(arguments.workers), "--library", str(library)]
        if arguments.encoder:
            options += ["--encoder", arguments.encoder]
        self.command = [sys.executable, "-m", "tests.benchmarks.bulk_run", "--child", engine]
        self.command += options

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def to_its_end(self) -> dict[str, Any]:
        """Seconds, photos/s, and the most memory that all its processes took together."""
        started = time.perf_counter()
        process = self.start()
        watched = _Watched(process.pid)
        out, _ = process.communicate()
        seconds = time.perf_counter() - started
        if process.returncode:
            return {"failed": process.returncode}
        report = json.loads(out.splitlines()[-1])
        return {
            "indexed": report["indexed"],
            "failed": len(report["failed"]),
            "seconds": round(seconds, 1),
            "photos_per_second": round(report["indexed"] / seconds, 1),
            "processor_seconds": round(watched.processor_seconds, 1),
            "most_megabytes": watched.most >> 20,
        }

    def results(self) -> int:
        """Partition files that are there now."""
        return len(list(self.library.with_name(f"{self.library.name}.bulk").glob("*.parquet")))


class _Watched:
    """Looks at the memory and processor time of a process and all below it, from a thread."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._seconds: dict[int, float] = {}
        threading.Thread(target=self._look, args=(pid,), daemon=True).start()

    def _look(self, pid: int) -> None:
        while Path(f"/proc/{pid}").exists():
            family = [pid, *below(pid)]
            self.most = max(self.most, sum(_memory(one) for one in family))
            for one in family:
                self._seconds[one] = max(self._seconds.get(one, 0.0), _seconds(one))
            time.sleep(0.1)

    @property
    def processor_seconds(self) -> float:
        """Of all of them, up to a tenth of a second before each one's end."""
        return sum(self._seconds.values())


def below(pid: int) -> list[int]:
    """Process ids of a process's children and theirs."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                found += [int(child), *below(int(child))]
    return found


def workers_of(pid: int) -> list[int]:
    """Those of them that are Daft's workers."""
    found = []
    for one in below(pid):
        with contextlib.suppress(OSError):
            if b"udf_worker" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(one)
    return found


def _memory(pid: int) -> int:
    """Bytes; what processes share is split between them."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return 0


def _seconds(pid: int) -> float:
    """Processor time that a process took so far."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


# -- killed and resumed ------------------------------------------------------------------------


def _killed_and_resumed(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    run = _Run(arguments, folder / "library.db")
    told: dict[str, Any] = {"photos": arguments.photos, "workers": arguments.workers}
    process = run.start()
    while run.results() < 2 and process.poll() is None:
        time.sleep(0.02)
    workers = workers_of(process.pid)
    os.kill(workers[0], signal.SIGKILL)
    told["a worker was killed after partitions"] = run.results()
    at_kill = run.results()
    while run.results() < at_kill + 2 and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with Library.read(run.library) as library:
        told["the run was killed with photos in the library"] = library.counts().present
    told["and partition files"] = run.results()
    told["resumed"] = run.to_its_end()
    told["once more"] = run.to_its_end()
    with Library.read(run.library) as library:
        photos = library.photos_with("present")
        told["in the library"] = len(photos)
        told["with a vector"] = library.searchable_count()
        told["doubled"] = len(photos) - len({photo.path for photo in photos})
        told["with a day and a place"] = sum(bool(one.taken_on and one.place) for one in photos)
        told["failed, with reason"] = len(library.photos_with("failed"))
    told["left in the folder"] = sorted(path.name for path in folder.iterdir())
    return told


def _fill(storage: Storage, photos: int, side: int) -> None:
    """Photos with EXIF, and a few objects that are none."""
    random = np.random.default_rng(0)
    for number in range(photos):
        small = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((side, 3 * side // 4), Image.Resampling.BICUBIC)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=88, exif=exif())
        storage.put(f"{PREFIX}/{number // 500}/{number:06}.jpg", file.getvalue())
    for number in range(BROKEN):
        storage.put(f"{PREFIX}/broken/{number}.jpg", b"no picture")


if __name__ == "__main__":
    main()
