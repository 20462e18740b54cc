"""A real disk that is full: one line, nothing lost, and all goes on once there is room."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.backups import backups
from retrieval.care import examine
from retrieval.errors import LibraryError
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.library.schema import latest_version
from retrieval.photos.thumbnails import Thumbnails
from retrieval.transfer import export_library, import_library
from tests.support.fake_encoder import ColourEncoder
from tests.support.killing import fill, first_version
from tests.support.small_disk import small_disk as small_disk

NO_ROOM = (LibraryError, OSError, sqlite3.OperationalError)


def fill_up(disk: Path, leaving: int = 0) -> Path:
    """Take all room but a little; remove the file to have it back."""
    filling = disk / "filling"
    with pytest.raises(OSError), open(filling, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    if leaving:
        os.truncate(filling, filling.stat().st_size - leaving)
    return filling


@pytest.fixture
def album(tmp_path: Path) -> Path:
    fill(tmp_path / "photos", 0, 24)
    return tmp_path / "photos"


@pytest.mark.parametrize("leaving", [0, 60_000])
def test_indexing(small_disk: Path, album: Path, encoder: ColourEncoder, leaving: int) -> None:
    path = small_disk / "library.db"
    with Library.open(path, create=True) as library:
        index_folders(library, encoder, [album])
        filling = fill_up(small_disk, leaving)
        fill(album, 24, 200)
        with pytest.raises(LibraryError, match="disk is full"):
            index_folders(library, encoder, [album])
        assert library.counts().present >= 24
        assert library.counts().present == library.searchable_count()
    assert [one.kind for one in examine(path).findings] in ([], ["index-stale"])
    filling.unlink()
    with Library.open(path) as library:
        index_folders(library, encoder, [album])
        assert library.searchable_count() == 224
    assert examine(path).findings == []


def test_keeping_a_copy_before_a_migration(small_disk: Path, album: Path) -> None:
    path = small_disk / "library.db"
    first_version(path, album, "colours")
    before = path.read_bytes()
    filling = fill_up(small_disk, leaving=50_000)
    with pytest.raises(LibraryError, match=r"no room for a copy.*left as it was"):
        Library.open(path)
    assert path.read_bytes() == before and list(backups(path)) == []
    # It can still be searched.
    with Library.read(path) as library:
        assert library.counts().searchable == 24
    filling.unlink()
    with Library.open(path) as library:
        assert library.counts().searchable == 24
    assert [copy.version for copy in backups(path)] == [latest_version()]


def exporting(disk: Path, library: Path, export: Path) -> None:
    with Library.read(library) as source:
        export_library(source, disk / "export.zip")


def importing(disk: Path, library: Path, export: Path) -> None:
    import_library(export, disk / "new" / "library.db")


def thumbnail(disk: Path, library: Path, export: Path) -> None:
    with Library.read(library) as source:
        Thumbnails(disk / "new" / "thumbnails").path(source.photo(1))


@pytest.mark.parametrize("what", [exporting, importing, thumbnail])
def test_nothing_half_done_is_left(
    small_disk: Path,
    album: Path,
    tmp_path: Path,
    encoder: ColourEncoder,
    what: Callable[[Path, Path, Path], None],
) -> None:
    library, export = tmp_path / "library.db", tmp_path / "export.zip"
    with Library.open(library, create=True) as books:
        index_folders(books, encoder, [album])
        export_library(books, export)
    filling = fill_up(small_disk)
    with pytest.raises(NO_ROOM, match=r"(?i)full|no space"):
        what(small_disk, library, export)
    left = [path for path in small_disk.rglob("*") if path.is_file() and path != filling]
    assert left in ([], [small_disk / "new" / "library.db.lock"])
    filling.unlink()
    what(small_disk, library, export)
