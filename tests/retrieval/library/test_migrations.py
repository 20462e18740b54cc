"""Libraries of earlier versions: opened, brought up to date, searched without embedding again."""

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from retrieval.backups import KEPT_DAYS, back_up, backups
from retrieval.errors import LibraryError
from retrieval.filters import DateRange, Filter
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.library.schema import latest_version, migrations
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.vectors import open_index
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


def first_version(path: Path, folder: Path, encoder: ColourEncoder) -> None:
    """A library as the first version wrote it, over pictures that are there."""
    script = resources.files("retrieval.library.migrations").joinpath("0001_photos.sql")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute("PRAGMA user_version = 1")
        for name, value in (
            ("encoder_name", encoder.name),
            ("fingerprint", encoder.fingerprint),
            ("dim", str(encoder.dim)),
        ):
            connection.execute("INSERT INTO setting VALUES (?, ?)", (name, value))
        connection.execute(
            "INSERT INTO root (path, added_at) VALUES (?, '2026-01-01')", (str(folder),)
        )
        for number, file in enumerate(sorted(folder.rglob("*.png")), start=1):
            status = file.stat()
            connection.execute(
                "INSERT INTO photo (id, path, content_hash, size, mtime_ns, taken_at, latitude, "
                "longitude, status, indexed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'present', 'x')",
                (
                    *(number, str(file), f"hash{number}", status.st_size, status.st_mtime_ns),
                    "2015-06-07T08:09:10" if file.stem == "red" else None,
                    *((48.8584, 2.2945) if file.stem == "red" else (None, None)),
                ),
            )
            vector = encoder.encode_texts([file.stem])[0]
            connection.execute(
                "INSERT INTO vector VALUES (?, ?, 1, ?)",
                (number, encoder.fingerprint, vector.astype("<f4").tobytes()),
            )
        connection.commit()


@pytest.fixture
def old(tmp_path: Path, encoder: ColourEncoder) -> Path:
    folder = tmp_path / "Pictures"
    for colour in ("red", "green"):
        paint(folder / f"{colour}.png", colour)
    paint(folder / "2018-04 Kyoto" / "IMG_20180405_101010.png", "blue")
    path = tmp_path / "old.db"
    first_version(path, folder, encoder)
    return path


@pytest.fixture
def locked(old: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The old library on a medium that cannot be written, also for the superuser."""
    home = old.parent / "medium"
    home.mkdir()
    path = shutil.copy(old, home / "old.db")
    real = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda name, mode, **more: (
            not (mode & os.W_OK and str(name).startswith(str(home))) and real(name, mode, **more)
        ),
    )
    home.chmod(0o500)
    yield Path(path)
    home.chmod(0o700)


def check(library: Library, encoder: ColourEncoder) -> None:
    assert library.counts().searchable == 3
    result = Searcher(library, encoder).search(Query.of("red"), SearchOptions(1))
    assert result.hits[0].path.name == "red.png"
    photos = {photo.path.stem: photo for photo in library.photos_with("present")}
    assert photos["red"].taken_on == date(2015, 6, 7)
    assert photos["red"].place is not None
    assert (photos["red"].place.city, photos["red"].place.country) == ("Paris", "France")
    assert photos["IMG_20180405_101010"].taken_on == date(2018, 4, 5)
    assert photos["IMG_20180405_101010"].place is not None
    assert photos["IMG_20180405_101010"].place.country == "Japan"
    assert photos["green"].taken_on is None and photos["green"].place is None
    assert list(library.search_names("kyoto")) == [photos["IMG_20180405_101010"].id]
    days = Filter(dates=(DateRange(date(2018, 1, 1)),))
    assert library.ids_matching(days).tolist() == [photos["IMG_20180405_101010"].id]


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("open_library", [Library.open, Library.read])
def test_an_old_library_is_brought_up_to_date_and_searched_without_embedding(
    old: Path, encoder: ColourEncoder, open_library
) -> None:
    with open_library(old) as library:
        check(library, encoder)
    assert version(old) == latest_version() > 1
    assert encoder.embedded == 0


def test_an_old_library_that_cannot_be_written_is_read_all_the_same(
    locked: Path, encoder: ColourEncoder
) -> None:
    before = locked.read_bytes()
    with Library.read(locked) as library:
        check(library, encoder)
        with pytest.raises(LibraryError, match="for reading only"):
            library.remove_photos([1])
    assert locked.read_bytes() == before
    assert os.listdir(locked.parent) == ["old.db"]


def test_indexing_goes_on_where_the_old_version_stopped(old: Path, encoder: ColourEncoder) -> None:
    paint(old.parent / "Pictures" / "white.png", "white")
    with Library.open(old) as library:
        report = index_folders(library, encoder, [])
        assert (report.indexed, report.unchanged) == (1, 3)
        assert open_index(library).state(library) == "fresh"
    assert encoder.embedded == 1


def test_new_rules_derive_everything_again(
    old: Path, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    Library.open(old).close()
    monkeypatch.setattr("retrieval.library.library.DERIVED_VERSION", 2)
    monkeypatch.setattr("retrieval.library.derived.DERIVED_VERSION", 2)
    monkeypatch.setattr("retrieval.library.derived.words_of_path", lambda *_: ["balloon"])
    with Library.open(old) as library:
        assert len(library.search_names("balloon")) == 3
        assert library.search_names("kyoto") == {}


def test_a_copy_is_kept_for_a_while(old: Path, encoder: ColourEncoder) -> None:
    Library.open(old).close()
    (copy,) = backups(old)
    assert copy.path.name == f"old.db.before-{latest_version()}"
    assert version(copy.path) == 1
    if os.name == "posix":
        assert copy.path.stat().st_mode & 0o777 == 0o600
    # It is a library like any other.
    back = shutil.copy(copy.path, old.parent / "back.db")
    with Library.open(Path(back)) as library:
        check(library, encoder)
    Library.open(old).close()
    assert [one.path for one in backups(old)] == [copy.path]
    past = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(copy.path, (past, past))
    Library.open(old).close()
    assert list(backups(old)) == []


def test_the_copy_is_of_the_library_before_its_first_step(old: Path) -> None:
    # Killed after the second migration: the copy is from before the first.
    with contextlib.closing(sqlite3.connect(old)) as connection:
        back_up(old, connection, latest_version())
        for number, script in migrations(after=1):
            if number == 2:
                connection.executescript(f"{script}; PRAGMA user_version = 2;")
    Library.open(old).close()
    (copy,) = backups(old)
    assert version(copy.path) == 1


def test_a_forgotten_folder_is_in_no_copy(old: Path) -> None:
    with Library.open(old) as library:
        assert list(backups(old))
        library.forget_folder(library.roots()[0])
    assert list(backups(old)) == []


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in migrations()] == list(range(1, latest_version() + 1))
