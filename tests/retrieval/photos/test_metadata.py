"""Metadata: what a camera wrote, and EXIF of all the wrong kinds."""

from pathlib import Path

import pytest
from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.photos.metadata import Metadata, read_metadata
from retrieval.photos.reading import open_image
from tests.support.pictures import exif, halves


def test_all_of_it(tmp_path: Path) -> None:
    halves((96, 64)).save(tmp_path / "photo.jpg", exif=exif(6))
    assert read_metadata(tmp_path / "photo.jpg") == Metadata(
        width=64,
        height=96,
        taken_at="2021-07-04T10:11:12+02:00",
        camera="Canon EOS 5D",
        orientation=6,
        latitude=-33.8583333,
        longitude=151.21,
    )


@pytest.mark.parametrize("name", ["photo.png", "photo.webp", "photo.tiff", "photo.avif"])
def test_the_size_is_that_of_the_upright_picture(tmp_path: Path, name: str) -> None:
    halves((96, 64)).save(tmp_path / name, exif=exif(6))
    found = read_metadata(tmp_path / name)
    assert (found.width, found.height, found.orientation) == (64, 96, 6)
    assert open_image(tmp_path / name).size == (64, 96)


def test_none_of_it(tmp_path: Path) -> None:
    halves((96, 64)).save(tmp_path / "photo.png")
    assert read_metadata(tmp_path / "photo.png") == Metadata(width=96, height=64)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (0x9003, "0000:00:00 00:00:00"),
        (0x9003, "yesterday"),
        (0x9003, "2021:13:45 99:00:00"),
        (0x9003, 42),
        (0x9003, b"\xff\xfe\0"),
    ],
)
def test_times_that_make_no_sense(tmp_path: Path, tag: int, value: object) -> None:
    data = Image.Exif()
    data.get_ifd(0x8769)[tag] = value
    halves().save(tmp_path / "photo.jpg", exif=data)
    assert read_metadata(tmp_path / "photo.jpg").taken_at is None


@pytest.mark.parametrize(
    "place",
    [
        {1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (10.0, 0.0, 0.0)},
        {2: 5.0, 4: "x"},
        {1: "N", 2: (float("nan"), 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
    ],
)
def test_places_that_make_no_sense(tmp_path: Path, place: dict[int, object]) -> None:
    data = Image.Exif()
    data.get_ifd(0x8825).update(place)
    halves().save(tmp_path / "photo.png", exif=data)
    found = read_metadata(tmp_path / "photo.png")
    assert (found.latitude, found.longitude) == (None, None)


def test_damaged_exif_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    halves((96, 64)).save(path, exif=exif())
    content = path.read_bytes()
    start = content.index(b"Exif\0\0") + 10
    path.write_bytes(content[:start] + b"\xff" * 60 + content[start + 60 :])
    found = read_metadata(path)
    assert (found.width, found.height) == (96, 64)


def test_no_image_at_all(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(UnreadableImage, match="not an image"):
        read_metadata(tmp_path / "text.jpg")


def test_a_png_is_not_decoded_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    halves((96, 64)).save(tmp_path / "photo.png", exif=exif(6))
    halves((96, 64)).save(tmp_path / "bare.png")

    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", never)
    assert read_metadata(tmp_path / "photo.png").camera == "Canon EOS 5D"
    assert read_metadata(tmp_path / "bare.png") == Metadata(width=96, height=64)
