"""A library on a medium that cannot be written: complete, log and all, or refused with a reason."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import LibraryError
from retrieval.library import Library
from retrieval.photos.metadata import Metadata
from tests.support.other_user import as_ordinary_user

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users on this system")


def put(library: Library, number: int) -> None:
    library.put_photo(
        Path(f"/photos/{number}.jpg"),
        photo_id=None,
        content_hash=f"{number:032}",
        size=1,
        mtime_ns=2,
        metadata=Metadata(width=4, height=3),
        vector=np.array([1, 0, 0], dtype=np.float32),
    )


Files = dict[str, bytes]
"""The files of a library, read before the test becomes a user who may not read them."""


def files_of(path: Path) -> Files:
    """The library and its log."""
    found = (path, path.with_name(path.name + "-wal"))
    return {one.name: one.read_bytes() for one in found if one.exists()}


@contextlib.contextmanager
def medium(files: Files) -> Iterator[Path]:
    """These files in a folder that cannot be written, as an ordinary user."""
    with as_ordinary_user() as home:
        folder = home / "medium"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o400)
        folder.chmod(0o500)
        try:
            yield folder / "library.db"
        finally:
            folder.chmod(0o700)


@pytest.fixture
def with_log(tmp_path: Path) -> Files:
    """A library of which the log holds the second of two photos."""
    path = tmp_path / "library.db"
    with Library.open(path, create=True) as library:
        library.set_encoder("colours", "f1", 3)
        put(library, 1)
        library._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        put(library, 2)
        return files_of(path)


def test_what_lies_in_the_log_is_read_too(with_log: Files) -> None:
    with medium(with_log) as path:
        before = {one.name: one.stat().st_size for one in path.parent.iterdir()}
        with Library.read(path) as library:
            assert library.path == path
            assert library.counts().present == 2
            with pytest.raises(LibraryError):
                put(library, 3)
        assert {one.name: one.stat().st_size for one in path.parent.iterdir()} == before


def test_no_copy_is_left_behind(with_log: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = shutil.copyfile
    monkeypatch.setattr(
        shutil, "copyfile", lambda source, target: (made.append(str(target)), real(source, target))
    )
    with medium(with_log) as path:
        Library.read(path).close()
    assert made
    assert not any(Path(name).exists() for name in made)


def test_without_room_for_the_log_it_says_so(
    with_log: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with medium(with_log) as path, pytest.raises(LibraryError, match="newest changes"):
        Library.read(path)


def test_all_of_it_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with Library.open(path, create=True) as library:
        library.set_encoder("colours", "f1", 3)
        put(library, 1)
        with medium(files_of(path)) as copy, Library.read(copy) as reader:
            assert reader.counts().present == 1


def test_an_earlier_version_with_a_log(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    script = resources.files("retrieval.library.migrations").joinpath("0001_photos.sql")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute("PRAGMA user_version = 1")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute(
            "INSERT INTO photo (path, status, indexed_at) VALUES ('/a.jpg', 'present', 'x')"
        )
        connection.commit()
        with medium(files_of(path)) as copy, Library.read(copy) as reader:
            assert reader.counts().present == 1
            assert reader.passed_over().skipped == {}
