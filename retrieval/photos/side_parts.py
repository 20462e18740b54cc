"""Good pictures in files whose side parts are damaged: texts, profiles, EXIF, a missing end.

Each function makes a file's bytes anew from what the picture itself needs. None of them decodes.
"""

import re
import struct
import zlib
from collections.abc import Collection, Iterator

CUT_OFF = "the end of the file is missing"
SIDE_PARTS = "damaged or oversized side parts (text, profile, EXIF) were left out"

_PNG_SIGN = b"\x89PNG\r\n\x1a\n"
PNG_ESSENTIAL = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""Chunks without which a PNG is another picture."""

EXIF, ADOBE = 0xE1, 0xEE
"""Segments of a JPEG that say how it is turned, and what its colours are."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_END = b"\xff\xd9"
SCAN = 0xDA
"""The segment after which the pixels of a JPEG begin."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_START = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
_WEBP_HAS_ALPHA = 0x10
_CODESTREAM = b"\xff\x4f\xff\x51"
_FIRST_TABLES = re.compile(rb"\xff(?=[\xc0-\xc2\xc4\xdb\xdd])")
_MAX_STARTS = 200
_LARGE_SEGMENT = 60_000


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of the chunks of a PNG file; a last one that is cut off comes short."""
    place = len(_PNG_SIGN)
    while place + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        if not name.isalpha():
            return
        yield name, content[place + 8 : place + 8 + length]
        place += 12 + length


def essential_png(content: bytes, kept: Collection[bytes] = PNG_ESSENTIAL) -> bytes | None:
    """A PNG of the picture alone, its checksums mended; None when that would be the same file."""
    if not content.startswith(_PNG_SIGN):
        return None
    parts = [_PNG_SIGN]
    for name, data in png_chunks(content):
        if name in kept:
            parts.append(_png_chunk(name, data))
        if name == b"IEND":
            break
    else:
        parts.append(_png_chunk(b"IEND", b""))
    mended = b"".join(parts)
    return None if mended == content else mended


def _png_chunk(name: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum


def completed_jpeg(content: bytes) -> bytes | None:
    """A JPEG that was cut off, with an end: decoders fill up what is missing with grey.

    None when it has its end.
    """
    if not content.startswith(b"\xff\xd8") or content.rstrip(b"\0").endswith(_END):
        return None
    return content.removesuffix(b"\xff") + _END


def essential_jpeg(content: bytes, kept: Collection[int] = (EXIF, ADOBE)) -> bytes | None:
    """A JPEG of the picture alone, also when lengths before it are wrong; None without a picture.

    Args:
        content: of the file.
        kept: segments to take along if they stand where they belong.
    """
    best: tuple[int, int, int] | None = None
    for number, sign in enumerate(_FIRST_TABLES.finditer(content)):
        if number >= _MAX_STARTS:
            break
        if best is not None and sign.start() < best[2]:
            continue
        chain = _tables_at(content, sign.start())
        # A preview inside of EXIF is a picture, too: the largest one is the photo.
        if chain is not None and (best is None or chain[0] > best[0]):
            best = (chain[0], sign.start(), chain[1])
    if best is None:
        return None
    before = [
        content[place : place + 2 + length]
        for marker, place, length in jpeg_segments(content)
        if place < best[1] and marker in kept and length < _LARGE_SEGMENT
    ]
    return b"\xff\xd8" + b"".join(before) + content[best[1] :]


def jpeg_segments(content: bytes, place: int = 2) -> Iterator[tuple[int, int, int]]:
    """Marker, place and length of the segments of a JPEG up to its first scan."""
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker in _ALONE:
            place += 2
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if length < 2:
            return
        yield marker, place, length
        if marker == SCAN:
            return
        place += 2 + length


def _tables_at(content: bytes, start: int) -> tuple[int, int] | None:
    """Pixels, and where the scan begins, when a row of tables from here leads to a scan."""
    pixels = 0
    for marker, place, _ in jpeg_segments(content, start):
        if marker in _FRAMES:
            size = content[place + 5 : place + 9].ljust(4, b"\0")
            pixels = int.from_bytes(size[:2], "big") * int.from_bytes(size[2:], "big")
        elif marker == SCAN:
            return (pixels, place) if pixels else None
    return None


def scans(content: bytes) -> int:
    """How many scans a JPEG has; a progressive one shows the whole picture with the first."""
    return content.count(b"\xff\xda")


def jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height that a JPEG tells before its pixels; 0 and 0 when it tells none."""
    for marker, place, length in jpeg_segments(content):
        if marker in _FRAMES - _LOSSLESS and length >= 8:
            size = content[place + 5 : place + 9]
            return int.from_bytes(size[2:], "big"), int.from_bytes(size[:2], "big")
    return 0, 0


def largest_jpeg(content: bytes) -> bytes | None:
    """The largest JPEG picture in a file of another kind, with what follows it there."""
    best, most = None, 0
    for number, sign in enumerate(_START.finditer(content)):
        if number >= _MAX_STARTS:
            break
        # Its head is short; taking all of a large file along each time would be slow.
        width, height = jpeg_size(content[sign.start() : sign.start() + (1 << 18)])
        if width * height > most:
            best, most = sign.start(), width * height
    return None if best is None else content[best:]


def essential_webp(content: bytes) -> bytes | None:
    """A WebP of the first picture alone; None when that is not there as a whole."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    picture = _webp_chunk(content, b"VP8 ") or _webp_chunk(content, b"VP8L")
    if picture is None:
        return None
    parts = [picture]
    alpha, head = _webp_chunk(content, b"ALPH"), _webp_chunk(content, b"VP8X")
    if alpha is not None and head is not None and picture.startswith(b"VP8 "):
        parts = [head[:8] + bytes([_WEBP_HAS_ALPHA]) + head[9:], alpha, picture]
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_chunk(content: bytes, name: bytes) -> bytes | None:
    """The first chunk of this name that is whole, wherever wrong lengths before it may point."""
    place = content.find(name, 12)
    while place >= 0:
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        end = place + 8 + length + length % 2
        if length > 0 and end <= len(content) + length % 2:
            return content[place:end].ljust(end - place, b"\0")
        place = content.find(name, place + 1)
    return None


def bare_jpeg2000(content: bytes) -> bytes | None:
    """The picture of a JPEG 2000 file without the boxes around it; None when there are none."""
    start = content.find(_CODESTREAM)
    return content[start:] if start > 0 else None
