"""Files that are what they seem: JPEG and PNG as cameras and phones write them, by their structure.

Their two decoders are the oldest and most attacked of all, and run in threads of this process.
Everything else, and what they cannot read, is decoded in a process of its own: see
:mod:`retrieval.photos.isolation`.
"""

import struct

from retrieval.photos.reading import LARGE_PIXELS
from retrieval.photos.side_parts import SCAN, jpeg_segments, scans

_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_MOST_SCANS = 32
_PNG_HEAD = struct.Struct(">IIBBBBB")


def is_plain(content: bytes) -> bool:
    """Whether a file is a JPEG or PNG of ordinary size and make, up to where its pixels begin."""
    if content.startswith(b"\xff\xd8\xff"):
        return _is_plain_jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _is_plain_png(content)
    return False


def _is_plain_jpeg(content: bytes) -> bool:
    frames = []
    for marker, place, length in jpeg_segments(content):
        if marker in (_BASELINE, _EXTENDED, _PROGRESSIVE) and length >= 8:
            _, height, width, colours = struct.unpack_from(">BHHB", content, place + 4)
            frames.append((marker, width * height, colours))
        elif marker == SCAN:
            break
    else:
        return False
    if len(frames) != 1:
        return False
    kind, pixels, colours = frames[0]
    # Each scan of a progressive picture is decoded over all of it.
    few_scans = kind != _PROGRESSIVE or scans(content) <= _MOST_SCANS
    return 0 < pixels <= LARGE_PIXELS and colours in (1, 3, 4) and few_scans


def _is_plain_png(content: bytes) -> bool:
    if content[12:16] != b"IHDR" or len(content) < 33:
        return False
    width, height, *_ = _PNG_HEAD.unpack_from(content, 16)
    return 0 < width * height <= LARGE_PIXELS and content.find(b"IDAT", 33) >= 0
