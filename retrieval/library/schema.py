"""The library's schema: its numbered migrations, and what a file says of itself unopened."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from retrieval.errors import LibraryError

APPLICATION_ID = 0x50484F54
"""``PHOT``, written into the header of every library."""

_MAGIC = b"SQLite format 3\x00"
_SCHEMA_PAGE = 100
_LEAF = 0x0D
_HEADER_BYTES = 108


@dataclass(frozen=True)
class Header:
    """What the first bytes of a SQLite file tell.

    Attributes:
        version: the number of the last migration that was applied (``PRAGMA user_version``).
        application_id: which program the file belongs to.
    """

    version: int
    application_id: int


def peek(path: Path) -> Header | None:
    """Read a library's header without SQLite, so that nothing at all is written.

    None when there is no file, or one without any table, as a crash right after creation leaves
    it. What a write-ahead log beside the file adds is not seen here.

    Raises:
        LibraryError: the file cannot be read or is no SQLite file.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise LibraryError(f"{path} is a folder, not a library") from error
    except OSError as error:
        raise LibraryError(f"cannot read the library {path}: {error.strerror or error}") from error
    if not head:
        return None
    if len(head) < _HEADER_BYTES or not head.startswith(_MAGIC):
        raise LibraryError(f"{path} is not a Photopal library; it is left untouched")
    if head[_SCHEMA_PAGE] == _LEAF and head[_SCHEMA_PAGE + 3 : _SCHEMA_PAGE + 5] == b"\0\0":
        return None
    return Header(int.from_bytes(head[60:64], "big"), int.from_bytes(head[68:72], "big"))


def migrations(after: int = 0) -> Iterator[tuple[int, str]]:
    """Number and SQL of each migration with a higher number, in order."""
    folder = resources.files("retrieval.library.migrations")
    found = []
    for file in folder.iterdir():
        number = re.match(r"(\d+)_\w+\.sql$", file.name)
        if number and int(number[1]) > after:
            found.append((int(number[1]), file))
    for number_, file in sorted(found, key=lambda item: item[0]):
        yield number_, file.read_text(encoding="utf-8")


def latest_version() -> int:
    """The schema version that this program writes."""
    return max(number for number, _ in migrations())
