"""A file of SQLite by itself: is it whole, and what can be read of one that is not.

This knows nothing of what is kept in the file, and so serves the library and the history of chats.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.errors import LibraryBusy
from retrieval.files import PRIVATE, replacing
from retrieval.library.opening import can_write, copied_with_log, has_log

_BLOCK = 1024
_MOST_PROBLEMS = 20
_AROUND = ("-wal", "-shm")


@dataclass
class Salvaged:
    """What was read out of a damaged file.

    Attributes:
        kept: rows by table that are in the new file.
        lost: ranges of rows, or whole tables, that could not be read, by table.
        damaged: where the damaged file is kept.
    """

    kept: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    damaged: Path | None = None


def problems_of(path: Path) -> list[str]:
    """What is wrong with a file, in SQLite's words; empty when nothing is.

    Raises:
        OSError: it cannot be read.
        LibraryBusy: another process has it for itself.
    """
    os.stat(path)
    try:
        with _opened(path) as connection:
            found = connection.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})").fetchall()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise LibraryBusy(f"another process has {path} for itself: try again later") from error
        return [str(error)]
    return [str(row[0]) for row in found if row[0] != "ok"]


def only_indexes(problems: list[str]) -> bool:
    """Whether all that is wrong is in indexes, which are made again from their tables."""
    return all("index" in one for one in problems)


def broken_references(path: Path) -> dict[str, int]:
    """Rows that refer to one that is not there, by table."""
    found: dict[str, int] = {}
    with _opened(path) as connection:
        for table, *_ in connection.execute("PRAGMA foreign_key_check"):
            found[table] = found.get(table, 0) + 1
    return found


def salvage(
    path: Path,
    create: Callable[[Path], None],
    finish: Callable[[sqlite3.Connection], None] | None = None,
) -> Salvaged:
    """Read what can be read of a damaged file into a new one, which takes its place.

    The damaged file is kept beside it as ``NAME.damaged-1`` (2, 3 …), log and all. Nobody else may
    have it open.

    Args:
        path: of the file.
        create: makes an empty file of the newest version at a path.
        finish: called with the new file's connection once all is in it.

    Raises:
        OSError: there is no room, or the folder cannot be written.
        sqlite3.Error: not even its list of tables can be read, or the new file cannot be written.
    """
    result = Salvaged()
    with tempfile.TemporaryDirectory(prefix=".salvage-", dir=path.parent) as folder:
        copy = Path(folder) / path.name
        for end in ("", *_AROUND[:1]):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + end), copy.with_name(copy.name + end))
        fresh = Path(folder) / "fresh.db"
        create(fresh)
        with (
            contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as old,
            contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as new,
        ):
            new.execute("PRAGMA journal_mode = DELETE")
            new.execute("PRAGMA foreign_keys = OFF")
            new.execute("BEGIN")
            for table in _tables(new):
                _copy_table(old, new, table, result)
            _go_on_counting(old, new)
            _drop_broken_references(new)
            if finish is not None:
                finish(new)
            new.execute("COMMIT")
        result.damaged = _put_in_place(fresh, path)
    return result


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file for reading, also on a medium that cannot be written, with what its log adds."""
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(_connected(path, "ro")))
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            if can_write(path.parent):
                raise
            if has_log(path):
                copy = Path(stack.enter_context(copied_with_log(path))) / path.name
                connection = stack.enter_context(contextlib.closing(_connected(copy, "rw")))
            else:
                lonely = contextlib.closing(_connected(path, "ro&immutable=1"))
                connection = stack.enter_context(lonely)
        yield connection


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=10)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Tables that hold rows of their own; those of a full text index follow from others."""
    rows = connection.execute("PRAGMA table_list").fetchall()
    return [row[1] for row in rows if row[2] == "table" and not row[1].startswith("sqlite_")]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _copy_table(
    old: sqlite3.Connection, new: sqlite3.Connection, table: str, result: Salvaged
) -> None:
    had = _columns(old, table)
    columns = [name for name in _columns(new, table) if name in had]
    if not columns:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    before = new.total_changes
    for rows in _readable(old, table, names, result):
        for row in rows:
            # What breaks a rule of the table was damaged as well.
            with contextlib.suppress(sqlite3.IntegrityError):
                new.execute(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({marks})', row)
    result.kept[table] = new.total_changes - before


def _readable(
    old: sqlite3.Connection, table: str, names: str, result: Salvaged
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table, around those that cannot be read."""
    try:
        last = _last_rowid(old, table)
    except sqlite3.OperationalError:
        # A table without rowids, which are small here: as far as it can be read.
        yield list(_as_far_as_possible(old, f'SELECT {names} FROM "{table}"', table, result))
        return
    waiting = [(start, min(start + _BLOCK - 1, last)) for start in range(0, last + 1, _BLOCK)]
    waiting.reverse()
    query = f'SELECT {names} FROM "{table}" WHERE rowid BETWEEN ? AND ?'
    while waiting:
        first, final = waiting.pop()
        try:
            yield old.execute(query, (first, final)).fetchall()
        except sqlite3.DatabaseError:
            if first == final:
                result.lost[table] = result.lost.get(table, 0) + 1
                continue
            middle = (first + final) // 2
            waiting += [(middle + 1, final), (first, middle)]


def _last_rowid(old: sqlite3.Connection, table: str) -> int:
    """The highest rowid, as far as either the table or SQLite's own list tells."""
    known = [0]
    for query in (
        f'SELECT max(rowid) FROM "{table}"',
        f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'",
    ):
        try:
            row = old.execute(query).fetchone()
        except sqlite3.OperationalError as error:
            if "no such column" in str(error):
                raise
            continue
        except sqlite3.DatabaseError:
            continue
        known.append(int(row[0]) if row and row[0] is not None else 0)
    if known == [0]:
        for row in _as_far_as_possible(old, f'SELECT rowid FROM "{table}"', table, Salvaged()):
            known.append(int(row[0]))
    return max(known)


def _as_far_as_possible(
    old: sqlite3.Connection, query: str, table: str, result: Salvaged
) -> Iterator[tuple[Any, ...]]:
    try:
        yield from old.execute(query)
    except sqlite3.DatabaseError:
        result.lost[table] = result.lost.get(table, 0) + 1


def _go_on_counting(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Numbers that were given to rows that are lost are not given again."""
    try:
        rows = old.execute("SELECT seq, name FROM sqlite_sequence").fetchall()
    except sqlite3.DatabaseError:
        return
    for number, table in rows:
        new.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, table))


def _drop_broken_references(new: sqlite3.Connection) -> None:
    for table, rowid, *_ in new.execute("PRAGMA foreign_key_check").fetchall():
        new.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))


def _put_in_place(fresh: Path, path: Path) -> Path:
    """Put a file in the place of another, which is kept under a name of its own."""
    number = 1
    while path.with_name(f"{path.name}.damaged-{number}").exists():
        number += 1
    kept = path.with_name(f"{path.name}.damaged-{number}")
    with replacing(path, mode=PRIVATE) as temporary:
        shutil.copyfile(fresh, temporary)
        try:
            os.link(path, kept)
        except OSError:
            shutil.copyfile(path, kept)
        # The log of the old file must not be taken for one of the new.
        for end in _AROUND:
            with contextlib.suppress(FileNotFoundError):
                os.replace(path.with_name(path.name + end), kept.with_name(kept.name + end))
    return kept
