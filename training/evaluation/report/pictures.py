"""Pictures that lie in an HTML page itself, so that it can be mailed."""

import base64
import io
from pathlib import Path

from retrieval.errors import UnreadableImage
from retrieval.photos.reading import open_image

SIDE = 160
"""Longer side of a thumbnail in pixels."""


def thumbnail(path: Path) -> str | None:
    """A photo's thumbnail as a data URL; None where it cannot be read."""
    try:
        picture = open_image(path, SIDE)
    except UnreadableImage:
        return None
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=75)
    return data_url(out.getvalue(), "image/jpeg")


def data_url(data: bytes, kind: str) -> str:
    """Bytes of a MIME type as a URL."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
