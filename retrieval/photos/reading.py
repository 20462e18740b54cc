"""Read any photo safely: whatever the file holds, the end is an upright RGB picture or one reason.

The steps, each of which costs no more than it must:

1. The first bytes decide the format; the file's name does not count, and formats that photos do
   not come in (PostScript, PSD, ...) are never tried. Of several pictures the real one is chosen
   (:mod:`retrieval.photos.opening`).
2. The header gives the size in pixels. Too many are refused before anything is decoded.
3. The picture is decoded at reduced scale where the format allows it (JPEG, JPEG 2000, HEIC with
   a preview inside), then shrunk, then converted to RGB and turned upright.
4. Where that fails, a good picture may be left all the same: the file is mended in memory
   (:mod:`retrieval.photos.mending`) and read with a remark.
"""

import contextlib
import io
import os
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from PIL import Image

from retrieval.errors import StorageError, UnreadableImage
from retrieval.photos.colours import eight_bit, printers_colours, shrink, to_rgb, to_srgb
from retrieval.photos.mending import mended
from retrieval.photos.opening import UPRIGHT_FORMATS, identify
from retrieval.photos.raw import RAW_SUFFIXES
from retrieval.photos.remote import RemotePath
from retrieval.photos.scaling import decode_reduced

_SUFFIXES = """
    .jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .bmp .dib .tif .tiff .jxl
    .jp2 .j2k .jpf .jpx .j2c .jpc .pnm .ppm .pgm .pbm .heic .heics .heif .heifs .hif .avif .avifs
"""
PHOTO_SUFFIXES: frozenset[str] = frozenset(_SUFFIXES.split()) | RAW_SUFFIXES
"""File name endings, in lower case, that make a file count as a photo."""

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
_large_file = threading.Lock()


class _LargePicture:
    """Who may decode a large picture now. In a worker process, its parent is asked instead."""

    lock: contextlib.AbstractContextManager[object] = threading.Lock()


def one_large_picture() -> contextlib.AbstractContextManager[object]:
    """Hold this while a picture of more than :data:`LARGE_PIXELS` is decoded."""
    return _LargePicture.lock


def use_lock_for_large_pictures(lock: contextlib.AbstractContextManager[object]) -> None:
    """Ask for a leave of another kind before large pictures, in this whole process."""
    _LargePicture.lock = lock


T = TypeVar("T")
Source = Path | bytes
"""A photo's file, or the bytes that :func:`read_file` read from it."""


@dataclass(frozen=True, slots=True)
class Remarked:
    """A picture, and what a person should know of how it was read; no remark when all is well."""

    image: Image.Image
    remark: str | None = None


def open_image(
    source: Source, side: int | None = None, *, srgb: bool = False, mend: bool = True
) -> Image.Image:
    """The photo in a file as an upright RGB picture that carries no metadata at all.

    Args:
        source: the file, or its bytes.
        side: when given, the picture comes back shrunk so that its shorter edge is ``side``
            pixels; a smaller one keeps its size. Far faster than decoding it whole.
        srgb: convert from the colour profile inside the file, for pictures that people look at.
        mend: read also what is damaged or cut off, as far as there is a picture in it.

    Raises:
        UnreadableImage: with a short reason, for whatever is wrong with the file.
    """
    return attempt(source, lambda image: upright_rgb(image, side, srgb), mend=mend)[0].image


def attempt(
    source: Source, work: Callable[[Image.Image], T], *, mend: bool = True
) -> tuple[T, str | None]:
    """Do something with a photo that is opened but not decoded yet; mend its file if that fails.

    Args:
        source: the file, or its bytes.
        work: is called again, with the mended file, when it raises.
        mend: off: leave it at the first try.

    Returns:
        What ``work`` returned, and a remark when the file had to be mended.

    Raises:
        UnreadableImage: with a short reason, for whatever is wrong with the file.
    """
    try:
        with reading(source) as image:
            return work(image), None
    except UnreadableImage as damage:
        if not mend or not isinstance(damage.__cause__, Exception) or _is_final(damage.__cause__):
            raise
        with contextlib.suppress(OSError):
            whole = source if isinstance(source, bytes) else read_file(source)
            for content, remark in mended(whole):
                with contextlib.suppress(UnreadableImage), reading(content) as image:
                    return work(image), remark
        raise


def _is_final(error: BaseException) -> bool:
    """Whether an error lies in the system or in a limit, so that mending is no use."""
    system = isinstance(error, OSError) and error.errno is not None
    return system or isinstance(error, MemoryError | Image.DecompressionBombError)


def read_file(path: Path) -> bytes:
    """The bytes of a photo's file, for whoever needs them for more than decoding.

    Raises:
        UnreadableImage: it is no regular file, or over the limit of size.
        OSError: it cannot be read.
        StorageError: it lies in storage that is out of reach.
    """
    if isinstance(path, RemotePath):
        return path.read_bytes()
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
    """A photo opened but not decoded yet; every error inside ends as ``UnreadableImage``.

    All but ``StorageError``, which says nothing of the photo.
    """
    try:
        with _open(source) as file, contextlib.closing(identify(file)) as image:
            _check_size(image)
            yield image
    except (UnreadableImage, StorageError):
        raise
    except Exception as error:
        raise UnreadableImage(reason_of(error)) from error


def exif_of(image: Image.Image) -> Image.Exif:
    """EXIF without decoding the picture, which Pillow's PNG would do in search of more of it."""
    return Image.Image.getexif(image) if image.format == "PNG" else image.getexif()


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it makes no sense.

    Also 1 for formats whose decoders turn the picture themselves.
    """
    if image.format in UPRIGHT_FORMATS and not getattr(image, "jpeg", False):
        return 1
    try:
        value = exif_of(image).get(_ORIENTATION_TAG, 1)
    except Exception:
        # EXIF is written by countless cameras and editors; a photo is not lost for a broken tag.
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _open(source: Source) -> IO[bytes]:
    if isinstance(source, RemotePath):
        source = source.read_bytes()
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


def _check_size(image: Image.Image) -> None:
    if min(image.size) < 1:
        raise UnreadableImage("damaged image (it has no size)")
    limit = MAX_PIXELS
    if image.format == "RAW":
        # Its preview is far smaller, and its sensor was checked.
        return
    if image.format == "JPEG" and not image.info.get("progressive"):
        limit = MAX_PIXELS_REDUCED
    if image.width * image.height > limit:
        raise UnreadableImage(
            f"{image.width:,} x {image.height:,} pixels is over the limit of "
            f"{limit // 1_000_000:,} megapixels"
        )


def upright_rgb(
    image: Image.Image, side: int | None, srgb: bool, *, at_least: bool = False
) -> Remarked:
    """Decode a photo that was opened; see :func:`open_image`.

    Args:
        image: opened, not decoded yet.
        side: wanted of the shorter edge, in pixels.
        srgb: convert from the colour profile.
        at_least: leave it at the scale that the decoder offers, as long as it is less than twice
            too large. Who shrinks the picture anyway saves a third of the time by that.
    """
    pixels = image.width * image.height
    with one_large_picture() if pixels > LARGE_PIXELS else contextlib.nullcontext():
        if pixels > MAX_PIXELS:
            side = min(side or 4096, 4096)
        if side is not None:
            image = decode_reduced(image, side, identify)
        else:
            image.load()
        # Only now: Pillow turns TIFF upright by itself while it decodes.
        turn = _UPRIGHT.get(orientation_of(image))
        picture = eight_bit(printers_colours(image), side)
        if side is not None and not (at_least and min(picture.size) < 2 * side):
            picture = shrink(picture, side)
        picture, remark = to_srgb(picture, image.info.get("icc_profile"), exactly=srgb)
        picture = to_rgb(picture)
        if turn is not None:
            picture = picture.transpose(turn)
        # A picture of its own, so that nothing from the file can travel along into a copy.
        clean = picture.copy() if picture is image else picture
        clean.info = {}
        return Remarked(clean, remark)


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
