"""Photos in object storage: indexed, found, shown; and what is said when that cannot be."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from bot.access.pictures import Pictures
from retrieval.errors import FolderNotFound, PhotoNotFound, StorageError, UnreadableImage
from retrieval.filters import Filter, Place
from retrieval.indexing import Failed, index_folders
from retrieval.library import Library
from retrieval.photos.export import shareable_copy
from retrieval.photos.remote import RemotePath, path_from
from retrieval.search import Query, Searcher, SearchOptions
from tests.support.fake_encoder import ColourEncoder
from tests.support.object_storage import Storage, refusing_storage
from tests.support.pictures import exif


def photo(colour: str, seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG with EXIF; another seed gives other bytes of the same length."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", exif=exif(), comment=f"{seed:04}".encode())
    return file.getvalue()


@pytest.fixture
def album(storage: Storage) -> RemotePath:
    """Three photos in two folders, and much that is none."""
    storage.put("album/sea/blue.jpg", photo("blue"))
    storage.put("album/sea/red.jpg", photo("red"))
    storage.put("album/green.jpg", photo("green"))
    storage.put("album/no-photo.jpg", b"a text")
    storage.put("album/empty.png", b"")
    storage.put("album/sea/", b"")
    storage.put("album/.hidden.jpg", photo("white"))
    storage.put("album/@eaDir/red.jpg/thumb.jpg", photo("red"))
    storage.put("album//doubled.jpg", photo("black"))
    storage.put("album/clip.mov", b"...")
    storage.put("other/white.jpg", photo("white"))
    found = path_from(storage.address("album"))
    assert isinstance(found, RemotePath)
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the objects that are read."""
    found: list[str] = []
    original = RemotePath.read_bytes

    def read_bytes(self: RemotePath) -> bytes:
        found.append(self.name)
        return original(self)

    monkeypatch.setattr(RemotePath, "read_bytes", read_bytes)
    return found


def test_a_bucket_is_indexed_like_a_folder(
    library: Library, encoder: ColourEncoder, album: RemotePath, reads: list[str]
) -> None:
    report = index_folders(library, encoder, [album])
    assert report.indexed == 3
    assert [(one.path.name, one.reason) for one in report.failed] == [
        ("doubled.jpg", "its key has an empty or '.' part and cannot be a path"),
        ("empty.png", "empty file"),
        ("no-photo.jpg", "not an image"),
    ]
    assert report.passed.skipped == {".mov": 1}
    assert report.passed.left_out == {"Synology's thumbnails": 1}
    blue = next(one for one in library.photos_with("present") if one.path.name == "blue.jpg")
    assert str(blue.path) == f"{album}/sea/blue.jpg"
    assert blue.taken_at == "2021-07-04T10:11:12+02:00"
    assert blue.camera == "Canon EOS 5D"
    assert blue.place == Place("Sydney", "New South Wales", "Australia")
    # Whatever is as it was is not read again: but for what could not be read at all.
    reads.clear()
    again = index_folders(library, encoder, [])
    assert (again.indexed, again.unchanged, len(again.failed)) == (0, 3, 3)
    assert "blue.jpg" not in reads and "no-photo.jpg" not in reads
    assert library.roots() == [album]


def test_changed_moved_and_deleted_objects(
    library: Library, encoder: ColourEncoder, storage: Storage, album: RemotePath
) -> None:
    index_folders(library, encoder, [album])
    before = {one.path.name: one.id for one in library.photos_with("present")}
    # The same size, within the same second: its ETag tells.
    storage.put("album/sea/red.jpg", photo("red", seed=1))
    storage.put("album/lake/blue.jpg", photo("blue"))
    storage.delete("album/sea/blue.jpg")
    storage.delete("album/green.jpg")
    report = index_folders(library, encoder, [])
    assert (report.indexed, report.moved, report.removed) == (1, 1, 1)
    after = {one.path.name: one.id for one in library.photos_with("present")}
    assert after == {name: before[name] for name in ("red.jpg", "blue.jpg")}


def test_local_copies_are_photos_of_their_own(
    library: Library, encoder: ColourEncoder, album: RemotePath, tmp_path: Path
) -> None:
    """The storage is not asked for it in this run, but nothing tells that it is gone."""
    index_folders(library, encoder, [album])
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "blue.jpg").write_bytes(photo("blue"))
    report = index_folders(library, encoder, [tmp_path / "here"])
    assert (report.indexed, report.moved) == (1, 0)
    assert library.counts().present == 4


def test_found_filtered_and_shown(
    library: Library,
    encoder: ColourEncoder,
    storage: Storage,
    album: RemotePath,
    tmp_path: Path,
    reads: list[str],
) -> None:
    index_folders(library, encoder, [album])
    reads.clear()
    searcher = Searcher(library, encoder)
    hits = searcher.search(Query.of("blue"), SearchOptions(3)).hits
    assert str(hits[0].path) == f"{album}/sea/blue.jpg"
    inside = SearchOptions(5, filter=Filter(folders=(album / "sea",)))
    assert {hit.path.name for hit in searcher.search(Query.of("green"), inside).hits} == {
        "blue.jpg",
        "red.jpg",
    }
    assert reads == []
    pictures = Pictures(library, tmp_path / "thumbnails")
    with Image.open(pictures.thumbnail(hits[0].photo_id)) as thumbnail:
        assert thumbnail.size == (64, 48)
    with Image.open(io.BytesIO(pictures.copy(hits[0].photo_id))) as copy:
        assert not copy.getexif()
    reads.clear()
    pictures.thumbnail(hits[0].photo_id)
    assert reads == []
    # An object that was replaced since is shown as it is now.
    storage.put("album/green.jpg", photo("black", size=(32, 32)))
    green = next(one for one in library.photos_with("present") if one.path.name == "green.jpg")
    with Image.open(pictures.thumbnail(green.id)) as thumbnail:
        assert thumbnail.size == (32, 32)
    assert green.path.stat().st_size == len(photo("black", size=(32, 32)))
    storage.delete("album/green.jpg")
    with pytest.raises(FileNotFoundError):
        green.path.stat()
    with pytest.raises(PhotoNotFound):
        pictures.thumbnail(green.id)
    with pytest.raises(UnreadableImage, match="the file is gone"):
        shareable_copy(green.path)


def test_an_object_that_vanishes_meanwhile(
    library: Library,
    encoder: ColourEncoder,
    storage: Storage,
    album: RemotePath,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = RemotePath.below

    def below(self: RemotePath) -> dict[str, dict[str, object]]:
        found = original(self)
        storage.delete("album/green.jpg")
        return found

    monkeypatch.setattr(RemotePath, "below", below)
    report = index_folders(library, encoder, [album])
    assert Failed(album / "green.jpg", "the file is gone") in report.failed
    assert report.indexed == 2


def test_what_is_not_there_is_told_in_one_line(
    library: Library, encoder: ColourEncoder, storage: Storage, album: RemotePath
) -> None:
    for address, error, words in (
        ("s3://no-such-bucket/a", StorageError, "there is no s3://no-such-bucket"),
        (storage.address("nothing"), FolderNotFound, "nothing lies at s3://photos/nothing"),
        (f"{album}/green.jpg", FolderNotFound, "is a single object"),
    ):
        with pytest.raises(error, match=words):
            index_folders(library, encoder, [path_from(address)])
    assert library.roots() == []


def test_out_of_reach_and_refused(
    library: Library,
    encoder: ColourEncoder,
    album: RemotePath,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    index_folders(library, encoder, [album])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    _forget_clients()
    with pytest.raises(StorageError, match="cannot be reached: Could not connect"):
        index_folders(library, encoder, [album])
    # Among all folders it is one that is away, as an unplugged drive is.
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "white.jpg").write_bytes(photo("white"))
    index_folders(library, encoder, [tmp_path / "here"])
    report = index_folders(library, encoder, [])
    assert Failed(album, "the folder is gone; its photos stay in the library") in report.failed
    assert library.counts().present == 4
    with refusing_storage() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        _forget_clients()
        with pytest.raises(StorageError, match="no permission to list"):
            index_folders(library, encoder, [album])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _forget_clients()
    with pytest.raises(StorageError, match="Unable to locate credentials"):
        index_folders(library, encoder, [album])


def _forget_clients() -> None:
    """What a new process would not know."""
    import fsspec

    for kind in ("s3",):
        fsspec.get_filesystem_class(kind).clear_instance_cache()
    assert os.environ.get("AWS_CONFIG_FILE") == os.devnull
