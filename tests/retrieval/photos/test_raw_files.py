"""RAW files of cameras and JPEG XL: upright and dated, through a preview or developed here."""

import io
from pathlib import Path

import pytest
from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.photos import raw
from retrieval.photos.decoding import Decoded, read_photo
from retrieval.photos.jxl import pixels_of_jxl
from retrieval.photos.reading import PHOTO_SUFFIXES
from tests.support import camera_files as files
from tests.support.pictures import halves, is_halves

PREVIEW = files.jpeg(halves((1600, 1064)))

RAWS = {
    "photo.dng": lambda turn: files.dng(orientation=turn, preview=PREVIEW),
    "bare.dng": lambda turn: files.dng(orientation=turn),
    "photo.nef": lambda turn: files.camera_raw("NIKON", "D90", PREVIEW, orientation=turn),
    "photo.arw": lambda turn: files.camera_raw("SONY", "ILCE-7M3", PREVIEW, orientation=turn),
    "photo.orf": lambda turn: files.camera_raw(
        "OLYMPUS", "E-M5", PREVIEW, sign=b"IIRO", orientation=turn
    ),
    "photo.rw2": lambda turn: files.camera_raw(
        "Panasonic", "DMC-GH3", PREVIEW, sign=b"IIU\0", orientation=turn
    ),
    "photo.cr2": lambda turn: files.cr2(PREVIEW, orientation=turn),
    "photo.cr3": lambda turn: files.cr3(PREVIEW, orientation=turn),
    "photo.raf": lambda turn: files.raf(halves((1600, 1064)), orientation=turn),
}


def turned_back(picture: Image.Image, turn: int) -> Image.Image:
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: 3}
    return picture if turn == 1 else picture.transpose(Image.Transpose(back[turn]))


@pytest.mark.parametrize("turn", [1, 6, 8, 3])
@pytest.mark.parametrize("name", RAWS)
def test_raw_files_are_upright_and_dated(name: str, turn: int) -> None:
    """Through the preview that the camera developed, or developed here when there is none."""
    read: Decoded = read_photo(RAWS[name](turn), 100)
    assert Path(name).suffix in PHOTO_SUFFIXES
    assert 100 <= min(read.image.size) < 200
    assert is_halves(turned_back(read.image, turn), 60 if name == "bare.dng" else 40)
    assert read.metadata.taken_at is not None
    assert read.metadata.taken_at.startswith("2021-07-04T10:11:12")
    assert read.metadata.camera
    portrait = read.metadata.width < read.metadata.height
    assert portrait == (turn in (6, 8))


def test_a_small_preview_is_not_taken_for_the_photo() -> None:
    small = files.jpeg(Image.new("RGB", (60, 40), "green"))
    read = read_photo(files.dng(preview=small), 100)
    assert is_halves(read.image, 60)


def test_a_raw_whose_preview_is_damaged_is_developed() -> None:
    preview = bytearray(PREVIEW)
    preview[2:600] = bytes(598)
    assert raw.largest_jpeg(bytes(preview)) is None
    content = bytearray(files.dng((480, 320), preview=PREVIEW))
    start = content.index(PREVIEW[:64])
    content[start + 2 : start + 600] = bytes(598)
    assert is_halves(read_photo(bytes(content), 100).image, 60)


def test_a_raw_of_an_unknown_camera_without_a_preview_says_so() -> None:
    with pytest.raises(UnreadableImage, match="a RAW file of a kind that is not known"):
        read_photo(b"IIRO\x08\0\0\0" + bytes(4000))


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_jpeg_xl(lossless: bool, mode: str) -> None:
    import pillow_jxl  # noqa: F401

    buffer = io.BytesIO()
    halves((192, 128)).convert(mode).save(buffer, "JXL", lossless=lossless, quality=95)
    read = read_photo(buffer.getvalue(), 64)
    assert read.image.size == (96, 64)
    assert mode == "L" or is_halves(read.image)
    assert pixels_of_jxl(buffer.getvalue()) == (192, 128)


def test_a_jpeg_xl_is_told_its_size_before_it_is_decoded() -> None:
    """The plug-in decodes all of it at once, whatever its size."""
    huge = bytearray(b"\xff\x0a")
    bits = 0 | 3 << 1 | (60_000 - 1) << 3 | 1 << 33
    huge += bits.to_bytes(14, "little")
    assert pixels_of_jxl(bytes(huge)) == (60_000, 60_000)
    with pytest.raises(UnreadableImage, match="over the limit of 128 megapixels"):
        read_photo(bytes(huge))
