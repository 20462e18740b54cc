"""The size of a JPEG XL picture, told by its head: its plug-in decodes all before it tells."""

import math


def pixels_of_jxl(content: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG XL file's head tells; None when it tells none."""
    if content[:2] == b"\xff\x0a":
        return _jxl_size(content[2:16])
    place = 0
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        name = content[place + 4 : place + 8]
        start = place + (16 if length == 1 else 8)
        if name == b"jxlp":
            start += 4
        if name in (b"jxlc", b"jxlp") and content[start : start + 2] == b"\xff\x0a":
            return _jxl_size(content[start + 2 : start + 16])
        if length == 1:
            length = int.from_bytes(content[place + 8 : place + 16], "big")
        if length < 8:
            return None
        place += length
    return None


def _jxl_size(head: bytes) -> tuple[int, int]:
    bits = int.from_bytes(head, "little")

    def take(count: int) -> int:
        nonlocal bits
        value = bits & ((1 << count) - 1)
        bits >>= count
        return value

    small = take(1)

    def edge() -> int:
        return (take(5) + 1) * 8 if small else take((9, 13, 18, 30)[take(2)]) + 1

    height = edge()
    ratios = (None, (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
    ratio = ratios[take(3)]
    width = edge() if ratio is None else math.floor(height * ratio[0] / ratio[1])
    return width, height
