"""Copies of a SQLite database that are kept for a while before a migration changes it for good."""

import contextlib
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retrieval.files import PRIVATE, replacing

ALL = -1.0
"""Days: copies of any age."""

KEPT_DAYS = 30
"""After so long nobody goes back to the version before; the copy is as large as the database."""

_SPARE_BYTES = 1 << 20
_DAY = 86_400.0


class NoRoom(OSError):
    """The disk has no room for the copy; the message says how much is needed, and what is left."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy beside a database.

    Attributes:
        path: of the copy; it is a database like any other.
        version: the schema version that the database was about to get.
        days: since it was made.
        size: in bytes.
    """

    path: Path
    version: int
    days: float
    size: int


def back_up(path: Path, connection: sqlite3.Connection, version: int) -> Path:
    """Keep a copy of a database that is about to get a new schema version.

    The copy is called ``NAME.before-VERSION`` and is there whole or not at all. One that is there
    from a migration that was cut short is kept: it holds what was there before its first step.

    Args:
        path: of the database.
        connection: an open one, with no transaction.
        version: that the database is to get.

    Raises:
        NoRoom: the disk is too full.
        OSError: the copy cannot be written for another reason.
        sqlite3.Error: the database cannot be read.
    """
    target = backup_path(path, version)
    now = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if target.exists() and _version(target) < now:
        return target
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    needed = pages * int(connection.execute("PRAGMA page_size").fetchone()[0]) + _SPARE_BYTES
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise NoRoom(f"{_megabytes(needed)} are needed and {_megabytes(free)} are free")
    with replacing(target, mode=PRIVATE) as temporary:
        try:
            with contextlib.closing(sqlite3.connect(temporary)) as copy:
                # The copy is thrown away when it does not become whole: it needs no journal.
                copy.execute("PRAGMA journal_mode = OFF")
                copy.execute("PRAGMA synchronous = OFF")
                connection.backup(copy)
        except sqlite3.Error as error:
            if "full" in str(error):
                raise NoRoom(f"{_megabytes(needed)} are needed") from error
            raise
    return target


def backup_path(database: Path, version: int) -> Path:
    """Where the copy lies that was made before a database got this schema version."""
    return database.with_name(f"{database.name}.before-{version}")


def backups(database: Path) -> Iterator[Backup]:
    """The copies beside a database, the oldest version first."""
    found = []
    with contextlib.suppress(OSError):
        for path in database.parent.iterdir():
            number = re.fullmatch(re.escape(database.name) + r"\.before-(\d+)", path.name)
            if number:
                status = path.stat()
                days = (time.time() - status.st_mtime) / _DAY
                found.append(Backup(path, int(number[1]), days, status.st_size))
    yield from sorted(found, key=lambda one: one.version)


def remove_backups(database: Path, *, older_than: float = KEPT_DAYS) -> list[Path]:
    """Remove copies that are older than so many days; returns which."""
    gone = []
    for one in backups(database):
        if one.days > older_than:
            with contextlib.suppress(OSError):
                one.path.unlink()
                gone.append(one.path)
    return gone


def _version(path: Path) -> int:
    """The schema version of a copy; beyond all others where it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as copy:
            return int(copy.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return 1 << 31


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
