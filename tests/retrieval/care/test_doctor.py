"""What is wrong with a library is found, and mended without a loss."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from retrieval.care import Diagnosis, examine
from retrieval.errors import LibraryError, LibraryNotFound
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.paths import home
from retrieval.photos.thumbnails import Thumbnails
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.vectors import open_index
from retrieval.vectors.base_files import base_folder
from retrieval.vectors.faiss_index import FaissIndex, index_path
from tests.support.fake_encoder import ColourEncoder
from tests.support.other_user import as_ordinary_user
from tests.support.pictures import paint


@pytest.fixture
def path(tmp_path: Path, photos: Path, encoder: ColourEncoder) -> Path:
    """An indexed library that nobody has open."""
    path = tmp_path / "library.db"
    with Library.open(path, create=True) as library:
        index_folders(library, encoder, [photos])
    return path


def kinds(diagnosis: Diagnosis) -> dict[str, int]:
    """How many things are concerned, by what is wrong."""
    return {one.kind: one.count for one in diagnosis.findings}


def sql(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def mended(path: Path, **options: Path) -> Diagnosis:
    """Repair, and see that nothing is left to be found the next time."""
    found = examine(path, repair=True, **options)
    assert found.healthy, found.findings
    assert examine(path, **options).findings == []
    return found


def names(path: Path) -> set[str]:
    with Library.read(path) as library:
        return {photo.path.name for photo in library.photos_with("present")}


def test_a_sound_library(path: Path) -> None:
    before = path.read_bytes()
    found = examine(path)
    assert (found.healthy, found.findings, found.photos) == (True, [], 6)
    assert path.read_bytes() == before


def test_files_that_are_gone(path: Path, photos: Path) -> None:
    (photos / "red.png").unlink()
    found = examine(path)
    assert kinds(found) == {"files-missing": 1}
    assert not found.healthy and "red.png" in found.findings[0].examples[0]
    assert "red.png" in names(path)
    told = examine(path, repair=True)
    assert told.healthy and "taken out" in told.findings[0].text
    assert "red.png" not in names(path)
    with Library.read(path) as library:
        (gone,) = library.photos_with("removed")
        assert gone.path.name == "red.png"


def test_a_folder_that_is_gone_loses_nothing(path: Path, photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "unplugged")
    for repair in (False, True):
        found = examine(path, repair=repair)
        assert kinds(found) == {"folder-gone": 1}
        assert not found.healthy and "photopal forget" in found.findings[0].advice
    assert len(names(path)) == 6
    photos.mkdir()
    found = examine(path, repair=True)
    assert kinds(found) == {"photos-lost": 6} and len(names(path)) == 6


def test_vectors_that_are_none(path: Path, photos: Path, encoder: ColourEncoder) -> None:
    with Library.open(path) as library:
        dim = encoder.dim
        bad = [np.zeros(dim), np.full(dim, np.nan), np.full(dim, 0.5), np.ones(3)]
        for number, vector in enumerate(bad, start=1):
            data = vector.astype("<f4").tobytes()
            library._execute("UPDATE vector SET data = ? WHERE photo_id = ?", (data, number))
    found = examine(path)
    assert kinds(found)["vectors-damaged"] == 4
    told = examine(path, repair=True)
    assert [one.repaired for one in told.findings if one.kind == "vectors-damaged"] == [True]
    left = examine(path)
    assert kinds(left) == {"photos-unembedded": 4} and left.findings[0].advice == "photopal index"
    with Library.open(path) as library:
        before = encoder.embedded
        index_folders(library, encoder, [photos])
        assert encoder.embedded - before == 4
    assert examine(path).findings == []


def test_rows_that_belong_to_nothing(path: Path) -> None:
    sql(
        path,
        "PRAGMA foreign_keys = OFF",
        "INSERT INTO vector VALUES (999, 'x', 1, x'00')",
        "DELETE FROM photo_name WHERE rowid = 2",
    )
    assert kinds(examine(path)) == {"references-broken": 1, "names-out-of-step": 1}
    mended(path)
    with Library.read(path) as library:
        assert library.search_names("green red blue yellow purple white").keys() == set(range(1, 7))


@pytest.mark.parametrize("what", ["missing", "stale", "cut", "scrambled"])
def test_the_index(path: Path, what: str, encoder: ColourEncoder) -> None:
    index = path.with_suffix(".faiss")
    content = bytearray(index.read_bytes())
    if what == "missing":
        index.unlink()
    elif what == "stale":
        with Library.open(path) as library:
            library.set_hidden(next(iter(library.search_names("white"))), True)
    elif what == "cut":
        index.write_bytes(content[:-9])
    else:
        content[-20] ^= 0xFF
        index.write_bytes(content)
    (kind,) = kinds(examine(path))
    assert kind == f"index-{what if what in ('missing', 'stale') else 'damaged'}"
    mended(path)
    with Library.read(path) as library:
        assert open_index(library).state(library) == "fresh"
        found = Searcher(library, encoder).search(Query.of("blue"), SearchOptions(1))
        assert found.hits[0].path.name == "blue.png"


def test_a_vector_of_a_large_library_is_damaged(path: Path) -> None:
    with Library.open(path) as library:
        index = FaissIndex(index_path(path), large=2)
        index.discard()
        index.sync(library)
        assert index.save()
    assert examine(path).findings == []
    (rows,) = base_folder(index_path(path)).glob("*/rows.npy")
    content = bytearray(rows.read_bytes())
    content[-5] ^= 0xFF
    rows.write_bytes(content)
    assert kinds(examine(path)) == {"index-damaged": 1}
    mended(path)
    assert examine(path).findings == []


def test_thumbnails_and_leftovers(path: Path, photos: Path) -> None:
    cache = home() / "thumbnails"
    with Library.read(path) as library:
        kept = Thumbnails(cache).path(library.photo(1))
    old = time.time() - 3 * 86_400
    orphan, young, broken = (cache / "ab" / f"ab{name}-512.jpg" for name in "123")
    orphan.parent.mkdir(exist_ok=True)
    for one in (orphan, young):
        one.write_bytes(kept.read_bytes())
    broken.write_bytes(b"")
    os.utime(orphan, (old, old))
    parts = [
        path.parent / ".library.db.before-9.x.part",
        path.parent / ".library.faiss.y.part",
        cache / "ab" / ".ab4-512.jpg.z.part",
    ]
    for part in parts:
        part.write_bytes(b"half")
    found = examine(path, thumbnails=cache)
    assert kinds(found) == {"leftovers": 3, "thumbnails-orphaned": 1, "thumbnails-broken": 1}
    assert orphan.exists() and all(part.exists() for part in parts)
    mended(path, thumbnails=cache)
    assert kept.exists() and young.exists()
    assert not any(one.exists() for one in (orphan, broken, *parts))


def test_a_damaged_file_is_read_into_a_new_one_and_kept(
    tmp_path: Path, encoder: ColourEncoder
) -> None:
    folder, path = tmp_path / "many", tmp_path / "library.db"
    for number in range(150):
        paint(folder / f"{number:03}.png", "red" if number % 2 else "blue", seed=number)
    with Library.open(path, create=True) as library:
        index_folders(library, encoder, [folder])
        library.set_favourite(1, True)
        uid = library.uid
        last = max(library.searchable_ids())
    pages = bytearray(path.read_bytes())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # A page in the middle of the photos, and one of the vectors.
        found = connection.execute(
            "SELECT name, pageno FROM dbstat "
            "WHERE pagetype = 'leaf' AND name IN ('photo', 'vector')"
        ).fetchall()
    by_table: dict[str, list[int]] = {}
    for table, page in found:
        by_table.setdefault(table, []).append(page)
    for table in ("photo", "vector"):
        page = by_table[table][len(by_table[table]) // 2]
        pages[(page - 1) * 4096 : page * 4096] = os.urandom(4096)
    path.write_bytes(pages)

    assert kinds(examine(path)) == {"database-damaged": examine(path).findings[0].count}
    assert path.read_bytes() == pages
    told = examine(path, repair=True)
    (damaged,) = [one for one in told.findings if one.kind == "database-damaged"]
    assert damaged.repaired and "kept as" in damaged.text
    assert (tmp_path / "library.db.damaged-1").read_bytes() == pages
    with Library.open(path) as library:
        kept = library.counts().present
        assert 75 <= kept < 150
        assert (library.uid, library.fingerprint) == (uid, encoder.fingerprint)
        assert library.photo(1).favourite
        before = encoder.embedded
        report = index_folders(library, encoder, [folder])
        assert library.counts().searchable == 150
        assert encoder.embedded - before == report.indexed < 100
        numbers = [photo.id for photo in library.photos_with("present")]
        assert min(set(numbers) - set(range(1, last + 1)), default=last + 1) > last
    assert examine(path).findings == []
    assert not list(tmp_path.glob(".salvage-*"))


def test_indexes_inside_the_database(path: Path) -> None:
    sql(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '(content_hash)', '(size)') "
        "WHERE name = 'photo_content'",
        "PRAGMA writable_schema = OFF",
    )
    assert set(kinds(examine(path))) == {"database-indexes"}
    mended(path)
    assert len(names(path)) == 6


def test_what_cannot_be_examined(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound):
        examine(tmp_path / "none.db")
    (tmp_path / "note.txt").write_text("no library at all, " * 20)
    with pytest.raises(LibraryError, match="not a Photopal library"):
        examine(tmp_path / "note.txt", repair=True)
    assert (tmp_path / "note.txt").read_text().startswith("no library")


def test_repairing_waits_for_nobody(path: Path) -> None:
    with Library.open(path) as writer, writer.writing():
        with pytest.raises(LibraryError, match="another process"):
            examine(path, repair=True)
        assert examine(path).findings == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users on this system")
@pytest.mark.parametrize("log", [False, True])
def test_on_a_medium_that_cannot_be_written(path: Path, photos: Path, log: bool) -> None:
    content = {"library.db": path.read_bytes()}
    for end in (".faiss", ".faiss.json"):
        content[f"library{end}"] = path.with_name(f"library{end}").read_bytes()
    if log:
        with Library.open(path) as library:
            library.set_favourite(1, True)
            for end in ("", "-wal"):
                content[f"library.db{end}"] = path.with_name(f"library.db{end}").read_bytes()
    with as_ordinary_user() as user:
        medium = user / "medium"
        medium.mkdir()
        for name, one in content.items():
            (medium / name).write_bytes(one)
        medium.chmod(0o500)
        found = examine(medium / "library.db")
        # The photos themselves belong to another user here.
        assert set(kinds(found)) <= {"folder-gone"}
        assert sorted(os.listdir(medium)) == sorted(content)
        with pytest.raises(LibraryError):
            examine(medium / "library.db", repair=True)
        medium.chmod(0o700)
