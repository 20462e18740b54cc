"""Pictures in the terminal: by kitty's, iTerm2's or the sixel protocol, whichever it speaks."""

import base64
import contextlib
import io
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import IO, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Protocol = Literal["kitty", "iterm2", "sixel"]

VARIABLE = "PHOTOPAL_PICTURES"
"""Set to kitty, iterm2, sixel or none when the terminal is judged wrongly."""

TILE = 150
_GAP = 10
_LINE = 18
_KITTY_CHUNK = 4096
_ANSWER_SECONDS = 0.3
_HIT, _MISS, _PLAIN = (46, 160, 67), (218, 54, 51), (110, 110, 120)


def detect(
    stream: IO[str], environment: Mapping[str, str] | None = None, *, ask: bool = True
) -> Protocol | None:
    """The protocol that the terminal behind ``stream`` speaks, or None for paths instead.

    Args:
        stream: where pictures would be written.
        environment: of the process.
        ask: ask the terminal itself when its name says nothing.
    """
    environment = os.environ if environment is None else environment
    chosen = environment.get(VARIABLE, "").strip().lower()
    if chosen == "kitty" or chosen == "iterm2" or chosen == "sixel":
        return chosen  # type: ignore[return-value]
    if chosen or not stream.isatty():
        return None
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    # Between us and the terminal, tmux and screen swallow what they do not know.
    if not (environment.get("TMUX") or term.startswith(("screen", "tmux"))):
        if "kitty" in term or environment.get("KITTY_WINDOW_ID") or "ghostty" in term + program:
            return "kitty"
        if program in ("iTerm.app", "WezTerm", "mintty", "rio"):
            return "iterm2"
        if _number(environment.get("KONSOLE_VERSION", "")) >= 220400:
            return "kitty"
    if term.startswith(("foot", "mlterm", "contour", "yaft")):
        return "sixel"
    return "sixel" if ask and _answers_sixel(stream) else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _answers_sixel(stream: IO[str]) -> bool:
    """Ask for the device attributes (DA1): attribute 4 stands for sixel graphics."""
    try:
        import select
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        if not os.isatty(descriptor):
            return False
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):
        return False
    answer = b""
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        stream.write("\x1b[c")
        stream.flush()
        end = time.monotonic() + _ANSWER_SECONDS
        while not answer.endswith(b"c") and (left := end - time.monotonic()) > 0:
            if select.select([descriptor], [], [], left)[0]:
                answer += os.read(descriptor, 64)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
    found = re.search(rb"\x1b\[\?([\d;]*)c", answer)
    return found is not None and b"4" in found[1].split(b";")


def encode(picture: Image.Image, protocol: Protocol) -> str:
    """The picture as the characters that make the terminal show it."""
    if protocol == "sixel":
        return _sixel(picture)
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    if protocol == "iterm2":
        size = f"width={picture.width}px;height={picture.height}px"
        return f"\x1b]1337;File=inline=1;size={len(file.getvalue())};{size}:{data}\x07"
    pieces = [data[at : at + _KITTY_CHUNK] for at in range(0, len(data), _KITTY_CHUNK)]
    # q=2: no answer, which would end up in what the person types.
    return "".join(
        f"\x1b_G{'a=T,f=100,q=2,' if number == 0 else ''}"
        f"m={int(number < len(pieces) - 1)};{piece}\x1b\\"
        for number, piece in enumerate(pieces)
    )


def _sixel(picture: Image.Image, colours: int = 128) -> str:
    """DEC sixel: bands of six rows, for each colour of a band one line of run-lengths."""
    reduced = picture.convert("RGB").quantize(colours, dither=Image.Dither.FLOYDSTEINBERG)
    palette = reduced.getpalette() or []
    pixels = np.asarray(reduced)
    height, width = pixels.shape
    out = [f'\x1bPq"1;1;{width};{height}']
    for colour in np.unique(pixels).tolist():
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * colour :][:3])
        out.append(f"#{colour};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        band = pixels[top : top + 6]
        bits = (1 << np.arange(len(band)))[:, None]
        for colour in np.unique(band).tolist():
            row = ((band == colour) * bits).sum(axis=0)
            out.append(f"#{colour}{_runs(row)}$")
        out.append("-")
    return "".join(out) + "\x1b\\"


def _runs(row: np.ndarray) -> str:
    ends = np.flatnonzero(np.diff(row)) + 1
    edges = [0, *ends.tolist(), len(row)]
    pieces = []
    for start, end in pairwise(edges):
        letter, count = chr(63 + int(row[start])), end - start
        pieces.append(f"!{count}{letter}" if count > 3 else letter * count)
    return "".join(pieces)


def contact_sheet(pictures: Sequence[tuple[Image.Image | None, str, bool | None]]) -> Image.Image:
    """Small pictures side by side, each with a caption.

    Args:
        pictures: picture (None when it cannot be read), caption, and the frame: True green, False
            red, None thin and grey.
    """
    font = ImageFont.load_default(13)
    width = len(pictures) * (TILE + _GAP) + _GAP
    sheet = Image.new("RGB", (width, TILE + _LINE + 2 * _GAP), (24, 24, 28))
    draw = ImageDraw.Draw(sheet)
    for number, (picture, caption, good) in enumerate(pictures):
        left = _GAP + number * (TILE + _GAP)
        if picture is not None:
            small = picture.copy()
            small.thumbnail((TILE, TILE))
            at = (left + (TILE - small.width) // 2, _GAP + (TILE - small.height) // 2)
            sheet.paste(small, at)
        colour = _PLAIN if good is None else _HIT if good else _MISS
        box = (left - 4, _GAP - 4, left + TILE + 3, _GAP + TILE + 3)
        draw.rectangle(box, outline=colour, width=1 if good is None else 4)
        draw.text((left, TILE + _GAP + 4), caption, fill=(235, 235, 235), font=font)
    return sheet
