"""Files as cameras and other programs write them, made on the spot by real encoders and by hand."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.pictures import halves

WHEN = "2021:07:04 10:11:12"


def jpeg(picture: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG file of a picture, by default of halves with 192 x 128 pixels."""
    buffer = io.BytesIO()
    picture = halves((192, 128)) if picture is None else picture
    picture.save(buffer, "JPEG", **{"quality": 95, **options})
    return buffer.getvalue()


def png_file(picture: Image.Image | None = None) -> bytes:
    """A PNG file of a picture."""
    buffer = io.BytesIO()
    (halves((192, 128)) if picture is None else picture).save(buffer, "PNG")
    return buffer.getvalue()


def with_segment(content: bytes, marker: int, data: bytes, length: int | None = None) -> bytes:
    """A JPEG with one more segment at its beginning, whose length may be told wrong."""
    told = len(data) + 2 if length is None else length
    return content[:2] + struct.pack(">BBH", 0xFF, marker, told) + data + content[2:]


def with_chunk(content: bytes, name: bytes, data: bytes, *, intact: bool = True) -> bytes:
    """A PNG with one more chunk after its header."""
    checksum = zlib.crc32(name + data) ^ (0 if intact else 1)
    chunk = struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
    return content[:33] + chunk + content[33:]


def tiff(*pages: np.ndarray, **options: Any) -> bytes:
    """A TIFF file; options are those of tifffile, of the first page where they differ."""
    import tifffile

    buffer = io.BytesIO()
    file = {name: options.pop(name) for name in ("bigtiff", "byteorder") if name in options}
    first = options.pop("first", {})
    with tifffile.TiffWriter(buffer, **file) as writer:
        for number, page in enumerate(pages):
            writer.write(page, **{**options, **(first if number == 0 else {})})
    return buffer.getvalue()


def sensor(size: tuple[int, int] = (240, 160)) -> np.ndarray:
    """What a sensor with red, green, green and blue cells sees of red and blue halves."""
    linear = (np.asarray(halves(size), dtype=np.float32) / 255) ** 2.2 * 60_000
    cells = np.zeros(linear.shape[:2], np.uint16)
    for row, column, colour in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        cells[row::2, column::2] = linear[row::2, column::2, colour]
    return cells


def dng(
    size: tuple[int, int] = (240, 160), *, orientation: int = 1, preview: bytes | None = None
) -> bytes:
    """A DNG as a phone writes it: sensor data, and the preview in a page of its own.

    LibRaw develops it.
    """
    tags: dict[int, tuple[str, Any]] = {
        271: ("s", "Canon"),
        272: ("s", "Canon EOS Test"),
        274: ("H", [orientation]),
        306: ("s", WHEN),
        50706: ("B", [1, 4, 0, 0]),
        50708: ("s", "Canon EOS Test"),
        50721: ("r", [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        50728: ("R", [1, 1, 1]),
        50778: ("H", [21]),
    }
    raw: dict[int, tuple[str, Any]] = {
        **_cells(size),
        33421: ("H", [2, 2]),
        33422: ("B", [0, 1, 1, 2]),
        50717: ("I", [60_000]),
    }
    data = sensor(size).tobytes()
    if preview is None:
        return written([({**tags, **raw}, data)])
    return written([({**tags, **_preview(preview)}, preview), (raw, data)], below=True)


def camera_raw(
    make: str, model: str, preview: bytes, *, sign: bytes = b"II*\0", orientation: int = 1
) -> bytes:
    """A RAW file as most makers build it: a TIFF with a preview and sensor data, and EXIF."""
    tags: dict[int, tuple[str, Any]] = {
        271: ("s", make),
        272: ("s", model),
        274: ("H", [orientation]),
        306: ("s", WHEN),
    }
    data = sensor().tobytes()
    content = written(
        [({**tags, **_preview(preview)}, preview), (_cells((240, 160)), data)], below=True
    )
    return sign + content[len(sign) :]


def _preview(content: bytes) -> dict[int, tuple[str, Any]]:
    with Image.open(io.BytesIO(content)) as image:
        width, height = image.size
    return {
        254: ("I", [1]),
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [8, 8, 8]),
        259: ("H", [7]),
        262: ("H", [6]),
        277: ("H", [3]),
        278: ("I", [height]),
    }


def _cells(size: tuple[int, int]) -> dict[int, tuple[str, Any]]:
    return {
        254: ("I", [0]),
        256: ("I", [size[0]]),
        257: ("I", [size[1]]),
        258: ("H", [16]),
        259: ("H", [1]),
        262: ("H", [32803]),
        277: ("H", [1]),
        278: ("I", [size[1]]),
    }


def written(pages: list[tuple[dict[int, tuple[str, Any]], bytes]], *, below: bool = False) -> bytes:
    """A TIFF file written tag by tag, for what no encoder writes.

    Args:
        pages: tags, and the data of one strip.
        below: all pages but the first stand below the first (SubIFDs).
    """
    strips, place = [], 16
    for _, data in pages:
        strips.append(place)
        place += len(data) + len(data) % 2
    directories: list[bytes] = []
    starts: list[int] = []
    for number in range(len(pages) - 1, -1, -1):
        tags, data = pages[number]
        tags = {**tags, 273: ("I", [strips[number]]), 279: ("I", [len(data)])}
        if below and number == 0:
            tags[330] = ("I", sorted(starts, reverse=True))
        following = starts[-1] if starts and not below else 0
        starts.append(place)
        directories.append(_directory(tags, place, following))
        place += len(directories[-1])
    head = struct.pack("<4sI8x", b"II*\0", starts[-1])
    return head + b"".join(data + bytes(len(data) % 2) for _, data in pages) + b"".join(directories)


def _directory(tags: dict[int, tuple[str, Any]], place: int, following: int) -> bytes:
    letters = {"B": (1, "B"), "s": (2, ""), "H": (3, "H"), "I": (4, "I"), "R": (5, "II")}
    letters["r"] = (10, "ii")
    table, outside = b"", b""
    start = place + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        kind, values = tags[tag]
        code, letter = letters[kind]
        if kind == "s":
            packed = values.encode() + b"\0"
            count = len(packed)
        elif kind in "rR":
            packed = b"".join(struct.pack("<" + letter, value, 1) for value in values)
            count = len(values)
        else:
            packed = struct.pack(f"<{len(values)}{letter}", *values)
            count = len(values)
        if len(packed) > 4:
            packed += bytes(len(packed) % 2)
            field = struct.pack("<I", start + len(outside))
            outside += packed
        else:
            field = packed.ljust(4, b"\0")
        table += struct.pack("<HHI", tag, code, count) + field
    return struct.pack("<H", len(tags)) + table + struct.pack("<I", following) + outside


def put(path: Path, content: bytes) -> Path:
    """Write a file, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def cr2(preview: bytes, *, orientation: int = 1) -> bytes:
    """Canon's older RAW: a TIFF with a sign of its own."""
    content = camera_raw("Canon", "Canon EOS 5D Mark II", preview, orientation=orientation)
    return content[:8] + b"CR\2\0" + content[12:]


def cr3(preview: bytes, *, orientation: int = 1) -> bytes:
    """Canon's newer RAW: boxes as in MP4, three of which are small TIFF files with EXIF."""
    main = written(
        [({271: ("s", "Canon"), 272: ("s", "Canon EOS R"), 274: ("H", [orientation])}, b"")]
    )
    details = written([({0x9003: ("s", WHEN)}, b"")])
    place = written([({0x0001: ("s", "N")}, b"")])

    def box(name: bytes, *content: bytes) -> bytes:
        inside = b"".join(content)
        return struct.pack(">I4s", 8 + len(inside), name) + inside

    metadata = box(b"uuid", bytes(16), box(b"CMT1", main), box(b"CMT2", details))
    head = box(b"ftyp", b"crx \0\0\0\1crx isom")
    return head + box(b"moov", metadata, box(b"CMT4", place)) + box(b"mdat", preview)


def raf(picture: Image.Image, *, orientation: int = 1) -> bytes:
    """Fujifilm's RAW: a JPEG with EXIF at a place that the head tells."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "FUJIFILM", "X-T1", orientation
    exif.get_ifd(0x8769)[0x9003] = WHEN
    preview = jpeg(picture, exif=exif)
    head = b"FUJIFILMCCD-RAW 0201FF383501X-T1".ljust(84, b"\0")
    return head + struct.pack(">II", 160, len(preview)) + bytes(68) + preview + bytes(2000)
