"""Reading images: every format and mode, upright, reduced, and every way to be broken."""

import io
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.photos import reading as images
from retrieval.photos.opening import identify
from retrieval.photos.reading import PHOTO_SUFFIXES, open_image
from retrieval.photos.scaling import decode_reduced
from tests.support.other_user import as_ordinary_user
from tests.support.pictures import BLUE, RED, bomb, exif, halves, png

FORMATS = {
    "photo.jpg": ("JPEG", {"quality": 95}),
    "progressive.jpeg": ("JPEG", {"quality": 95, "progressive": True}),
    "photo.png": ("PNG", {}),
    "photo.webp": ("WEBP", {"quality": 95}),
    "lossless.webp": ("WEBP", {"lossless": True}),
    "photo.gif": ("GIF", {}),
    "photo.bmp": ("BMP", {}),
    "photo.tiff": ("TIFF", {}),
    "packed.tif": ("TIFF", {"compression": "tiff_lzw"}),
    "photo.jp2": ("JPEG2000", {}),
    "photo.j2k": ("JPEG2000", {}),
    "photo.ppm": ("PPM", {}),
    "photo.heic": ("HEIF", {"quality": 95}),
    "photo.avif": ("AVIF", {"quality": 95}),
}


def write(path: Path, picture: Image.Image, kind: str, **options: object) -> Path:
    if kind == "HEIF":
        import pillow_heif

        data = options.pop("exif", None)
        heif = pillow_heif.from_pillow(picture)
        if isinstance(data, Image.Exif):
            heif.info["exif"] = data.tobytes()
        heif.save(path, **options)
    else:
        picture.save(path, kind, **options)
    return path


def near(picture: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = np.asarray(picture.getpixel(place), dtype=int)
    return bool(np.abs(found - np.asarray(colour)).max() < 40)


def is_halves(picture: Image.Image) -> bool:
    width, height = picture.size
    left, right = (width // 4, height // 2), (3 * width // 4, height // 2)
    return near(picture, left, RED) and near(picture, right, BLUE)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("side", [None, 20, 64, 500])
def test_every_format_becomes_clean_rgb(tmp_path: Path, name: str, side: int | None) -> None:
    kind, options = FORMATS[name]
    path = write(tmp_path / name, halves((192, 128)), kind, **options)

    picture = open_image(path, side)

    assert picture.mode == "RGB"
    assert picture.info == {}
    assert picture.size == {None: (192, 128), 20: (30, 20), 64: (96, 64), 500: (192, 128)}[side]
    assert is_halves(picture)
    assert path.suffix in PHOTO_SUFFIXES


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "photo.tiff"])
@pytest.mark.parametrize("side", [None, 32])
def test_upright_by_exif(tmp_path: Path, name: str, orientation: int, side: int | None) -> None:
    stored = halves((192, 128))
    # What a camera stores: the upright picture, turned the other way.
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(back[orientation]))
    path = write(tmp_path / name, stored, FORMATS[name][0], exif=exif(orientation))

    picture = open_image(path, side)

    assert picture.size == ((192, 128) if side is None else (48, 32))
    assert is_halves(picture)


@pytest.mark.parametrize("name", ["photo.heic", "photo.avif"])
def test_phones_own_formats_are_upright_too(tmp_path: Path, name: str) -> None:
    stored = halves((192, 128)).transpose(Image.Transpose.ROTATE_90)
    path = write(tmp_path / name, stored, FORMATS[name][0], exif=exif(6))

    picture = open_image(path)

    assert picture.size == (192, 128)
    assert is_halves(picture)


def test_orientation_that_makes_no_sense_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "odd.jpg"
    halves().save(path, exif=exif(99))
    assert is_halves(open_image(path))
    path.write_bytes(path.read_bytes().replace(b"Exif\0\0MM", b"Exif\0\0XX"))
    assert is_halves(open_image(path))


def palette() -> Image.Image:
    return halves().quantize(8)


def transparent_palette() -> Image.Image:
    picture = Image.new("P", (96, 64), 0)
    picture.putpalette([*RED, *BLUE, 0, 0, 0])
    picture.paste(1, (48, 0, 96, 64))
    return picture


def alpha() -> Image.Image:
    picture = halves().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 96, 8))
    return picture


@pytest.mark.parametrize(
    ("make", "name", "options"),
    [
        (palette, "palette.png", {}),
        (transparent_palette, "transparent.png", {"transparency": 2}),
        (transparent_palette, "transparent.gif", {"transparency": 2}),
        (alpha, "alpha.png", {}),
        (alpha, "alpha.webp", {"lossless": True}),
        (alpha, "alpha.tiff", {}),
        (lambda: halves().convert("CMYK"), "cmyk.jpg", {"quality": 95}),
        (lambda: halves().convert("CMYK"), "cmyk.tiff", {}),
        (lambda: halves().convert("YCbCr"), "ycc.tiff", {}),
    ],
)
@pytest.mark.parametrize("side", [None, 32])
def test_every_mode(
    tmp_path: Path,
    make: Callable[[], Image.Image],
    name: str,
    options: dict[str, object],
    side: int | None,
) -> None:
    path = tmp_path / name
    make().save(path, **options)
    assert is_halves(open_image(path, side))


def test_alpha_lies_on_white(tmp_path: Path) -> None:
    path = tmp_path / "alpha.png"
    alpha().save(path)
    assert open_image(path).getpixel((10, 2)) == (255, 255, 255)
    grey = Image.new("LA", (40, 40), (0, 0))
    grey.save(path)
    assert open_image(path).getpixel((10, 2)) == (255, 255, 255)
    transparent = transparent_palette()
    transparent.save(path, transparency=0)
    assert open_image(path).getpixel((10, 2)) == (255, 255, 255)


def ramp(bits: int) -> np.ndarray:
    return np.linspace(0, 2**bits - 1, 256).round().astype(np.uint16)[None].repeat(64, axis=0)


@pytest.mark.parametrize("name", ["deep.png", "deep.tiff"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_deep_grey_keeps_its_tones(tmp_path: Path, name: str, bits: int) -> None:
    path = tmp_path / name
    Image.fromarray(ramp(bits)).save(path)
    picture = open_image(path)
    row = np.asarray(picture)[10, :, 0].astype(int)
    assert np.abs(row - np.arange(256)).max() <= 1
    assert open_image(path, 16).size == (64, 16)


def test_sixteen_bit_pgm(tmp_path: Path) -> None:
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5 256 64 65535\n" + ramp(16).astype(">u2").tobytes())
    row = np.asarray(open_image(path))[10, :, 0].astype(int)
    assert np.abs(row - np.arange(256)).max() <= 1


def test_sixteen_bit_colour_png(tmp_path: Path) -> None:
    pixels = np.asarray(halves(), dtype=np.uint16) * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    path = tmp_path / "deep.png"
    path.write_bytes(png(96, 64, 16, 2, rows))
    assert is_halves(open_image(path))


@pytest.mark.parametrize("top", [1.0, 255.0, 5000.0])
def test_fractions(tmp_path: Path, top: float) -> None:
    values = np.linspace(0, top, 256, dtype=np.float32)[None].repeat(64, axis=0)
    values[0, 0] = np.nan
    path = tmp_path / "fractions.tiff"
    Image.fromarray(values).save(path)
    row = np.asarray(open_image(path))[10, :, 0].astype(int)
    assert row[0] <= 1
    assert row[128] == pytest.approx(128 if top != 5000.0 else 39, abs=2)


@pytest.mark.parametrize(("name", "mode"), [("line.pbm", "1"), ("grey.pgm", "L"), ("g.jpg", "L")])
def test_without_colour(tmp_path: Path, name: str, mode: str) -> None:
    picture = Image.new(mode, (40, 40), 255)
    picture.paste(0, (0, 0, 20, 40))
    picture.save(tmp_path / name)
    shown = open_image(tmp_path / name)
    assert near(shown, (5, 5), (0, 0, 0))
    assert near(shown, (35, 5), (255, 255, 255))


def test_lab(tmp_path: Path) -> None:
    picture = Image.merge("LAB", [Image.new("L", (40, 40), value) for value in (200, 128, 128)])
    picture.save(tmp_path / "lab.tiff")
    red, green, blue = open_image(tmp_path / "lab.tiff", 20).getpixel((5, 5))  # type: ignore[misc]
    assert max(red, green, blue) - min(red, green, blue) < 6
    assert red > 150


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [halves(), Image.new("RGB", (96, 64), "green")]
    for name in ("moving.gif", "moving.webp", "moving.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert is_halves(open_image(tmp_path / name))


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    halves().save(tmp_path / "really.png")
    os.rename(tmp_path / "really.png", tmp_path / "called.jpg")
    assert is_halves(open_image(tmp_path / "called.jpg"))


def test_jpeg_is_decoded_at_reduced_scale(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    halves((4000, 3000)).save(path)
    with images.reading(path) as image:
        decode_reduced(image, 300, identify)
        assert image.size == (500, 375)
    assert open_image(path, 300).size == (400, 300)


def test_jpeg2000_with_fewer_levels_than_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "flat.jp2"
    halves((640, 640)).save(path, num_resolutions=1)
    assert is_halves(open_image(path, 16))


def test_profiles_are_applied_or_left_aside(tmp_path: Path) -> None:
    from PIL import ImageCms

    path = tmp_path / "profile.jpg"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"not a profile"):
        halves().save(path, quality=95, icc_profile=profile)
        picture = open_image(path, srgb=True)
        assert is_halves(picture)
        assert picture.info == {}


# -- everything that is wrong with files ---------------------------------------------------


def reason(path: Path, side: int | None = 224) -> str:
    with pytest.raises(UnreadableImage) as caught:
        open_image(path, side)
    assert "\n" not in str(caught.value)
    assert str(path) not in str(caught.value)
    return str(caught.value)


def test_missing_empty_text_folder(tmp_path: Path) -> None:
    assert reason(tmp_path / "none.jpg") == "the file is gone"
    (tmp_path / "empty.jpg").touch()
    assert reason(tmp_path / "empty.jpg") == "empty file"
    (tmp_path / "text.jpg").write_text("dear diary, today I took a photo")
    assert reason(tmp_path / "text.jpg") == "not an image"
    assert reason(tmp_path) == "a folder, not a file"
    (tmp_path / "script.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    assert reason(tmp_path / "script.png") == "not an image"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(tmp_path / "pipe.jpg") == "not a regular file"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users on this system")
def test_no_permission() -> None:
    with as_ordinary_user() as folder:
        path = folder / "secret.jpg"
        halves().save(path)
        path.chmod(0)
        assert reason(path) == "no permission to read"
        path.chmod(0o600)
        assert open_image(path)


def test_no_permission_as_the_system_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.jpg"
    halves().save(path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("builtins.open", refuse)
    assert reason(path) == "no permission to read"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_truncated(tmp_path: Path, name: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (128, 192, 3), dtype=np.uint8)
    kind, options = FORMATS[name]
    path = write(tmp_path / name, Image.fromarray(noise), kind, **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    if (share == 0.9 and kind in ("JPEG", "PNG")) or (name == "progressive.jpeg" and share > 0.1):
        # Most of the picture is there, or all of it with less detail.
        assert open_image(path).size == (192, 128)
    else:
        assert reason(path)
    if name == "photo.jpg" and share == 0.3:
        assert reason(path) == "truncated file"


def test_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb())
    assert path.stat().st_size < 10_000
    expected = "50,000 x 50,000 pixels is over the limit of 256 megapixels"
    assert reason(path) == expected
    assert reason(path, None) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6) + b",",
        b"P6 60000 60000 255\n" + bytes(100),
        b"BM"
        + struct.pack("<IHHI", 1000, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0),
    ],
    ids=["gif", "ppm", "bmp"],
)
def test_bombs_of_other_formats(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bomb.jpg"
    path.write_bytes(content)
    assert "megapixels" in reason(path) or "damaged" in reason(path) or "trunc" in reason(path)


def test_pictures_beyond_pillows_own_limit_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    path = tmp_path / "large.jpg"
    halves((192, 128)).save(path)
    assert is_halves(open_image(path, 64))


def test_baseline_jpeg_may_be_larger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 10_000)
    for name in ("baseline.jpg", "progressive.jpg"):
        halves((192, 128)).save(tmp_path / name, progressive=name == "progressive.jpg")
    assert open_image(tmp_path / "baseline.jpg", 64).size == (96, 64)
    assert "megapixels" in reason(tmp_path / "progressive.jpg")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORMATS)
def test_damage_anywhere_ends_as_a_reason_or_a_picture(tmp_path: Path, name: str) -> None:
    kind, options = FORMATS[name]
    path = write(tmp_path / name, halves(), kind, **options)
    content = path.read_bytes()
    random = np.random.default_rng(7)
    for _ in range(40):
        damaged = bytearray(content)
        for place in random.integers(0, min(len(damaged), 400), 3):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            picture = open_image(path, 32)
        except UnreadableImage as error:
            assert str(error)
        else:
            assert picture.mode == "RGB"


def test_decoders_that_fail_oddly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.png"
    halves().save(path)
    for error, expected in [
        (MemoryError(), "too large for the memory"),
        (struct.error("unpack requires a buffer of 4 bytes"), "truncated file"),
        (RecursionError("deep"), "damaged image (deep)"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (ZeroDivisionError(), "damaged image"),
    ]:

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
        assert reason(path) == expected


def test_nothing_of_pillow_is_changed(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    halves().save(tmp_path / "photo.png")
    open_image(tmp_path / "photo.png")
    assert before == Image.MAX_IMAGE_PIXELS
    buffer = io.BytesIO()
    halves().save(buffer, "PNG")
