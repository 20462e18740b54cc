"""Files that cannot be read as they are, mended in memory: one way after another."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from retrieval.photos import tiff
from retrieval.photos.side_parts import (
    ADOBE,
    CUT_OFF,
    EXIF,
    PNG_ESSENTIAL,
    SIDE_PARTS,
    bare_jpeg2000,
    completed_jpeg,
    essential_jpeg,
    essential_png,
    essential_webp,
    png_chunks,
    scans,
)

MOST_MISSING = 0.5
"""Of a picture that was cut off, more than this has to be there."""

MAX_COMPLETED_BYTES = 1 << 29

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def mended(content: bytes) -> Iterator[tuple[bytes, str]]:
    """Versions of a damaged file that may be read, the least changed first, each with a remark."""
    if content.startswith(b"\xff\xd8"):
        yield from _mended_jpeg(content)
    elif content.startswith(b"\x89PNG"):
        yield from _mended_png(content)
    else:
        makers = (tiff.essential,) if tiff.is_tiff(content[:4]) else (essential_webp, bare_jpeg2000)
        for make in makers:
            essential = make(content)
            if essential is not None:
                yield essential, SIDE_PARTS


def _mended_jpeg(content: bytes) -> Iterator[tuple[bytes, str]]:
    yield from _completed(content)
    for kept in ((EXIF, ADOBE), (ADOBE,), ()):
        essential = essential_jpeg(content, kept)
        if essential is not None:
            yield essential, SIDE_PARTS
            yield from _completed(essential)


def _completed(content: bytes) -> Iterator[tuple[bytes, str]]:
    # What an interrupted copy never wrote is often zero.
    bare = content.rstrip(b"\0")
    bare = content if len(content) - len(bare) < 16 else bare
    completed = completed_jpeg(bare)
    if completed is None:
        return
    missing = _missing_of_jpeg(bare, completed)
    if missing < MOST_MISSING:
        yield completed, remark_of(missing)


def remark_of(missing: float) -> str:
    """What is said of a picture a share of which was cut off."""
    return CUT_OFF if missing < 0.005 else f"{CUT_OFF}, and with it {missing:.0%} of the picture"


def _missing_of_jpeg(content: bytes, completed: bytes) -> float:
    """The share of rows that are not in the file.

    Decoders fill up with the last tone. Where another filling makes another picture, there
    is none of the file's own.
    """
    if scans(content) > 1:
        return 0.0
    noise = np.random.default_rng(1).integers(0, 255, 1 << 16, dtype=np.uint8).tobytes()
    try:
        plain, other = (
            np.asarray(_small(file), dtype=np.int16)
            for file in (completed, content.removesuffix(b"\xff") + noise + b"\xff\xd9")
        )
    except Exception:
        return 1.0
    differs = np.abs(plain - other).reshape(len(plain), -1).max(axis=1) > 8
    return float(1 - differs.argmax() / len(plain)) if differs.any() else 0.0


def _small(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=["JPEG"])
    image.draft(image.mode, (image.width // 8, image.height // 8))
    image.load()
    return image


def _mended_png(content: bytes) -> Iterator[tuple[bytes, str]]:
    for kept in (PNG_ESSENTIAL, PNG_ESSENTIAL - {b"tRNS"}):
        essential = essential_png(content, kept)
        if essential is not None:
            yield essential, SIDE_PARTS
    completed = _completed_png(content)
    if completed is not None:
        yield completed


def _completed_png(content: bytes) -> tuple[bytes, str] | None:
    """A PNG that was cut off, with empty rows for what is missing."""
    chunks = list(png_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        return None
    width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    row = 1 + (width * bits * _CHANNELS.get(kind, 4) + 7) // 8
    if interlaced or not 0 < row * height <= MAX_COMPLETED_BYTES:
        return None
    rows = _inflated(b"".join(data for name, data in chunks if name == b"IDAT"), row * height)
    missing = 1 - len(rows) / (row * height)
    if missing >= MOST_MISSING:
        return None
    packed = zlib.compress(rows.ljust(row * height, b"\0"), 1)
    kept = [chunk for chunk in chunks if chunk[0] in (b"IHDR", b"PLTE", b"tRNS")]
    parts = [content[:8]]
    for name, data in [*kept, (b"IDAT", packed), (b"IEND", b"")]:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        parts.append(struct.pack(">I", len(data)) + name + data + checksum)
    return b"".join(parts), remark_of(missing)


def _inflated(packed: bytes, most: int) -> bytes:
    """As much as can be unpacked before the data end or make no sense."""
    unpacker = zlib.decompressobj()
    parts: list[bytes] = []
    length = 0
    for start in range(0, len(packed), 4096):
        try:
            parts.append(unpacker.decompress(packed[start : start + 4096], most - length))
        except zlib.error:
            break
        length += len(parts[-1])
        if length >= most:
            break
    return b"".join(parts)
