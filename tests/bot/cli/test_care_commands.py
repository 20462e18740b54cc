"""``photopal doctor``, ``export``, ``import`` and ``index --watch``, as a person runs them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli.main import run
from bot.history import History
from retrieval.paths import home
from tests.bot.cli.conftest import Command
from tests.support.pictures import paint

ROOT = Path(__file__).parents[3]


@pytest.fixture
def album(photopal: Command, tmp_path: Path) -> Path:
    for colour in ("red", "green", "blue"):
        paint(tmp_path / "album" / f"{colour}.png", colour)
    assert photopal("index", tmp_path / "album")[0] == 0
    return tmp_path / "album"


def test_doctor(photopal: Command, album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told, said = photopal("doctor")
    assert (status, told["healthy"], told["findings"], said) == (0, True, [], "")
    assert (told["photos"], told["history"], told["backups"]) == (3, [], [])
    (album / "red.png").unlink()
    (home() / "library.faiss").write_bytes(b"damaged")
    status, told, said = photopal("doctor")
    kinds = [one["kind"] for one in told["findings"]]
    assert (status, told["healthy"], kinds) == (1, False, ["files-missing", "index-damaged"])
    assert run(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "2 things to look after" in said and "photopal doctor --repair" in said
    status, told, _ = photopal("doctor", "--repair")
    assert (status, told["healthy"], told["photos"]) == (0, True, 2)
    assert all(one["repaired"] for one in told["findings"])
    assert run(["doctor"]) == 0
    assert capsys.readouterr().out == "2 photos; all is well\n"


def test_doctor_looks_at_the_kept_chats(photopal: Command, album: Path) -> None:
    path = home() / "history.db"
    History.open(path).close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 3] = os.urandom(4096)
    path.write_bytes(content)
    status, told, _ = photopal("doctor")
    assert (status, told["findings"]) == (1, [])
    assert [one["kind"] for one in told["history"]] == ["database-damaged"]
    status, told, _ = photopal("doctor", "--repair")
    assert (status, [one["repaired"] for one in told["history"]]) == (0, [True])
    assert (home() / "history.db.damaged-1").read_bytes() == content
    with History.open(path) as history:
        assert history.chats(owner="anna") == []


def test_doctor_without_anything_to_examine(photopal: Command, tmp_path: Path) -> None:
    status, told, said = photopal("doctor")
    assert (status, told) == (1, {}) and "there is no library" in said
    status, _, said = photopal("doctor", "--user", "nobody")
    assert status == 1 and "no account nobody" in said
    assert photopal("doctor", "--user", "nobody", "--library", "x.db")[0] == 2


def test_export_and_import(photopal: Command, album: Path, tmp_path: Path) -> None:
    target = tmp_path / "album.zip"
    status, told, _ = photopal("export", target)
    assert (status, told["photos"], told["vectors"]) == (0, 3, 3)
    assert told["bytes"] == target.stat().st_size
    status, _, said = photopal("export", target)
    assert status == 1 and "is there already" in said
    before = photopal("search", "blue")[1]["results"]
    moved = Path(shutil.move(album, tmp_path / "elsewhere"))
    (home() / "library.db").unlink()

    status, _, said = photopal("import", target)
    assert status == 1 and f'--root "{album}=FOLDER"' in said and said.count("\n") == 1
    status, told, said = photopal("import", target, "--root", f"{album}={moved}")
    assert (status, told["added"], told["known"], said) == (0, 3, 0, "")
    assert told["folders"] == [{"was": str(album), "path": str(moved), "photos": 3, "found": True}]
    assert photopal("status")[1]["index"]["state"] == "fresh"
    after = photopal("search", "blue")[1]["results"]
    assert [(one["id"], one["score"]) for one in after] == [
        (one["id"], one["score"]) for one in before
    ]
    assert {Path(one["path"]).parent for one in after} == {moved}
    assert photopal("index")[1]["unchanged"] == 3
    status, told, _ = photopal("import", target, "--root", moved)
    assert (status, told["added"], told["known"]) == (0, 0, 3)
    status, _, said = photopal("import", target, "--root", tmp_path)
    assert status == 0 and "none of the photos" in said
    assert photopal("import", target, "--root", "old=")[0] == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"text"])
def test_import_of_what_is_no_export(photopal: Command, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.zip"
    path.write_bytes(content)
    for source in (path, tmp_path / "none.zip", tmp_path):
        status, told, said = photopal("import", source)
        assert (status, told) == (1, {})
        assert said.startswith("photopal: ") and said.count("\n") == 1
    assert not (home() / "library.db").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals are another matter there")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_watching_ends_well(tmp_path: Path, how: signal.Signals) -> None:
    paint(tmp_path / "album" / "red.png", "red")
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.support.colour_program"),
            *("index", "--watch", "--json", str(tmp_path / "album")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PHOTOPAL_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["indexed"] == 1
        assert "watching 1 folder" in process.stderr.readline()
        time.sleep(0.5)
        paint(tmp_path / "album" / "blue.png", "blue")
        told = json.loads(process.stdout.readline())
        assert (told["event"], told["indexed"]) == ("change", 1)
        assert told["added"] == [str(tmp_path / "album" / "blue.png")]
        process.send_signal(how)
        rest, said = process.communicate(timeout=60)
        assert (process.returncode, rest) == (0, "")
        assert said == "photopal: stopped watching; what changed until now is in the library\n"
