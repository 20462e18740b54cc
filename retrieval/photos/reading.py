"""Read any photo safely: whatever the file holds, the end is an upright RGB picture or one reason.

The steps, each of which costs no more than it must:

1. The first bytes decide the format; the file's name does not count, and formats that photos do
   not come in (PostScript, PSD, ...) are never tried.
2. The header gives the size in pixels. Too many are refused before anything is decoded.
3. The picture is decoded at reduced scale where the format allows it (JPEG, JPEG 2000, HEIC with
   a preview inside), then shrunk, then converted to RGB and turned upright.
"""

import contextlib
import io
import math
import os
import stat
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from retrieval.errors import UnreadableImage

_SUFFIXES = """
    .jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .bmp .dib .tif .tiff
    .jp2 .j2k .jpf .jpx .j2c .jpc .pnm .ppm .pgm .pbm .heic .heics .heif .heifs .hif .avif .avifs
"""
PHOTO_SUFFIXES: frozenset[str] = frozenset(_SUFFIXES.split())
"""File name endings, in lower case, that make a file count as a photo."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "PPM", "AVIF", "HEIF")
"""Formats that are tried, by Pillow's names."""

MAX_PIXELS = 256_000_000
"""Pictures with more are refused when the whole of them, a gigabyte, would have to be decoded."""

MAX_PIXELS_REDUCED = 1_200_000_000
"""The limit for baseline JPEG, which is decoded at an eighth of its size without holding it all."""

MAX_FILE_BYTES = 1 << 30
"""Larger files are refused unread."""

NO_PERMISSION = "no permission to read"
GONE = "the file is gone"
OUT_OF_REACH = frozenset({NO_PERMISSION, GONE})
"""Reasons that say nothing of the content: such a file may be fine the next time."""

LARGE_PIXELS = 50_000_000
"""Pictures with more are decoded one at a time, so that two of them never add up in memory."""

LARGE_FILE_BYTES = 1 << 26
"""Of larger files only one at a time is held in memory; see :func:`bounded_memory`."""

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_large_picture = threading.Lock()
_large_file = threading.Lock()


Source = Path | bytes
"""A photo's file, or the bytes that :func:`read_file` read from it."""


def open_image(source: Source, side: int | None = None, *, srgb: bool = False) -> Image.Image:
    """The photo in a file as an upright RGB picture that carries no metadata at all.

    Args:
        source: the file, or its bytes.
        side: when given, the picture comes back shrunk so that its shorter edge is ``side``
            pixels; a smaller one keeps its size. Far faster than decoding it whole.
        srgb: convert from the colour profile inside the file, for pictures that people look at.

    Raises:
        UnreadableImage: with a short reason, for whatever is wrong with the file.
    """
    with reading(source) as image:
        pixels = image.width * image.height
        with _large_picture if pixels > LARGE_PIXELS else contextlib.nullcontext():
            return _upright_rgb(image, side, srgb)


def read_file(path: Path) -> bytes:
    """The bytes of a photo's file, for whoever needs them for more than decoding.

    Raises:
        UnreadableImage: it is no regular file, or over the limit of size.
        OSError: it cannot be read.
    """
    _check_file(path)
    with open(path, "rb") as file:
        return file.read(MAX_FILE_BYTES)


@contextlib.contextmanager
def bounded_memory(size: int) -> Iterator[None]:
    """Let only one thread at a time hold the bytes of a large file."""
    with _large_file if size > LARGE_FILE_BYTES else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def reading(source: Source) -> Iterator[Image.Image]:
    """A photo opened but not decoded yet; every error inside ends as ``UnreadableImage``."""
    try:
        with _open(source) as file, contextlib.closing(_identify(file)) as image:
            _check_size(image)
            yield image
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(reason_of(error)) from error


def exif_of(image: Image.Image) -> Image.Exif:
    """EXIF without decoding the picture, which Pillow's PNG would do in search of more of it."""
    return Image.Image.getexif(image) if image.format == "PNG" else image.getexif()


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it makes no sense."""
    try:
        value = exif_of(image).get(_ORIENTATION_TAG, 1)
    except Exception:
        # EXIF is written by countless cameras and editors; a photo is not lost for a broken tag.
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _open(source: Source) -> IO[bytes]:
    if isinstance(source, bytes):
        if not source:
            raise UnreadableImage("empty file")
        return io.BytesIO(source)
    if _check_file(source) == 0:
        raise UnreadableImage("empty file")
    return open(source, "rb")


def _check_file(path: Path) -> int:
    """The size of a file that may be read."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode)
        raise UnreadableImage("a folder, not a file" if is_folder else "not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise UnreadableImage(f"over the limit of {MAX_FILE_BYTES >> 20:,} MB")
    return status.st_size


def _identify(file: IO[bytes]) -> Image.Image:
    """Open with the plugin whose signature fits, past Pillow's own limit, which ours replaces."""
    Image.init()
    prefix = file.read(16)
    damage: Exception | None = None
    for name in FORMATS:
        factory, accepts = _plugin(name)
        fits = accepts is None or accepts(prefix)
        if factory is None or not fits or isinstance(fits, str):
            continue
        file.seek(0)
        try:
            return factory(file, "")
        except Exception as error:
            damage = error
    if damage is None:
        raise UnreadableImage("not an image")
    raise damage


def _plugin(name: str) -> tuple[Any, Any]:
    if name == "HEIF":
        try:
            from pillow_heif import HeifImageFile
        except ImportError:
            return None, None
        return HeifImageFile, lambda prefix: prefix[4:8] == b"ftyp"
    return Image.OPEN.get(name, (None, None))


def _check_size(image: Image.Image) -> None:
    if min(image.size) < 1:
        raise UnreadableImage("damaged image (it has no size)")
    limit = MAX_PIXELS
    if image.format == "JPEG" and not image.info.get("progressive"):
        limit = MAX_PIXELS_REDUCED
    if image.width * image.height > limit:
        raise UnreadableImage(
            f"{image.width:,} x {image.height:,} pixels is over the limit of "
            f"{limit // 1_000_000:,} megapixels"
        )


def _upright_rgb(image: Image.Image, side: int | None, srgb: bool) -> Image.Image:
    if image.width * image.height > MAX_PIXELS:
        side = min(side or 4096, 4096)
    if side is not None:
        image = _decode_reduced(image, side)
    else:
        image.load()
    # Only now: Pillow turns TIFF upright by itself while it decodes.
    turn = _UPRIGHT.get(orientation_of(image))
    picture = _eight_bit(image, side)
    if side is not None:
        picture = _shrink(picture, side)
    if srgb:
        picture = _to_srgb(picture, image.info.get("icc_profile"))
    picture = _to_rgb(picture)
    if turn is not None:
        picture = picture.transpose(turn)
    # A picture of its own, so that nothing from the file can travel along into a copy.
    clean = picture.copy() if picture is image else picture
    clean.info = {}
    return clean


def _target(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / min(size)
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _decode_reduced(image: Image.Image, side: int) -> Image.Image:
    """Decode at the smallest scale that the format offers and that is still large enough."""
    target = _target(image.size, side)
    if target != image.size:
        if image.format == "JPEG2000":
            return _decode_jpeg2000(image, side)
        with contextlib.suppress(NotImplementedError, AttributeError):
            image.draft(image.mode, target)
    image.load()
    return image


def _decode_jpeg2000(image: Image.Image, side: int) -> Image.Image:
    # Each resolution level halves the edges; files usually hold five besides the full one.
    levels = min(5, int(math.log2(min(image.size) / side)))
    if levels:
        file, full = image.fp, image.size  # type: ignore[attr-defined]
        try:
            image.reduce = levels  # type: ignore[method-assign,assignment]
            image.load()
            return image
        except Exception:
            file.seek(0)
            image = _identify(file)
            if image.size != full:
                raise
    image.load()
    return image


def _shrink(picture: Image.Image, side: int) -> Image.Image:
    target = _target(picture.size, side)
    if target == picture.size:
        return picture
    if picture.mode in ("1", "P", "PA") or "transparency" in picture.info:
        picture = _to_rgb(picture)
    return picture.resize(target, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _eight_bit(image: Image.Image, side: int | None) -> Image.Image:
    """Pictures with 16 or 32 bits or fractions a pixel, brought to 8 bits of grey."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    if image.mode == "F":
        finite = np.nan_to_num(np.asarray(image), nan=0.0, posinf=0.0, neginf=0.0)
        picture = Image.fromarray(finite.astype(np.float32))
    else:
        picture = image if image.mode == "I" else image.convert("I")
    low, high = (float(value) for value in picture.getextrema())  # type: ignore[arg-type]
    if side is not None:
        picture = _shrink(picture, side)
    low = min(low, 0.0)
    # Sensors with 10, 12 or 14 bits store them in 16; taking those for 16 would leave a black
    # picture. Fractions usually run to 1.
    steps = [255.0, 1023.0, 4095.0, 16383.0, 65535.0]
    if image.mode == "F":
        steps.insert(0, 1.0)
    full = next((top for top in steps if high - low <= top), high - low)
    values = (np.asarray(picture, dtype=np.float32) - low) * (255.0 / full) + 0.5
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB" and "transparency" not in picture.info:
        return picture
    if picture.mode == "LAB":
        return _from_lab(picture)
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return picture.convert("RGB")


def _from_lab(picture: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    converted = ImageCms.applyTransform(picture, transform)
    return converted if converted is not None else picture.convert("RGB")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as a plain screen shows them; a profile that cannot be used is left aside."""
    if not profile:
        return picture
    from PIL import ImageCms

    modes = {"RGB ": ("RGB", "RGBA"), "CMYK": ("CMYK",), "GRAY": ("L",)}
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode not in modes.get(source.profile.xcolor_space, ()):
            return picture
        converted = ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            outputMode="RGBA" if picture.mode == "RGBA" else "RGB",
        )
    except Exception:
        return picture
    return converted if converted is not None else picture


def reason_of(error: Exception) -> str:
    """What a person should read about an exception of the system or of a decoder."""
    if isinstance(error, PermissionError):
        return NO_PERMISSION
    if isinstance(error, FileNotFoundError):
        return GONE
    if isinstance(error, Image.DecompressionBombError):
        return "more pixels than can be read safely"
    if isinstance(error, MemoryError):
        return "too large for the memory"
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return f"cannot be read: {error.strerror}"
    text = " ".join(str(error).split())
    lowered = text.lower()
    signs = ("truncat", "eof", "unexpected end", "end of file", "end-of-file", "broken data stream")
    if isinstance(error, struct.error) or any(sign in lowered for sign in signs):
        return "truncated file"
    return f"damaged image ({text[:80]})" if text else "damaged image"
