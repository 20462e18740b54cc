"""The directories of a TIFF file: which of its pictures is the photo, and whether it is a RAW.

Only a handful of tags is looked at, within limits, so that a damaged or hostile file costs
nothing; Pillow or LibRaw then decode what was chosen here.
"""

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_DIRECTORIES = 64
"""More are not looked at: scans of whole books hold their pages in order anyway."""

_MAX_TAGS = 4096
_SUB_DIRECTORIES = 330
_WANTED = {254, 255, 256, 257, 258, 259, 262, 274, 277, 284, 339, 530, 50706, _SUB_DIRECTORIES}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BIG_SIZES = {16: 8, 17: 8, 18: 8}
_ALL_SIZES = _SIZES | _BIG_SIZES
_ORIENTATION = 274
_ESSENTIAL = frozenset(
    {
        *(256, 257, 258, 259, 262, 266, 273, _ORIENTATION, 277, 278, 279, 284, 292, 293, 317),
        *(318, 319, 320, 322, 323, 324, 325, 332, 334, 338, 339, 347, *range(512, 522)),
        *(529, 530, 531, 532),
    }
)
_LETTERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}

_REDUCED, _MASK = 1, 4
_OLD_REDUCED = 2
_SENSOR_COLOURS = frozenset({32803, 34892})
_ENOUGH = 4


@dataclass(frozen=True)
class Directory:
    """One picture of a TIFF file.

    Attributes:
        offset: where its tags stand in the file.
        tags: the values of the tags that matter, by number.
        is_main: it stands in the chain of pages, not below one of them.
    """

    offset: int
    tags: dict[int, tuple[int, ...]] = field(default_factory=dict)
    is_main: bool = True

    def first(self, tag: int, default: int = 0) -> int:
        """The first value of a tag."""
        values = self.tags.get(tag, ())
        return values[0] if values else default

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.first(256) * self.first(257)

    @property
    def is_photo(self) -> bool:
        """Neither a reduced copy of another picture nor a mask."""
        return not (
            self.first(254) & (_REDUCED | _MASK)
            or self.first(255) == _OLD_REDUCED
            or self.first(262) == _MASK
        )

    @property
    def is_sensor_data(self) -> bool:
        """What a camera's sensor saw, which has to be developed."""
        return self.first(262) in _SENSOR_COLOURS or 50706 in self.tags


def is_tiff(prefix: bytes) -> bool:
    """Whether these first bytes are those of a TIFF or BigTIFF file."""
    return prefix[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def directories(content: bytes) -> list[Directory]:
    """All pictures of a TIFF file, in the order of its pages; what is damaged ends the list."""
    found: list[Directory] = []
    seen: set[int] = set()
    parser = _Parser(content)

    def visit(offset: int, is_main: bool, depth: int) -> None:
        while offset and offset not in seen and len(found) < MAX_DIRECTORIES:
            seen.add(offset)
            tags, following = parser.directory(offset)
            found.append(Directory(offset, tags, is_main))
            for below in tags.get(_SUB_DIRECTORIES, ())[:16] if depth < 3 else ():
                try:
                    visit(below, False, depth + 1)
                except struct.error:
                    continue
            offset = following

    with contextlib.suppress(struct.error):
        visit(parser.start, True, 0)
    return found


def photo_of(pages: list[Directory]) -> Directory | None:
    """The page that is the photo: the first that is whole and not far smaller than the largest.

    None when the file does not say, so that it should be read as it is.
    """
    whole = [page for page in pages if page.pixels and page.is_photo] or [
        page for page in pages if page.pixels
    ]
    if not whole:
        return None
    largest = max(page.pixels for page in whole)
    return next(page for page in whole if page.pixels * _ENOUGH >= largest)


def pointed_at(content: bytes, page: Directory) -> bytes:
    """The file with another page as its first, as readers of the first page want it."""
    parser = _Parser(content)
    where, letter = (8, "Q") if parser.big else (4, "I")
    changed = bytearray(content)
    struct.pack_into(parser.order + letter, changed, where, page.offset)
    return bytes(changed)


def essential(content: bytes) -> bytes | None:
    """The file with a first page of only the tags that its picture needs; None without one.

    One damaged text makes Pillow lose the tags behind it.
    """
    page = photo_of(directories(content))
    if page is None:
        return None
    parser = _Parser(content)
    entries = [
        entry
        for number, kind, count, entry in parser.entries(page.offset)
        if number in _ESSENTIAL
        and kind in _ALL_SIZES
        and (number != _ORIENTATION or (kind, count) == (3, 1))
    ]
    # At an even place, as the format demands.
    padding = bytes(len(content) % 2)
    number, letter = ("Q", "Q") if parser.big else ("H", "I")
    directory = (
        struct.pack(parser.order + number, len(entries))
        + b"".join(entries)
        + struct.pack(parser.order + letter, 0)
    )
    end = Directory(len(content) + len(padding))
    return pointed_at(content + padding + directory, end)


class _Parser:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.order = "<" if content[:2] == b"II" else ">"
        # Cameras write other signs into a header that is a TIFF's otherwise (IIU, IIRO, MMOR).
        self.big = content[2:4] in (b"+\0", b"\0+")
        where, letter = (8, "Q") if self.big else (4, "I")
        try:
            self.start = int(self._number(letter, where))
        except struct.error:
            self.start = 0

    def directory(self, offset: int) -> tuple[dict[int, tuple[int, ...]], int]:
        """The tags that matter, and where the next directory stands (0: nowhere).

        Raises:
            struct.error: it lies outside the file.
        """
        tags = {}
        for number, kind, _, entry in self.entries(offset):
            if number in _WANTED:
                tags[number] = tuple(self._values(entry, kind))
        count, start, step = self._table(offset)
        try:
            return tags, self._number("Q" if self.big else "I", start + step * count)
        except struct.error:
            return tags, 0

    def entries(self, offset: int) -> Iterator[tuple[int, int, int, bytes]]:
        """Number, kind, count and bytes of each tag of a directory.

        Raises:
            struct.error: it lies outside the file.
        """
        count, start, step = self._table(offset)
        layout = self.order + ("HHQ" if self.big else "HHI")
        for place in range(start, start + step * min(count, _MAX_TAGS), step):
            number, kind, length = struct.unpack_from(layout, self.content, place)
            entry = self.content[place : place + step]
            if len(entry) < step:
                raise struct.error("outside the file")
            yield number, kind, length, entry

    def _table(self, offset: int) -> tuple[int, int, int]:
        """How many tags a directory has, where they begin, and how far they are apart."""
        count = self._number("Q" if self.big else "H", offset)
        return (count, offset + 8, 20) if self.big else (count, offset + 2, 12)

    def _values(self, entry: bytes, kind: int) -> Iterator[int]:
        letter = _LETTERS.get(kind)
        if letter is None:
            return
        of_entry, inside, room = ("Q", 12, 8) if self.big else ("I", 8, 4)
        count = struct.unpack_from(self.order + of_entry, entry, 4)[0]
        size = _ALL_SIZES[kind]
        content, where = entry, inside
        if size * count > room:
            content = self.content
            where = struct.unpack_from(self.order + of_entry, entry, inside)[0]
        for index in range(min(count, 64)):
            try:
                yield struct.unpack_from(self.order + letter, content, where + index * size)[0]
            except (struct.error, OverflowError):
                return

    def _number(self, letter: str, where: int) -> int:
        if where < 0 or where > len(self.content):
            raise struct.error("outside the file")
        return int(struct.unpack_from(self.order + letter, self.content, where)[0])
