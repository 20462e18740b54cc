"""Files that are written whole or not at all, and hashes of contents."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retrieval.files import PRIVATE, content_hash, file_hash, replacing, write_bytes, write_text


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    write_text(path, "old")
    with replacing(path) as temporary:
        temporary.write_text("ne", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        temporary.write_text("new é", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new é"
    assert os.listdir(path.parent) == ["a.txt"]


def test_a_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name != "posix", reason="permissions are another matter there")
def test_permissions_are_chosen(tmp_path: Path) -> None:
    write_bytes(tmp_path / "shared", b"1")
    write_bytes(tmp_path / "private", b"1", mode=PRIVATE)
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_process_left_is_removed_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "index.faiss"
    other = tmp_path / ".a.x3.part"
    other.write_bytes(b"of another file")
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from retrieval.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as part:\n"
        "    part.write_bytes(b'half'); print('written', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        (part,) = tmp_path.glob(".index.faiss.*.part")
        write_bytes(path, b"whole")
        assert part.exists(), "a living process still writes it"
        process.kill()
    write_bytes(path, b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([other.name, path.name])


def test_without_locks_on_files_only_what_is_old_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.files.fcntl", None)
    path = tmp_path / "index.faiss"
    old, young = (tmp_path / name for name in (".index.faiss.x1.part", ".index.faiss.x2.part"))
    for part in (old, young):
        part.write_bytes(b"half")
    yesterday = time.time() - 86_400
    os.utime(old, (yesterday, yesterday))
    write_bytes(path, b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, path.name])


def test_equal_contents_have_equal_hashes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 1000)
    assert file_hash(tmp_path / "a") == content_hash(b"abc" * 1000)
    assert file_hash(tmp_path / "a") != content_hash(b"abc")
    assert len(content_hash(b"")) == 32
