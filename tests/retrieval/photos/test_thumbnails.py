"""Thumbnails: small, clean, made once, bounded."""

import os
from pathlib import Path

import pytest
from PIL import Image

from retrieval.errors import PhotoNotFound, UnreadableImage
from retrieval.indexing import index_folders
from retrieval.library import Library, Photo
from retrieval.photos.scan import scan_folder
from retrieval.photos.thumbnails import Thumbnails
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import RED, exif, halves, paint


@pytest.fixture
def photo(library: Library, encoder: ColourEncoder, tmp_path: Path) -> Photo:
    folder = tmp_path / "photos"
    folder.mkdir()
    turned = halves((1600, 1200)).transpose(Image.Transpose.ROTATE_90)
    turned.save(folder / "a.jpg", exif=exif(6), quality=95, comment=b"secret comment")
    index_folders(library, encoder, [folder])
    return library.photos_with("present")[0]


def test_small_upright_and_without_metadata(photo: Photo, tmp_path: Path) -> None:
    path = Thumbnails(tmp_path / "cache").path(photo)
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 384))
        assert dict(picture.getexif()) == {}
        assert abs(picture.getpixel((50, 200))[0] - RED[0]) < 20  # type: ignore[index]
    content = path.read_bytes()
    for secret in (b"Exif", b"Canon", b"SN-42", b"secret"):
        assert secret not in content
    assert len(content) < 60_000


def test_made_once(photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Thumbnails(tmp_path / "cache").path(photo)
    before = path.stat().st_mtime_ns

    def never(*_: object, **__: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr("retrieval.photos.thumbnails.open_image", never)
    assert Thumbnails(tmp_path / "cache").path(photo) == path
    assert path.stat().st_mtime_ns == before


def test_a_small_photo_keeps_its_size(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    paint(tmp_path / "photos" / "a.png", "red", size=(40, 30))
    index_folders(library, encoder, [tmp_path / "photos"])
    path = Thumbnails(tmp_path / "cache").path(library.photos_with("present")[0])
    with Image.open(path) as picture:
        assert picture.size == (40, 30)


def test_a_photo_changed_since_it_was_indexed(photo: Photo, tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "cache")
    old = thumbnails.path(photo)
    paint(photo.path, "green")
    new = thumbnails.path(photo)
    assert new != old
    with Image.open(new) as picture:
        red, green, _ = picture.getpixel((5, 5))  # type: ignore[misc]
        assert green > red


def test_gone_or_broken(photo: Photo, tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "cache")
    photo.path.write_text("no photo any more")
    with pytest.raises(UnreadableImage):
        thumbnails.path(photo)
    photo.path.unlink()
    with pytest.raises(PhotoNotFound):
        thumbnails.path(photo)
    assert [path for path in tmp_path.glob("cache/**/*") if path.suffix == ".tmp"] == []


def test_bounded(library: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for seed in range(20):
        paint(folder / f"{seed:02}.png", "red", size=(200, 150), seed=seed)
    index_folders(library, encoder, [folder])
    thumbnails = Thumbnails(tmp_path / "cache", max_bytes=20_000)
    made = []
    for number, photo in enumerate(library.photos_with("present")):
        path = thumbnails.path(photo)
        os.utime(path, (number, number))
        made.append(path)
        assert path.exists()
        assert sum(one.stat().st_size for one in tmp_path.glob("cache/??/*.jpg")) <= 20_000
    assert not made[0].exists()
    assert made[-1].exists()


def test_the_cache_is_never_indexed(photo: Photo, tmp_path: Path) -> None:
    Thumbnails(tmp_path / "cache").path(photo)
    assert [file.path.name for file in scan_folder(tmp_path)] == ["a.jpg"]


def test_the_default_place(photo: Photo, tmp_path: Path) -> None:
    assert Thumbnails().path(photo).is_relative_to(tmp_path / "home" / "thumbnails")
