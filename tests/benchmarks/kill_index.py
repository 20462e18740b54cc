"""Kill -9 an index run at many moments; look at what is left, and let the next run complete.

python -m tests.benchmarks.kill_index [--moments 50] [--seed 0] [--photos 160]

Every fifth moment is aimed at what is over too quickly to be met by chance: the index being
written and put in place, a batch being written, the copy before a migration, the facts after it.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from retrieval.library.schema import latest_version, peek
from tests.support.colour_program import MOMENTS, SlowEncoder
from tests.support.killing import (
    faults_of,
    faults_when_done,
    fill,
    first_version,
    ids_by_content,
    leftovers,
)

ENCODER = "starter"
MOST_SECONDS = 60.0

Prepare = Callable[[Path, Path, int], None]


def main() -> None:
    """Print one JSON object; ``faults`` has to be empty."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--photos", type=int, default=160)
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["SLOW"] = "0.02"
    # Loaded once: each run is a process of its own all the same, by fork.
    import bot.cli.main  # noqa: F401
    import retrieval.vectors.faiss_index  # noqa: F401

    chance = random.Random(arguments.seed)
    faults: list[str] = []
    met: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    lasts: dict[str, float] = {}
    started = time.perf_counter()
    for number in range(arguments.moments):
        kind = list(KINDS)[number % len(KINDS)]
        aimed = list(MOMENTS)[number // 5 % 5] if number % 5 == 4 else None
        if aimed is not None:
            kind = "an old library is brought up to date" if "migrating" in aimed else kind
        kinds[kind] += 1
        with tempfile.TemporaryDirectory() as name:
            home, folder = Path(name) / "home", Path(name) / "photos"
            home.mkdir()
            os.environ["PHOTOPAL_HOME"] = str(home)
            fill(folder, 0, arguments.photos)
            KINDS[kind](home / "library.db", folder, arguments.photos)
            if kind not in lasts:
                lasts[kind] = _how_long(home, folder)
            what, wrong = _one_moment(home, folder, kind, aimed, lasts[kind], chance)
            met.update(what)
            faults += [f"{number} ({kind}, {aimed}): {fault}" for fault in wrong]
            print(
                f"{number + 1}: {kind}: {what[0]}; {wrong or 'well'}", file=sys.stderr, flush=True
            )
    print(
        json.dumps(
            {
                "moments": arguments.moments,
                "seed": arguments.seed,
                "kinds": dict(kinds),
                "met": dict(met),
                "seconds_of_a_run": {kind: round(last, 2) for kind, last in lasts.items()},
                "faults": faults,
                "seconds": round(time.perf_counter() - started, 1),
            },
            indent=2,
        )
    )


def _one_moment(
    home: Path, folder: Path, kind: str, aimed: str | None, last: float, chance: random.Random
) -> tuple[list[str], list[str]]:
    """Kill one run and let the next complete; what was met, and what is wrong."""
    path = home / "library.db"
    process = _started(folder, aimed)
    if aimed is None:
        moment = chance.uniform(0, last)
        if kind == "a folder is renamed meanwhile":
            rename = chance.uniform(0, moment)
            time.sleep(rename)
            (folder / "1").rename(folder / "renamed")
            moment -= rename
        time.sleep(moment)
    else:
        _wait_for_stop(process)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    what = [_what_was_met(path, status, aimed)]
    faults = faults_of(path)
    before = ids_by_content(path)
    _, status = os.waitpid(_started(folder, None), 0)
    if status:
        return what, [*faults, f"the next run ended with {status}"]
    return what, faults + faults_when_done(path, folder, before, ENCODER)


def _what_was_met(path: Path, status: int, aimed: str | None) -> str:
    if aimed is not None:
        return f"aimed: {aimed}"
    if not os.WIFSIGNALED(status):
        return "it was done already"
    if leftovers(path):
        return "a temporary file was being written"
    header = peek(path)
    if header is not None and header.version < latest_version():
        return "before or while migrating"
    number = len(ids_by_content(path))
    return "nothing written yet" if not number else "some photos written"


def _how_long(home: Path, folder: Path) -> float:
    """Seconds that an undisturbed run takes."""
    kept = home.with_name("kept")
    shutil.copytree(home, kept)
    started = time.perf_counter()
    os.waitpid(_started(folder, None), 0)
    seconds = time.perf_counter() - started
    shutil.rmtree(home)
    kept.rename(home)
    return seconds


def _started(folder: Path, stop_at: str | None) -> int:
    """A process that indexes the folder; one that is to stop somewhere raises SIGSTOP there."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        from bot.cli.main import run

        with patch("retrieval.encoders.load_encoder", lambda name: SlowEncoder(str(name))):
            if stop_at is None:
                code = run(["index", str(folder)])
            else:
                with patch(MOMENTS[stop_at], lambda *_, **__: os.kill(os.getpid(), signal.SIGSTOP)):
                    code = run(["index", str(folder)])
    finally:
        sys.stdout.flush()
        os._exit(code)


def _wait_for_stop(process: int) -> None:
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        if os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.005)
    raise TimeoutError("the moment that was aimed at did not come")


def _nothing(path: Path, folder: Path, count: int) -> None:
    """The first run over a folder."""


def _indexed(path: Path, folder: Path, count: int) -> None:
    """A library, of whose photos some were changed, deleted and added since."""
    os.waitpid(_started(folder, None), 0)
    for number, file in enumerate(sorted(folder.rglob("*.png"))):
        if number % 8 == 0:
            file.unlink()
    fill(folder, count, count // 2)


def _old(path: Path, folder: Path, count: int) -> None:
    """A library of the first version, and photos that are new."""
    first_version(path, folder, ENCODER)
    fill(folder, count, count // 4)


KINDS: dict[str, Prepare] = {
    "the first run": _nothing,
    "a folder is renamed meanwhile": _nothing,
    "photos came and went": _indexed,
    "an old library is brought up to date": _old,
}


if __name__ == "__main__":
    main()
