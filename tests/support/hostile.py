"""Hostile files: small real ones, changed at random by a seeded generator."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.support import camera_files as files
from tests.support.pictures import exif, halves

KINDS = {
    "jpg": ("JPEG", {"quality": 80}),
    "progressive.jpg": ("JPEG", {"quality": 80, "progressive": True}),
    "png": ("PNG", {}),
    "gif": ("GIF", {}),
    "webp": ("WEBP", {}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "plain.tif": ("TIFF", {}),
    "jp2": ("JPEG2000", {}),
    "ppm": ("PPM", {}),
    "avif": ("AVIF", {"quality": 60}),
    "jxl": ("JXL", {"quality": 80}),
}
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def sound_files(size: tuple[int, int] = (96, 64)) -> dict[str, bytes]:
    """A real file of every kind that is read, by its ending."""
    import pillow_heif
    import pillow_jxl  # noqa: F401

    made: dict[str, bytes] = {}
    for ending, (kind, options) in KINDS.items():
        buffer = io.BytesIO()
        more = {"exif": exif(6)} if kind in ("JPEG", "PNG", "TIFF", "WEBP") else {}
        halves(size).save(buffer, kind, **options, **more)
        made[ending] = buffer.getvalue()
    buffer = io.BytesIO()
    pillow_heif.from_pillow(halves(size)).save(buffer, quality=60)
    made["heic"] = buffer.getvalue()
    preview = files.jpeg(halves((192, 128)))
    made["dng"] = files.dng(size)
    made["arw"] = files.camera_raw("SONY", "ILCE-7M3", preview)
    made["cr3"] = files.cr3(preview)
    made["raf"] = files.raf(halves((192, 128)))
    animation = [halves(size), Image.new("RGB", size, "green")]
    buffer = io.BytesIO()
    animation[0].save(buffer, "PNG", save_all=True, append_images=animation[1:])
    made["animated.png"] = buffer.getvalue()
    return made


def hostile_files(number: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Names and contents of so many damaged files; the same seed gives the same files."""
    random = np.random.default_rng(seed)
    sound = sound_files()
    endings = sorted(sound)
    for index in range(number):
        ending = endings[index % len(endings)]
        content = bytearray(sound[ending])
        other = sound[endings[int(random.integers(len(endings)))]]
        for _ in range(int(random.integers(1, 5))):
            content = _changed(content, other, random)
        yield f"hostile{index:05}.{ending}", bytes(content)


def _changed(content: bytearray, other: bytes, random: np.random.Generator) -> bytearray:
    """One change: bits, bytes, numbers, a cut, a piece doubled, emptied or of another file."""
    if len(content) < 16:
        return content
    # Heads are where decoders are told what to do.
    reach = len(content) if random.random() < 0.5 else min(len(content), 256)
    place = int(random.integers(reach))
    length = int(random.integers(1, 64))
    match int(random.integers(8)):
        case 0:
            content[place] ^= 1 << int(random.integers(8))
        case 1:
            content[place : place + length] = random.integers(0, 256, length, np.uint8).tobytes()
        case 2:
            width = int(random.choice([1, 2, 4]))
            value = _EXTREMES[int(random.integers(len(_EXTREMES)))] & ((1 << 8 * width) - 1)
            order = "big" if random.random() < 0.5 else "little"
            content[place : place + width] = value.to_bytes(width, order)  # type: ignore[arg-type]
        case 3:
            del content[max(16, place) :]
        case 4:
            content[place:place] = content[place : place + 8 * length]
        case 5:
            content[place : place + length] = bytes(length)
        case 6:
            start = int(random.integers(max(1, len(other) - length)))
            content[place : place + length] = other[start : start + length]
        case _:
            del content[place : place + length]
    return content
