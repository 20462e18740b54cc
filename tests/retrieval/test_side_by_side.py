"""Several processes on one library: one writes, the others wait or read; nobody is locked out."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.killing import fill

ROOT = Path(__file__).parents[2]

READER = """
import json, sys, time
from pathlib import Path
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchOptions
from tests.support.fake_encoder import ColourEncoder

path, stop = Path(sys.argv[1]), Path(sys.argv[2])
queries, most, errors = 0, 0, []
while not stop.exists():
    try:
        with Library.read(path) as library:
            searcher = Searcher(library, ColourEncoder("starter"))
            for text in ("red", "blue", "kyoto", "green or white"):
                found = searcher.search(Query.of(text), SearchOptions(30))
                most = max(most, found.searched)
                library.facts()
                queries += 1
                time.sleep(0.02)
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
print(json.dumps({"queries": queries, "most": most, "errors": errors}))
"""


Process = subprocess.Popen[str]


class Processes:
    """Processes that end with the test."""

    def __init__(self) -> None:
        self.all: list[Process] = []

    def start(self, home: Path, *arguments: object, **environment: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PHOTOPAL_HOME": str(home), "OMP_NUM_THREADS": "1"} | environment,
        )
        self.all.append(process)
        return process


@pytest.fixture
def processes() -> Iterator[Processes]:
    processes = Processes()
    yield processes
    for process in processes.all:
        process.kill()
        with contextlib.suppress(ValueError):
            process.communicate()


@pytest.mark.skipif(os.name != "posix", reason="signals are another matter there")
def test_two_index_runs_and_readers(tmp_path: Path, processes: Processes) -> None:
    start = processes.start
    home, folder, more = tmp_path / "home", tmp_path / "photos", tmp_path / "more"
    fill(folder, 0, 40)
    fill(more, 200, 10)
    program = ("-m", "tests.support.colour_program", "index")
    with Library.open(home / "library.db", create=True) as library:
        index_folders(library, ColourEncoder("starter"), [folder])
    stop = tmp_path / "stop"
    readers = [start(home, "-c", READER, home / "library.db", stop) for _ in range(2)]
    fill(folder, 40, 100)

    writer = start(home, *program, folder, SLOW="0.5")
    with Library.open(home / "library.db") as library:
        end = time.monotonic() + 60
        while library.counts().present == 40:
            assert time.monotonic() < end and writer.poll() is None
            time.sleep(0.02)
        # A person marks a photo while the run goes on.
        library.set_favourite(1, True)
    # It takes its time, so that the others come while it writes.
    writer.send_signal(signal.SIGSTOP)
    hasty = start(home, *program, more, "--no-wait")
    waiting = start(home, *program, more, "--json")
    assert waiting.stderr is not None
    waits = waiting.stderr.readline()
    assert "waiting until it is done" in waits
    _, said = hasty.communicate(timeout=120)
    writer.send_signal(signal.SIGCONT)
    assert hasty.returncode == 1 and "another process is writing" in said
    assert "Traceback" not in said
    _, said = writer.communicate(timeout=120)
    assert writer.returncode == 0, said
    out, said = waiting.communicate(timeout=120)
    assert (waiting.returncode, said) == (0, "")
    assert json.loads(out)["indexed"] == 10

    stop.touch()
    for reader in readers:
        told = json.loads(reader.communicate(timeout=120)[0])
        assert told["errors"] == []
        assert told["queries"] >= 20 and told["most"] > 40
    with Library.read(home / "library.db") as library:
        assert library.counts().searchable == 150
        assert library.photo(1).favourite
