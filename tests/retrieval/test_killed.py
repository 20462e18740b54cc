"""The program is killed where it hurts most; the next run completes, and nothing is left behind.

``tests/benchmarks/kill_index.py`` does the same at many moments.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.main import run
from retrieval.backups import backups
from retrieval.library import Library
from retrieval.library.schema import latest_version
from tests.support.fake_encoder import ColourEncoder
from tests.support.killing import (
    faults_of,
    faults_when_done,
    fill,
    first_version,
    ids_by_content,
)

ROOT = Path(__file__).parents[2]
PHOTOS = 40


@contextmanager
def program(home: Path, *arguments: str | Path, **environment: str) -> Iterator[subprocess.Popen]:
    """The command line with an encoder that knows colours; killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.colour_program", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PHOTOPAL_HOME": str(home), "OMP_NUM_THREADS": "1"} | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "moment",
    [
        "the index is written",
        "a copy is made before migrating",
        "places are derived after migrating",
    ],
)
def test_killed_while(moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, folder = tmp_path / "home", tmp_path / "photos"
    home.mkdir()
    fill(folder, 0, PHOTOS)
    path = home / "library.db"
    old = "migrating" in moment
    if old:
        first_version(path, folder, "starter")
        fill(folder, PHOTOS, 8)
    with program(home, "index", folder, STOP_AT=moment) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "here\n"
    assert faults_of(path) == []
    before = ids_by_content(path)
    (folder / "1").rename(folder / "renamed")
    monkeypatch.setattr("retrieval.encoders.load_encoder", lambda name: ColourEncoder(str(name)))
    monkeypatch.setenv("PHOTOPAL_HOME", str(home))
    assert run(["index", str(folder)]) == 0
    assert faults_when_done(path, folder, before, "starter") == []
    if old:
        (copy,) = backups(path)
        assert copy.version == latest_version()
        with Library.open(copy.path.rename(home / "copy.db")) as library:
            assert library.counts().present == PHOTOS
