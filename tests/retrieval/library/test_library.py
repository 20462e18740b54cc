"""The library: versions, one writer, ids, odd paths, damage."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import (
    FolderNotFound,
    LibraryBusy,
    LibraryError,
    LibraryNotFound,
    LibraryTooNew,
    PhotoNotFound,
)
from retrieval.library import Library
from retrieval.library.schema import latest_version
from retrieval.photos.metadata import Metadata
from retrieval.vectors import open_index


def put(library: Library, path: Path, content: str = "aa", photo_id: int | None = None) -> int:
    return library.put_photo(
        path,
        photo_id=photo_id,
        content_hash=content,
        size=1,
        mtime_ns=2,
        metadata=Metadata(width=4, height=3, camera="Box", latitude=1.5, longitude=-2.5),
        vector=np.array([1, 0, 0], dtype=np.float32),
    )


@pytest.fixture
def library(tmp_path: Path):
    with Library.open(tmp_path / "library.db", create=True) as library:
        library.set_encoder("colours", "f1", 3)
        yield library


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_written_is_read(library: Library, tmp_path: Path) -> None:
    photo_id = put(library, tmp_path / "a.jpg")
    library.set_roots([tmp_path])
    with Library.read(library.path) as reader:
        photo = reader.photo(photo_id)
        assert (photo.path, photo.width, photo.camera) == (tmp_path / "a.jpg", 4, "Box")
        assert (photo.latitude, photo.longitude, photo.status) == (1.5, -2.5, "present")
        assert (reader.encoder_name, reader.fingerprint, reader.dim) == ("colours", "f1", 3)
        assert reader.roots() == [tmp_path]
        assert reader.vectors([photo_id]).tolist() == [[1, 0, 0]]
        assert reader.searchable_ids().tolist() == [photo_id]


def test_a_reader_sees_what_is_written_later(library: Library, tmp_path: Path) -> None:
    with Library.read(library.path) as reader:
        before = reader.change
        put(library, tmp_path / "a.jpg")
        assert reader.change > before
        assert reader.counts().present == 1
        with reader.snapshot():
            assert reader.counts().present == 1
            put(library, tmp_path / "b.jpg")
            assert reader.counts().present == 1
        assert reader.counts().present == 2


def test_a_reader_cannot_write(library: Library, tmp_path: Path) -> None:
    with (
        Library.read(library.path) as reader,
        pytest.raises(LibraryError, match="for reading only"),
    ):
        put(reader, tmp_path / "a.jpg")


def test_ids_are_never_used_twice(library: Library, tmp_path: Path) -> None:
    first = put(library, tmp_path / "a.jpg")
    library.remove_photos([first])
    library.forget_removed(datetime.now(UTC) + timedelta(days=1))
    assert library.photos([first]) == {}
    assert put(library, tmp_path / "a.jpg") > first


def test_removed_photos_are_not_found_but_their_vector_is_kept(
    library: Library, tmp_path: Path
) -> None:
    photo_id = put(library, tmp_path / "a.jpg")
    library.remove_photos([photo_id])
    with pytest.raises(PhotoNotFound, match=f"no photo {photo_id}"):
        library.photo(photo_id)
    assert library.searchable_ids().tolist() == []
    assert [photo.id for photo in library.photos_by_content("aa")] == [photo_id]
    assert library.forget_removed(datetime.now(UTC) - timedelta(days=30)) == 0


def test_a_path_belongs_to_one_photo(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "a.jpg")
    with pytest.raises(LibraryError):
        put(library, tmp_path / "a.jpg")
    assert library.counts().present == 1


def test_a_transaction_is_kept_whole_or_not_at_all(library: Library, tmp_path: Path) -> None:
    before = library.change
    with pytest.raises(KeyboardInterrupt), library.transaction():
        put(library, tmp_path / "a.jpg")
        raise KeyboardInterrupt
    assert (library.counts().present, library.change) == (0, before)
    with library.transaction():
        put(library, tmp_path / "a.jpg")
        put(library, tmp_path / "b.jpg")
    assert (library.counts().present, library.change) == (2, before + 1)


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_names_that_are_no_text(library: Library) -> None:
    path = Path(os.fsdecode(b"/photos/caf\xe9.jpg"))
    photo_id = put(library, path)
    assert library.photo(photo_id).path == path
    assert set(library.known_files()) == {path}


def test_odd_but_valid_places(tmp_path: Path) -> None:
    path = tmp_path / "my photos? #1 % é" / "library.db"
    Library.open(path, create=True).close()
    with Library.read(path) as library:
        assert library.counts().present == 0


def test_what_is_made_is_private(tmp_path: Path) -> None:
    Library.open(tmp_path / "home" / "library.db", create=True).close()
    if os.name == "posix":
        assert (tmp_path / "home").stat().st_mode & 0o077 == 0


# -- versions ------------------------------------------------------------------------------


def test_a_newer_library_is_refused_and_left_as_it_is(library: Library) -> None:
    path = library.path
    library.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA user_version = {latest_version() + 1}")
    connection.close()
    before, entries = digest(path), sorted(os.listdir(path.parent))
    for attempt in (Library.open, Library.read):
        with pytest.raises(LibraryTooNew, match="upgrade Photopal"):
            attempt(path)
    with pytest.raises(LibraryTooNew):
        Library.open(path, create=True)
    assert digest(path) == before
    assert sorted(os.listdir(path.parent)) == entries


def test_a_newer_library_whose_last_pages_are_in_the_log(library: Library, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    library._connection.execute(f"PRAGMA user_version = {latest_version() + 1}")
    for name in ("library.db", "library.db-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    before = digest(copy / "library.db"), digest(copy / "library.db-wal")
    with pytest.raises(LibraryTooNew):
        Library.open(copy / "library.db")
    assert (digest(copy / "library.db"), digest(copy / "library.db-wal")) == before


def test_no_library_yet(tmp_path: Path) -> None:
    for attempt in (Library.open, Library.read):
        with pytest.raises(LibraryNotFound, match="photopal index"):
            attempt(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a database " * 100)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE photo (id)")
    connection.close()
    for path in (text, other):
        before = digest(path)
        for create in (True, False):
            with pytest.raises(LibraryError, match="not a Photopal library"):
                Library.open(path, create=create)
        assert digest(path) == before
    with pytest.raises(LibraryError, match="is a folder"):
        Library.open(tmp_path, create=True)


def test_an_empty_file_is_no_library_yet(tmp_path: Path) -> None:
    (tmp_path / "library.db").touch()
    with pytest.raises(LibraryNotFound):
        Library.read(tmp_path / "library.db")
    Library.open(tmp_path / "library.db", create=True).close()


def test_a_library_killed_while_it_was_made_is_made_again(tmp_path: Path) -> None:
    # What is left when the process ends between the first page and the first table.
    path = tmp_path / "library.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert path.stat().st_size > 0
    with pytest.raises(LibraryNotFound):
        Library.read(path)
    with Library.open(path, create=True) as library:
        assert library.counts().present == 0


def test_a_library_killed_with_all_of_it_in_the_log(library: Library, tmp_path: Path) -> None:
    put(library, tmp_path / "a.jpg")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("library.db", "library.db-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    with Library.read(copy / "library.db") as reader:
        assert reader.counts().present == 1


def test_damage_is_one_line(library: Library, tmp_path: Path) -> None:
    with library.transaction():
        for number in range(400):
            put(library, tmp_path / f"{number}.jpg", f"{number:08}")
    path = library.path
    library.close()
    content = bytearray(path.read_bytes())
    content[4096 * 4 :] = os.urandom(len(content) - 4096 * 4)
    path.write_bytes(bytes(content))
    with pytest.raises(LibraryError, match=r"damaged|cannot be used"), Library.read(path) as broken:
        broken.known_files()
        broken.photos_with("present")
        broken.searchable_ids()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot"):
        Library.open(tmp_path / "file" / "library.db", create=True)


# -- one writer ----------------------------------------------------------------------------


def test_one_writer_at_a_time(library: Library, tmp_path: Path) -> None:
    with library.writing():
        put(library, tmp_path / "a.jpg")
        with (
            Library.open(library.path) as second,
            pytest.raises(LibraryBusy, match="wait until it is done"),
        ):
            put(second, tmp_path / "b.jpg")
    with Library.open(library.path) as second:
        put(second, tmp_path / "b.jpg")
    assert library.counts().present == 2


def test_one_writer_among_threads(library: Library) -> None:
    caught: list[Exception] = []

    def write() -> None:
        try:
            with library.writing():
                pass
        except LibraryBusy as error:
            caught.append(error)

    with library.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_a_killed_writer_leaves_no_lock(library: Library, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from retrieval.library import Library\n"
        "library = Library.open(Path(sys.argv[1]))\n"
        "with library.writing(): print('holds', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(library.path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds\n"
        with pytest.raises(LibraryBusy):
            put(library, tmp_path / "a.jpg")
        process.kill()
    put(library, tmp_path / "a.jpg")


def test_several_programs_make_one_library_at_once(tmp_path: Path) -> None:
    path = tmp_path / "made.db"
    logs = 0
    for _ in range(3):
        path.unlink(missing_ok=True)
        with ThreadPoolExecutor(8) as pool:
            for library in pool.map(lambda _: Library.open(path, create=True), range(8)):
                logs += library._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
                library.close()
    assert logs == 24


def test_forgetting_a_folder(library: Library, tmp_path: Path) -> None:
    library.set_roots([tmp_path / "a", tmp_path / "b"])
    put(library, tmp_path / "a" / "1.jpg")
    put(library, tmp_path / "b" / "2.jpg")
    assert library.forget_folder(tmp_path / "a") == 1
    assert library.roots() == [tmp_path / "b"]
    assert (library.counts().present, library.counts().removed) == (1, 0)
    assert [path.name for path in library.known_files()] == ["2.jpg"]
    with pytest.raises(FolderNotFound, match="choose one of these"):
        library.forget_folder(tmp_path / "a")
    assert library.forget_folder(tmp_path) == 1
    assert library.counts().present == 0


# -- what a transaction promises -----------------------------------------------------------


def test_a_snapshot_cannot_be_written(library: Library, tmp_path: Path) -> None:
    with library.snapshot(), pytest.raises(LibraryError, match="inside a snapshot"):
        put(library, tmp_path / "a.jpg")
    put(library, tmp_path / "a.jpg")
    assert library.counts().present == 1


def test_a_photo_written_in_a_harmless_transaction_is_seen_all_the_same(
    library: Library, tmp_path: Path
) -> None:
    index = open_index(library)
    index.sync(library)
    before = library.change
    with library.transaction(alters_search=False):
        photo_id = put(library, tmp_path / "a.jpg")
        put(library, tmp_path / "b.jpg", "bb")
    assert library.change == before + 1
    assert index.sync(library) == 2
    assert photo_id in index.ids()
    with library.transaction(alters_search=False):
        library.touch_photo(photo_id, size=1, mtime_ns=3)
    assert library.change == before + 1
