"""Finding photos in folders."""

import os
from pathlib import Path

import pytest

from retrieval.errors import FolderNotFound
from retrieval.photos.scan import CACHE_SIGNATURE, ScannedFile, scan_folder


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(root: Path) -> list[str]:
    return [file.path.relative_to(root).as_posix() for file in scan_folder(root)]


def test_recursive_in_order_photos_only(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.heic", "notes.txt", "sub/c.png", "sub/deep/d.webp", "movie.mp4"):
        put(tmp_path / name)
    assert names(tmp_path) == ["a.heic", "b.JPG", "sub/c.png", "sub/deep/d.webp"]
    assert names(tmp_path) == names(tmp_path)


def test_size_and_time(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jpg", b"12345")
    os.utime(path, ns=(1, 123_456_789))
    assert list(scan_folder(tmp_path)) == [ScannedFile(path, 5, 123_456_789)]


def test_hidden_caches_rubbish_and_our_own_folder_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "pal"))
    for name in (
        ".hidden.jpg",
        "._a.jpg",
        ".git/b.jpg",
        "@eaDir/c.jpg",
        "pal/d.jpg",
        "cache/e.jpg",
    ):
        put(tmp_path / name)
    put(tmp_path / "cache" / "CACHEDIR.TAG", CACHE_SIGNATURE)
    put(tmp_path / "a.jpg")
    assert names(tmp_path) == ["a.jpg"]
    assert names(tmp_path / "pal") == ["d.jpg"]


def test_links_lead_nowhere_twice(tmp_path: Path) -> None:
    put(tmp_path / "root" / "a.jpg")
    put(tmp_path / "elsewhere" / "b.jpg")
    root = tmp_path / "root"
    try:
        (root / "loop").symlink_to(root, target_is_directory=True)
        (root / "above").symlink_to(tmp_path, target_is_directory=True)
        (root / "first").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        (root / "second").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        (tmp_path / "elsewhere" / "back").symlink_to(root, target_is_directory=True)
        (root / "broken.jpg").symlink_to(tmp_path / "nothing.jpg")
    except OSError:
        pytest.skip("no links on this system")
    found = {file.path.relative_to(root).as_posix(): file.problem for file in scan_folder(root)}
    assert found == {"a.jpg": None, "broken.jpg": "broken link", "first/b.jpg": None}


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound, match="not a folder"):
        list(scan_folder(tmp_path / "none"))
    with pytest.raises(FolderNotFound):
        list(scan_folder(put(tmp_path / "a.jpg")))


def test_a_folder_that_cannot_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "open" / "a.jpg")
    put(tmp_path / "closed" / "b.jpg")
    real = os.scandir

    def guarded(path: object) -> object:
        if Path(str(path)).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", guarded)
    found = list(scan_folder(tmp_path))
    assert (
        ScannedFile(tmp_path / "closed", problem="no permission to read", is_folder=True) in found
    )
    assert [file.path.name for file in found if not file.is_folder] == ["a.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert [file.problem for file in scan_folder(tmp_path)] == ["not a regular file"]
