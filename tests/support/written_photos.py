"""Photos with text in them, drawn over other pictures: receipts, signs, screenshots, posters."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
WHITE, BLACK = (250, 250, 246), (20, 20, 24)


@dataclass(frozen=True)
class WrittenPhoto:
    """A photo that is to be drawn, and how somebody would ask for it.

    Attributes:
        name: of the file; says nothing of the text.
        kind: receipt, sign, screenshot or poster.
        lines: from top to bottom.
        queries: requests that mean this photo.
    """

    name: str
    kind: str
    lines: tuple[str, ...]
    queries: tuple[str, ...]


def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, out of matplotlib."""
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


def draw(photo: WrittenPhoto, background: Image.Image, seed: int = 0) -> Image.Image:
    """The photo [about 900 x 675 pixels]; the same each time for the same seed."""
    chance = random.Random(seed)
    scene = background.convert("RGB").resize((900, 675))
    if photo.kind == "receipt":
        return _laid(scene, _paper(photo.lines, 300, 17, chance), chance)
    if photo.kind == "sign":
        colour = chance.choice([(200, 30, 35), (25, 90, 160), (20, 120, 60), (240, 200, 40)])
        return _laid(scene, _board(photo.lines, colour, 44), chance)
    if photo.kind == "poster":
        return _laid(scene, _poster(photo.lines, scene, chance), chance)
    return _screenshot(photo.lines)


def paint(photos: Sequence[WrittenPhoto], backgrounds: Sequence[Image.Image], folder: Path) -> None:
    """Write all of them as JPEG files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(photos):
        picture = draw(photo, backgrounds[number % len(backgrounds)], number)
        picture.save(folder / photo.name, quality=88)


def _paper(lines: Sequence[str], width: int, size: int, chance: random.Random) -> Image.Image:
    paper = Image.new("RGB", (width, (size + 8) * len(lines) + 50), WHITE)
    pen = ImageDraw.Draw(paper)
    for place, line in enumerate(lines):
        large = place == 0
        pen.text((18, 20 + place * (size + 8)), line, BLACK, font(size + 5 * large, large))
    return paper


def _board(lines: Sequence[str], colour: Colour, size: int) -> Image.Image:
    letters = font(size, bold=True)
    width = int(max(letters.getlength(line) for line in lines)) + 60
    board = Image.new("RGB", (width, (size + 14) * len(lines) + 50), colour)
    pen = ImageDraw.Draw(board)
    pen.rectangle((8, 8, board.width - 9, board.height - 9), outline=WHITE, width=4)
    ink = BLACK if sum(colour) > 440 else WHITE
    for place, line in enumerate(lines):
        left = (width - letters.getlength(line)) / 2
        pen.text((left, 24 + place * (size + 14)), line, ink, letters)
    return board


def _poster(lines: Sequence[str], scene: Image.Image, chance: random.Random) -> Image.Image:
    poster = scene.resize((430, 560)).filter(ImageFilter.GaussianBlur(2))
    pen = ImageDraw.Draw(poster)
    for place, line in enumerate(lines):
        size = 44 if place == 0 else 24
        while font(size, True).getlength(line) > 400:
            size -= 2
        pen.text(
            (15, 20 + 60 * place), line, WHITE, font(size, True), stroke_width=3, stroke_fill=BLACK
        )
    return poster


def _screenshot(lines: Sequence[str]) -> Image.Image:
    screen = Image.new("RGB", (540, 960), (242, 244, 248))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 540, 70), fill=(40, 90, 200))
    pen.text((24, 22), lines[0], WHITE, font(24, True))
    for place, line in enumerate(lines[1:]):
        top = 110 + place * 84
        pen.rounded_rectangle((20, top, 520, top + 64), 14, fill=(255, 255, 255))
        pen.text((40, top + 18), line, BLACK, font(21))
    return screen


def _laid(scene: Image.Image, thing: Image.Image, chance: random.Random) -> Image.Image:
    """A thing on the scene, turned by a few degrees and a little out of focus."""
    room = min(1.0, 640 / thing.height, 840 / thing.width)
    thing = thing.resize((int(thing.width * room), int(thing.height * room)))
    turned = thing.convert("RGBA").rotate(chance.uniform(-6, 6), Image.Resampling.BICUBIC, True)
    left = chance.randint(0, max(0, scene.width - turned.width))
    top = chance.randint(0, max(0, scene.height - turned.height))
    scene.paste(turned, (left, top), turned)
    return scene.filter(ImageFilter.GaussianBlur(0.6))
