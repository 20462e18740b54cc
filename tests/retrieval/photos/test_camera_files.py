"""Files as cameras and other programs write them; each kind of fault was reported in public.

The inputs are our own: made by real encoders, or written tag by tag where none writes such files.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from retrieval.errors import UnreadableImage
from retrieval.photos import raw, side_parts
from retrieval.photos.colours import PROFILE_DAMAGED
from retrieval.photos.decoding import Decoded, read_photo
from retrieval.photos.jxl import pixels_of_jxl
from retrieval.photos.reading import PHOTO_SUFFIXES, open_image
from retrieval.photos.side_parts import CUT_OFF, SIDE_PARTS
from retrieval.photos.tiff import directories
from tests.support import camera_files as files
from tests.support.pictures import BLUE, RED, exif, halves

PIXELS = np.asarray(halves((192, 128)))
BOMB = zlib.compress(bytes(30_000_000))


def colours(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Of the middle of the left half, and of the right half."""
    width, height = picture.size
    return tuple(  # type: ignore[return-value]
        np.asarray(picture.getpixel((place, height // 2)), dtype=int)
        for place in (width // 4, 3 * width // 4)
    )


def is_halves(picture: Image.Image, tolerance: int = 40) -> bool:
    left, right = colours(picture)
    return bool(max(np.abs(left - RED).max(), np.abs(right - BLUE).max()) < tolerance)


# -- pictures that lost their end ----------------------------------------------------------


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lost", [2, 40, 0.1])
def test_a_jpeg_without_its_last_bytes_is_a_photo_with_a_remark(
    progressive: bool, lost: float
) -> None:
    """Interrupted copies and full cards: viewers show such files, libraries refused them.

    Reported as Pillow issue 889 ("image file is truncated") and immich issue 8510.
    """
    noise = np.random.default_rng(0).integers(0, 60, (128, 192, 3), dtype=np.uint8)
    picture = Image.fromarray((PIXELS // 2 + noise).astype(np.uint8))
    content = files.jpeg(picture, progressive=progressive, exif=exif(1))
    cut = content[: -int(lost if lost > 1 else lost * len(content))]
    read = read_photo(cut, 64)
    assert read.remark is not None and read.remark.startswith(CUT_OFF)
    assert read.metadata.camera == "Canon EOS 5D"
    assert read.image.size == (96, 64)
    whole = np.asarray(read_photo(content, 64).image, dtype=int)
    upper = slice(0, 40)
    assert np.abs(np.asarray(read.image, dtype=int)[upper] - whole[upper]).mean() < 12


def test_how_much_is_missing_is_said_and_too_much_is_a_failure() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 192, 3), dtype=np.uint8)
    content = files.jpeg(Image.fromarray(noise))
    remark = read_photo(content[: int(0.8 * len(content))]).remark
    assert remark is not None and "of the picture" in remark
    with pytest.raises(UnreadableImage, match="truncated file"):
        read_photo(content[: len(content) // 3])


def test_the_zeros_of_an_interrupted_copy_are_not_taken_for_picture() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 192, 3), dtype=np.uint8)
    content = files.jpeg(Image.fromarray(noise))
    kept = int(0.9 * len(content))
    remark = read_photo(content[:kept] + bytes(len(content) - kept)).remark
    assert remark is None or remark.startswith(CUT_OFF)


def test_a_png_that_was_cut_off() -> None:
    noise = np.random.default_rng(0).integers(0, 60, (128, 192, 3), dtype=np.uint8)
    content = files.png_file(Image.fromarray((PIXELS // 2 + noise).astype(np.uint8)))
    read = read_photo(content[: int(0.9 * len(content))])
    assert read.remark is not None and read.remark.startswith(CUT_OFF)
    assert read.image.size == (192, 128)


# -- side parts ----------------------------------------------------------------------------

PNG = files.png_file()
JPEG = files.jpeg(exif=exif(1))
_SOUND = files.jpeg()

SIDE_PARTS_OF_PNG = {
    "zTXt bomb": files.with_chunk(PNG, b"zTXt", b"k\0\0" + BOMB),
    "iTXt bomb": files.with_chunk(PNG, b"iTXt", b"k\0\1\0\0\0" + BOMB),
    "profile bomb": files.with_chunk(PNG, b"iCCP", b"p\0\0" + BOMB),
    "wrong checksum": files.with_chunk(PNG, b"tEXt", b"k\0v", intact=False),
    "short pHYs": files.with_chunk(PNG, b"pHYs", b"12"),
    "short gAMA": files.with_chunk(PNG, b"gAMA", b""),
    "short tRNS": files.with_chunk(PNG, b"tRNS", b"1"),
    "damaged acTL": files.with_chunk(PNG, b"acTL", b"1"),
}


@pytest.mark.parametrize("name", SIDE_PARTS_OF_PNG)
def test_a_good_png_is_read_without_its_side_parts(name: str) -> None:
    """A text or profile that unpacks to megabytes: Pillow issues 8363, 5610 and 2445."""
    read = read_photo(SIDE_PARTS_OF_PNG[name])
    assert is_halves(read.image)
    assert read.remark == SIDE_PARTS


def test_many_large_texts_in_a_png() -> None:
    content = PNG
    for _ in range(70):
        content = files.with_chunk(content, b"tEXt", b"k\0" + b"x" * 1_000_000)
    assert is_halves(read_photo(content).image)


@pytest.mark.parametrize("name", ["iCCP", "eXIf", "vpAg"])
def test_damage_in_a_png_that_costs_nothing(name: str) -> None:
    content = files.with_chunk(PNG, name.encode(), b"p\0\0garbage")
    assert is_halves(read_photo(content).image)


SIDE_PARTS_OF_JPEG = {
    "short JFIF": files.with_segment(_SOUND, 0xE0, b"JFIF\0"),
    "short Adobe": files.with_segment(_SOUND, 0xEE, b"Adobe"),
    "short profile": files.with_segment(_SOUND, 0xE2, b"ICC_PROFILE\0"),
    "EXIF of wrong length": files.with_segment(_SOUND, 0xE1, b"Exif\0\0MM\0*" + b"x" * 90, 600),
}


@pytest.mark.parametrize("name", SIDE_PARTS_OF_JPEG)
def test_a_good_jpeg_is_read_without_its_side_parts(name: str) -> None:
    """Headers of which one length or field is wrong: immich issue 21499 ("corrupt header")."""
    read = read_photo(SIDE_PARTS_OF_JPEG[name])
    assert is_halves(read.image)
    assert read.remark == SIDE_PARTS


@pytest.mark.parametrize(
    ("marker", "data"),
    [
        (0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\xff" * 30),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<x>" * 20_000),
        (0xE1, b"Exif\0\0" + bytes(range(256)) * 200),
        (0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x02ab"),
        (0xFE, b"\xff" * 60_000),
    ],
    ids=["MPF", "XMP", "EXIF", "Photoshop", "comment"],
)
def test_damaged_side_parts_of_a_jpeg(marker: int, data: bytes) -> None:
    assert is_halves(read_photo(files.with_segment(_SOUND, marker, data)).image)


def test_exif_stays_where_another_part_is_left_out() -> None:
    turned = files.jpeg(halves((192, 128)).transpose(Image.Transpose.ROTATE_90), exif=exif(6))
    read = read_photo(files.with_segment(turned, 0xE0, b"JFIF\0"))
    assert is_halves(read.image)
    assert (read.metadata.taken_at, read.metadata.orientation) == ("2021-07-04T10:11:12+02:00", 6)


def test_the_preview_inside_damaged_exif_is_not_taken_for_the_photo() -> None:
    preview = files.jpeg(Image.new("RGB", (64, 48), "green"))
    content = files.with_segment(_SOUND, 0xE1, b"Exif\0\0MM\0*" + preview, 40)
    assert is_halves(read_photo(content).image)
    assert side_parts.essential_jpeg(preview + _SOUND[2:]) is not None


def test_a_damaged_colour_profile_is_a_remark() -> None:
    read = read_photo(files.jpeg(icc_profile=b"not a profile" * 20))
    assert (is_halves(read.image), read.remark) == (True, PROFILE_DAMAGED)


# -- several pictures in one file ----------------------------------------------------------

SMALL = np.zeros((32, 48, 3), np.uint8)


@pytest.mark.parametrize("said", [1, 0], ids=["said to be reduced", "not said"])
def test_a_tiff_whose_first_page_is_a_preview(said: int) -> None:
    """A preview was taken for the scan: kitodo-production issue 5160."""
    content = files.tiff(SMALL, PIXELS, photometric="rgb", first={"subfiletype": said})
    read = read_photo(content, 64)
    assert is_halves(read.image)
    assert (read.metadata.width, read.metadata.height) == (192, 128)


def test_a_photo_below_its_preview_with_what_the_first_page_tells() -> None:
    """Full pictures in SubIFDs, as TIFF/EP and scanners write them."""
    when = [(306, "s", 0, files.WHEN, True), (274, "H", 1, 3, True)]
    content = files.tiff(
        SMALL,
        np.ascontiguousarray(PIXELS[::-1, ::-1]),
        photometric="rgb",
        first={"subfiletype": 1, "subifds": 1, "extratags": when},
    )
    read = read_photo(content)
    assert is_halves(read.image)
    assert read.metadata.taken_at == "2021-07-04T10:11:12"


def test_a_mask_that_is_larger_than_the_photo() -> None:
    pages = [
        ({256: ("I", [384]), 257: ("I", [256]), 254: ("I", [4])}, bytes(384 * 256)),
        (
            {
                **{256: ("I", [192]), 257: ("I", [128]), 258: ("H", [8, 8, 8])},
                **{262: ("H", [2]), 277: ("H", [3]), 278: ("I", [128]), 259: ("H", [1])},
            },
            PIXELS.tobytes(),
        ),
    ]
    assert is_halves(read_photo(files.written(pages)).image)


def test_pages_of_a_document_give_the_first() -> None:
    pages = [PIXELS, np.full((130, 200, 3), 9, np.uint8)]
    assert is_halves(read_photo(files.tiff(*pages, photometric="rgb")).image)


def test_directories_that_lead_in_circles() -> None:
    page = ({256: ("I", [4]), 257: ("I", [4])}, bytes(16))
    content = bytearray(files.written([page, page]))
    first = struct.unpack_from("<I", content, 4)[0]
    number = struct.unpack_from("<H", content, first)[0]
    struct.pack_into("<I", content, first + 2 + 12 * number, first)
    assert len(directories(bytes(content))) == 1


@pytest.mark.parametrize("kind", ["MPO", "HEIF", "AVIF", "WEBP", "GIF", "PNG", "ICO"])
def test_the_first_or_main_picture_of_other_containers(tmp_path: Path, kind: str) -> None:
    """Stereo and burst files, sequences, animations and icons of several sizes."""
    others = [Image.new("RGB", (192, 128), "green"), Image.new("RGB", (64, 48), "yellow")]
    path = tmp_path / "several.jpg"
    main = halves((192, 128))
    if kind == "HEIF":
        import pillow_heif

        heif = pillow_heif.from_pillow(others[0])
        heif.add_from_pillow(main)
        heif.save(path, quality=95, primary_index=1)
    elif kind == "ICO":
        halves((64, 64)).save(path, kind, sizes=[(16, 16), (64, 64)], bitmap_format="png")
    else:
        same = [other.resize((192, 128)) for other in others]
        main.save(path, kind, save_all=True, append_images=same, quality=95)
    read = open_image(path)
    assert is_halves(read)
    assert read.size == ((64, 64) if kind == "ICO" else (192, 128))


def test_a_motion_photo_is_its_photo() -> None:
    """Google's and Samsung's phones put a video behind the JPEG: immich issue 160."""
    clip = b"\0\0\0\x18ftypmp42" + bytes(5000)
    read = read_photo(files.jpeg(exif=exif(1)) + clip)
    assert (is_halves(read.image), read.remark) == (True, None)


# -- pictures that Pillow decodes wrongly, or not at all -------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.float32])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_tones_of_grey_tiff(kind: type, photometric: str) -> None:
    """16-bit grey came out white or turned around: Pillow issues 1108, 2574 and 3011."""
    top = 1.0 if kind is np.float32 else float(np.iinfo(kind).max)
    tones = (np.linspace(0, 1, 256)[None].repeat(64, axis=0) * top).astype(kind)
    row = np.asarray(open_image(files.tiff(tones, photometric=photometric)))[10, :, 0].astype(int)
    wanted = np.arange(256) if photometric == "minisblack" else 255 - np.arange(256)
    assert np.abs(row - wanted).max() <= 1


DEEP = {
    "16 bits": (PIXELS.astype(np.uint16) * 257, {}),
    "16 bits, big endian": (PIXELS.astype(np.uint16) * 257, {"byteorder": ">"}),
    "32 bits": (PIXELS.astype(np.uint32) << 24, {}),
    "halves of floats": ((PIXELS / 255).astype(np.float16), {}),
    "floats": ((PIXELS / 255).astype(np.float32), {}),
    "packed floats": ((PIXELS / 255).astype(np.float32), {"compression": "zlib"}),
    "doubles": (PIXELS / 255, {}),
    "BigTIFF": (PIXELS, {"bigtiff": True}),
}


@pytest.mark.parametrize("name", DEEP)
def test_colours_of_deep_tiff(name: str) -> None:
    pixels, options = DEEP[name]
    assert is_halves(open_image(files.tiff(pixels, photometric="rgb", **options)))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_colours_in_planes_of_their_own(kind: type) -> None:
    planes = np.ascontiguousarray(PIXELS.transpose(2, 0, 1)).astype(kind)
    planes *= 257 if kind is np.uint16 else 1
    content = files.tiff(planes, photometric="rgb", planarconfig="separate")
    assert is_halves(open_image(content))


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "packbits", "tiff_adobe_deflate"])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "YCbCr"])
def test_packed_tiff(compression: str, mode: str) -> None:
    buffer = io.BytesIO()
    halves((192, 128)).convert(mode).save(buffer, "TIFF", compression=compression)
    assert is_halves(open_image(buffer.getvalue()))


@pytest.mark.parametrize("adobe", [True, False])
def test_printers_colours_with_and_without_adobes_mark(adobe: bool) -> None:
    """Adobe's programs store CMYK turned around; taken for the other, it is a negative."""
    picture = halves((192, 128)).convert("CMYK")
    content = files.jpeg(picture)
    if not adobe:
        turned = Image.merge(
            "CMYK", [Image.eval(one, lambda v: 255 - v) for one in picture.split()]
        )
        content = files.jpeg(turned)
        start = content.index(b"\xff\xee")
        length = int.from_bytes(content[start + 2 : start + 4], "big")
        content = content[:start] + content[start + 2 + length :]
    assert is_halves(open_image(content))


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBa"])
@pytest.mark.parametrize("side", [None, 40])
def test_transparency_of_every_kind_lies_on_white(mode: str, side: int | None) -> None:
    from retrieval.photos.colours import shrink, to_rgb

    full = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    full.paste((0, 0, 0, 255), (40, 0, 80, 80))
    picture = full.convert("LA").convert(mode) if mode == "La" else full.convert(mode)
    if mode == "PA":
        picture = full.convert("P")
        picture.putalpha(full.getchannel("A"))
    if side:
        picture = shrink(picture, side)
    shown = to_rgb(picture)
    assert shown.getpixel((5, 20)) == (255, 255, 255)
    assert max(shown.getpixel((shown.width - 5, 20))) < 5  # type: ignore[type-var]


def test_very_wide_colours_are_brought_to_the_screens() -> None:
    """A ProPhoto picture without its profile is dull; sRGB's own stays as it is, to the bit."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    plain = files.jpeg()
    marked = files.jpeg(icc_profile=srgb.tobytes())
    assert np.array_equal(np.asarray(open_image(plain)), np.asarray(open_image(marked)))
    wide = _wide_profile(srgb.tobytes())
    before, _ = colours(open_image(plain))
    after, _ = colours(open_image(files.jpeg(icc_profile=wide)))
    assert after[0] - after[1] > before[0] - before[1] + 10


def _wide_profile(srgb: bytes) -> bytes:
    """sRGB's profile with the primaries of ProPhoto."""
    profile = bytearray(srgb)
    primaries = {
        b"rXYZ": (0.7977, 0.2880, 0.0),
        b"gXYZ": (0.1352, 0.7119, 0.0),
        b"bXYZ": (0.0313, 0.0001, 0.8249),
    }
    for index in range(struct.unpack_from(">I", profile, 128)[0]):
        name, start, _ = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if name in primaries:
            values = [round(value * 65536) for value in primaries[name]]
            struct.pack_into(">3i", profile, start + 8, *values)
    return bytes(profile)


# -- RAW and JPEG XL -----------------------------------------------------------------------

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
    assert min(read.image.size) == 100
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
