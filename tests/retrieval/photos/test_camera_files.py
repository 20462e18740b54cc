"""Files as cameras and other programs write them; each kind of fault was reported in public.

The inputs are our own: made by real encoders, or written tag by tag where none writes such files.
"""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from retrieval.errors import UnreadableImage
from retrieval.photos import side_parts
from retrieval.photos.colours import PROFILE_DAMAGED
from retrieval.photos.decoding import read_photo
from retrieval.photos.reading import open_image
from retrieval.photos.side_parts import CUT_OFF, SIDE_PARTS
from retrieval.photos.tiff import directories
from tests.support import camera_files as files
from tests.support.pictures import colours, exif, halves, is_halves

# Pillow warns of much that is damaged here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

PIXELS = np.asarray(halves((192, 128)))
BOMB = zlib.compress(bytes(30_000_000))


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

PLAIN_TIFF: dict[int, tuple[str, Any]] = {
    **{256: ("I", [192]), 257: ("I", [128]), 258: ("H", [8, 8, 8])},
    **{262: ("H", [2]), 277: ("H", [3]), 278: ("I", [128]), 259: ("H", [1])},
}

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


DAMAGED_TAGS = [(2, 1000, 10**6), (5, 1, 0xFFFFFFF0), (7, 0xFFFFFF, 0xFFFFFFF0), (99, 1, 1)]


@pytest.mark.parametrize("tag", [34675, 700, 34665, 34853, 270, 274, 305, 37724])
@pytest.mark.parametrize("field", DAMAGED_TAGS)
def test_a_good_tiff_is_read_without_its_damaged_tags(
    tag: int, field: tuple[int, int, int]
) -> None:
    """Profiles, texts and EXIF that point outside of the file; Pillow loses what stands behind."""
    content = bytearray(files.written([({**PLAIN_TIFF, tag: ("I", [1])}, PIXELS.tobytes())]))
    place = content.rindex(struct.pack("<HHII", tag, 4, 1, 1))
    struct.pack_into("<HHII", content, place, tag, *field)
    assert is_halves(read_photo(bytes(content)).image)


def webp(**options: object) -> bytes:
    buffer = io.BytesIO()
    picture = halves((192, 128))
    if options.pop("alpha", False):
        picture = picture.convert("RGBA")
        picture.paste((0, 0, 0, 0), (0, 0, 192, 8))
    picture.save(buffer, "WEBP", quality=95, exif=exif(1), xmp=b"<x" * 50, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"alpha": True}])
def test_a_good_webp_is_read_without_its_damaged_end(options: dict[str, object]) -> None:
    content = webp(**options)
    read = read_photo(content[:-30])
    assert (is_halves(read.image), read.remark) == (True, SIDE_PARTS)
    wrong = content.index(b"EXIF") + 4
    read = read_photo(content[:wrong] + b"\xff\xff\xff\x7f" + content[wrong + 4 :])
    assert is_halves(read.image)
    if "alpha" in options:
        assert min(read.image.getpixel((96, 2))) > 250  # type: ignore[type-var]


def test_a_good_jpeg_2000_is_read_without_a_damaged_box() -> None:
    buffer = io.BytesIO()
    halves((192, 128)).save(buffer, "JPEG2000")
    content = buffer.getvalue()
    start = content.index(b"jp2c") - 4
    box = struct.pack(">I4s", 1 << 30, b"uuid") + bytes(100)
    read = read_photo(content[:start] + box + content[start:])
    assert (is_halves(read.image), read.remark) == (True, SIDE_PARTS)


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
        (PLAIN_TIFF, PIXELS.tobytes()),
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
