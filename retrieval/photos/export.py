"""Copies that can be handed on: the picture alone, nothing of what the file knew besides."""

import io
from pathlib import Path

from PIL import Image

from retrieval.paths import make_private_folder
from retrieval.photos.reading import Source, open_image

SHARED_SIDE = 2048
_QUALITY = 92
_MAX_NAME_CHARS = 100


def shareable_copy(source: Source, *, max_side: int | None = SHARED_SIDE) -> bytes:
    """The photo as a new JPEG, upright, in sRGB, without any metadata.

    No EXIF, no GPS position, no camera or serial number, no XMP, IPTC, comment, embedded preview
    or colour profile: the copy is made from the pixels alone.

    Args:
        source: the photo's file, or its bytes.
        max_side: the longer edge in pixels at most; None keeps the size.

    Raises:
        UnreadableImage: the file cannot be decoded.
    """
    picture = open_image(source, max_side, srgb=True)
    if max_side is not None:
        picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, subsampling="4:2:0", optimize=True)
    return buffer.getvalue()


def save_shareable_copy(path: Path, folder: Path, *, max_side: int | None = SHARED_SIDE) -> Path:
    """Write a shareable copy into a folder and return its path.

    The copy is named after the photo; other files are never overwritten, and sharing the same
    photo again gives the same copy.

    Raises:
        UnreadableImage: the file cannot be decoded.
    """
    content = shareable_copy(path, max_side=max_side)
    make_private_folder(folder)
    stem = path.stem[:_MAX_NAME_CHARS] or "photo"
    number = 1
    while True:
        target = folder / (f"{stem}.jpg" if number == 1 else f"{stem}-{number}.jpg")
        try:
            with open(target, "xb") as file:
                file.write(content)
            return target
        except FileExistsError:
            if target.is_file() and target.read_bytes() == content:
                return target
            number += 1
