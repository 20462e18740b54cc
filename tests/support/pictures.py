"""Real pictures for tests, made on the spot."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

RED, BLUE = (220, 30, 30), (30, 60, 220)


def halves(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Left half red, right half blue: shows whether a picture is turned or mirrored."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return picture


def paint(
    path: Path, colour: str | tuple[int, int, int], size: tuple[int, int] = (48, 36), seed: int = 0
) -> Path:
    """A picture of one colour with a little noise; another seed makes another file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.asarray(Image.new("RGB", size, colour), dtype=np.int16)
    noise = np.random.default_rng(seed).integers(-6, 7, picture.shape)
    Image.fromarray((picture + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path


def png(width: int, height: int, bits: int, kind: int, rows: bytes) -> bytes:
    """A PNG put together by hand, for what Pillow cannot write (16-bit colour, huge sizes)."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 50,000 x 50,000 pixels."""
    return png(50_000, 50_000, 1, 0, bytes(6251 * 500))


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF as a phone writes it: camera, time, place, serial number."""
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F], data[0x0110] = "Canon", "Canon EOS 5D"
    data.get_ifd(0x8769).update({0x9003: "2021:07:04 10:11:12", 0x9011: "+02:00", 0xA431: "SN-42"})
    data.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 36.0)})
    return data


def colours(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Colours of the middle of the left half and of the right half."""
    width, height = picture.size
    return tuple(  # type: ignore[return-value]
        np.asarray(picture.getpixel((place, height // 2)), dtype=int)
        for place in (width // 4, 3 * width // 4)
    )


def is_halves(picture: Image.Image, tolerance: int = 40) -> bool:
    """Whether a picture is what :func:`halves` made, upright."""
    left, right = colours(picture)
    return bool(max(np.abs(left - RED).max(), np.abs(right - BLUE).max()) < tolerance)
