"""Which decoder a file is for, and which of several pictures in it is the photo."""

import io
from typing import IO, Any

from PIL import Image

from retrieval.errors import UnreadableImage
from retrieval.photos import tiff
from retrieval.photos.colours import picture_of
from retrieval.photos.jxl import pixels_of_jxl
from retrieval.photos.raw import RawImageFile, has_raw_sign

FORMATS = (
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "PPM", "AVIF", "HEIF", "JXL"),
    "ICO",
)
"""Formats that are tried, by Pillow's names; RAW files are told apart before."""

UPRIGHT_FORMATS = frozenset({"RAW", "JXL"})
"""Formats whose decoders turn the picture themselves, whatever their EXIF says besides."""

MAX_JXL_PIXELS = 128_000_000
"""JPEG XL with more is refused: its plug-in decodes all at once, at full size."""

_HEAD = 16
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825


def identify(file: IO[bytes]) -> Image.Image:
    """Open with the decoder whose signature fits, past Pillow's own limit, which ours replaces.

    Raises:
        UnreadableImage: no decoder's signature fits.
        Exception: whatever the decoder whose signature fits raises.
    """
    Image.init()
    prefix = file.read(_HEAD)
    file.seek(0)
    if has_raw_sign(prefix):
        return RawImageFile(file, "")
    if tiff.is_tiff(prefix):
        return _open_tiff(file)
    damage: Exception | None = None
    for name in FORMATS:
        factory, accepts = _plugin(name)
        fits = accepts is None or accepts(prefix)
        if factory is None or not fits or isinstance(fits, str):
            continue
        file.seek(0)
        if name == "JXL":
            _check_jxl(file)
        try:
            image: Image.Image = factory(file, "")
            return image
        except Exception as error:
            damage = error
    if damage is None:
        raise UnreadableImage("not an image")
    raise damage


def _plugin(name: str) -> tuple[Any, Any]:
    if name == "HEIF":
        from pillow_heif import HeifImageFile

        return HeifImageFile, lambda prefix: prefix[4:8] == b"ftyp"
    if name == "JXL":
        from pillow_jxl.JpegXLImagePlugin import JXLImageFile

        return JXLImageFile, lambda prefix: prefix[:2] == b"\xff\x0a" or prefix[4:8] == b"JXL "
    return Image.OPEN.get(name, (None, None))


def _check_jxl(file: IO[bytes]) -> None:
    size = pixels_of_jxl(file.read())
    file.seek(0)
    if size is None:
        raise UnreadableImage("damaged image (it has no size)")
    if size[0] * size[1] > MAX_JXL_PIXELS:
        raise UnreadableImage(
            f"{size[0]:,} x {size[1]:,} pixels is over the limit of "
            f"{MAX_JXL_PIXELS // 1_000_000:,} megapixels for JPEG XL"
        )


def _open_tiff(file: IO[bytes]) -> Image.Image:
    """The photo of a TIFF file: its largest whole page, developed when it is a RAW."""
    content = file.read()
    pages = tiff.directories(content)
    if any(page.is_sensor_data for page in pages):
        return RawImageFile(io.BytesIO(content), "")
    chosen = tiff.photo_of(pages)
    if chosen is None:
        file.seek(0)
        return _with_pillow(file)
    if _beyond_pillow(chosen):
        return _with_tifffile(content, chosen)
    if chosen is pages[0]:
        file.seek(0)
        return _with_pillow(file)
    image = _with_pillow(io.BytesIO(tiff.pointed_at(content, chosen)))
    _take_over_exif(image, content)
    return image


def _with_pillow(file: IO[bytes]) -> Image.Image:
    image: Image.Image = Image.OPEN["TIFF"][0](file, "")
    return image


def _beyond_pillow(page: tiff.Directory) -> bool:
    """Pages that Pillow refuses, or reads as another picture than they are."""
    bits, kind = page.first(258, 1), page.first(339, 1)
    colours = page.first(277, 1)
    subsampled = page.first(262) == 6 and page.first(259, 1) == 1
    unsigned = bits == 32 and kind == 1
    # Pillow takes the first third of such planes for all three.
    planes = page.first(284, 1) == 2 and bits == 16 and page.first(259, 1) == 1
    deep_colours = colours > 1 and bits not in (1, 2, 4, 8) and (bits, kind) != (16, 1)
    fractions = bits == 16 and kind == 3
    return not subsampled and (bits == 64 or planes or unsigned or deep_colours or fractions)


def _with_tifffile(content: bytes, page: tiff.Directory) -> Image.Image:
    """A page as tifffile reads it, for numbers that Pillow has no mode for."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(tiff.pointed_at(content, page))) as file:
        first = file.pages[0]
        values = first.asarray()
        if first.axes.startswith("S"):
            values = values.transpose(1, 2, 0)
    picture = picture_of(values)
    orientation = page.tags.get(274)
    if orientation:
        picture.getexif()[274] = orientation[0]
    if page.first(262, 1) == 0:
        picture = Image.eval(picture, lambda value: 255 - value)
    picture.format = "TIFF by tifffile"
    return picture


def _take_over_exif(image: Image.Image, content: bytes) -> None:
    """What the first page tells of the photo, for a page that was chosen instead of it."""
    try:
        first, own = _with_pillow(io.BytesIO(content)).getexif(), image.getexif()
        for directory in (_EXIF_IFD, _GPS_IFD):
            if not own.get_ifd(directory):
                own.get_ifd(directory).update(first.get_ifd(directory))
        for tag in (0x010F, 0x0110, 0x0112, 0x0132):
            if tag in first and tag not in own:
                own[tag] = first[tag]
    except Exception:
        # EXIF is written by countless programs; a photo is not lost for a broken tag.
        return
