"""Pictures in the terminal: which protocol, and whether the bytes decode to the picture again."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from bot.cli.pictures import contact_sheet, detect, encode
from tests.support.pictures import halves


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "230801"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "200400"}, None),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "TERM_PROGRAM": "iTerm.app"}, None),
        ({"TERM": "screen", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "xterm-kitty", "PHOTOPAL_PICTURES": "none"}, None),
        ({"TERM": "dumb", "PHOTOPAL_PICTURES": "Sixel"}, "sixel"),
        ({}, None),
    ],
)
def test_the_terminal_is_known_by_its_environment(
    environment: dict[str, str], protocol: str | None
) -> None:
    assert detect(Terminal(), environment, ask=False) == protocol


def test_a_pipe_gets_no_pictures() -> None:
    assert detect(io.StringIO(), {"TERM": "xterm-kitty"}) is None


def test_kitty_and_iterm2_carry_the_picture_as_png() -> None:
    picture = Image.effect_noise((120, 90), 80).convert("RGB")
    text = encode(picture, "kitty")
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in pieces) == text
    assert pieces[0][0] == "a=T,f=100,q=2,m=1"
    assert [keys for keys, _ in pieces[1:]] == ["m=1"] * (len(pieces) - 2) + ["m=0"]
    assert all(len(data) <= 4096 for _, data in pieces)
    assert decoded("".join(data for _, data in pieces)) == picture.tobytes()
    found = re.fullmatch(
        r"\x1b\]1337;File=inline=1;size=\d+;width=120px;height=90px:([^\x07]*)\x07",
        encode(picture, "iterm2"),
    )
    assert found is not None
    assert decoded(found[1]) == picture.tobytes()


def decoded(data: str) -> bytes:
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB").tobytes()


def test_sixel_paints_the_same_picture() -> None:
    picture = halves((40, 15))
    painted = paint_sixel(encode(picture, "sixel"))
    assert painted.shape == (15, 40, 3)
    assert np.abs(painted.astype(int) - np.asarray(picture).astype(int)).max() <= 6


def paint_sixel(text: str) -> np.ndarray:
    """A small sixel terminal."""
    found = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    canvas = np.zeros((height, width, 3), np.uint8)
    palette: dict[int, list[int]] = {}
    x = y = colour = 0
    for token in re.findall(r"#\d+;2;\d+;\d+;\d+|#\d+|!\d+.|[?-~]|\$|-", found[3]):
        if token.startswith("#"):
            numbers = [int(part) for part in token[1:].split(";")]
            colour = numbers[0]
            if len(numbers) > 1:
                palette[colour] = [round(value * 255 / 100) for value in numbers[2:]]
        elif token == "$":
            x = 0
        elif token == "-":
            x, y = 0, y + 6
        else:
            count = int(token[1:-1]) if token.startswith("!") else 1
            bits = ord(token[-1]) - 63
            for bit in range(6):
                if bits >> bit & 1:
                    canvas[y + bit, x : x + count] = palette[colour]
            x += count
    return canvas


def test_the_contact_sheet_holds_every_picture_and_frames_the_shared_one() -> None:
    red = Image.new("RGB", (400, 200), "red")
    sheet = contact_sheet([(red, "1", None), (None, "2", None), (red, "shared: no. 3", True)])
    pixels = np.asarray(sheet)
    assert (pixels == (255, 0, 0)).all(axis=2).sum() == 2 * 150 * 75
    green = (pixels == (46, 160, 67)).all(axis=2)
    assert green.any()
    assert not green[:, : 2 * 150].any()
