"""Which tables of a library are taken along, and how their values are written as JSON.

Nothing here names a column besides those of vectors: a table that a later migration adds is taken
along as it is. What columns hold paths is told by their names: ``path``, ``root`` and ``…_path``.
"""

import base64
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from retrieval.errors import ExportInvalid
from retrieval.library.connection import path_of, stored_path
from retrieval.transfer.manifest import is_below

MADE_AGAIN = frozenset({"photo_name", "mount", "passed_over"})
"""Tables that follow from others, or from the next look through the folders."""

_OF_VECTORS = {"photo_id", "fingerprint", "data"}


def plain_tables(connection: sqlite3.Connection) -> list[str]:
    """Tables whose rows are written as JSON."""
    return [name for name in _tables(connection) if not holds_vectors(connection, name)]


def vector_tables(connection: sqlite3.Connection) -> list[str]:
    """Tables of vectors."""
    return [name for name in _tables(connection) if holds_vectors(connection, name)]


def holds_vectors(connection: sqlite3.Connection, table: str) -> bool:
    """Whether a table holds vectors of photos."""
    return set(columns_of(connection, table)) >= _OF_VECTORS


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """A table's columns; of a full text index also the number of the row."""
    names = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    return ["rowid", *names] if table in _full_text(connection) else names


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("PRAGMA table_list").fetchall()
    names = [
        row[1]
        for row in rows
        if row[0] == "main" and row[2] == "table" and not row[1].startswith("sqlite_")
    ]
    return [name for name in [*names, *_full_text(connection)] if name not in MADE_AGAIN]


def _full_text(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("PRAGMA table_list").fetchall()
    return [row[1] for row in rows if row[0] == "main" and row[2] == "virtual"]


def holds_path(column: str) -> bool:
    """Whether a column holds paths."""
    return column in ("path", "root") or column.endswith("_path")


def to_json(column: str, value: Any, roots: Sequence[Path]) -> Any:
    """A value of a column as JSON."""
    if value is not None and holds_path(column):
        path = path_of(value)
        for number, root in enumerate(roots):
            if path == root or path.is_relative_to(root):
                return {"root": number, "path": path.relative_to(root).as_posix()}
        return {"outside": os.fspath(path)}
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return value


def from_json(column: str, value: Any, roots: Sequence[Path]) -> Any:
    """The value of a column; None in the place of a path outside all folders.

    Raises:
        ExportInvalid: it is no value of ours, or a path that leads out of its folder.
    """
    if isinstance(value, Mapping):
        if set(value) == {"base64"} and isinstance(value["base64"], str):
            try:
                return base64.b64decode(value["base64"], validate=True)
            except ValueError as error:
                raise ExportInvalid("a value in it is damaged") from error
        if not holds_path(column):
            raise ExportInvalid("a value in it is none of Photopal's")
        if set(value) == {"outside"}:
            return None
        number, relative = value.get("root"), value.get("path")
        if not isinstance(number, int) or not 0 <= number < len(roots) or not is_below(relative):
            raise ExportInvalid("a path in it leads out of its folder")
        return stored_path(roots[number].joinpath(*PurePosixPath(str(relative)).parts))
    if value is not None and holds_path(column):
        raise ExportInvalid("a path in it leads out of its folder")
    if not isinstance(value, str | int | float | None):
        raise ExportInvalid("a value in it is none of Photopal's")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise ExportInvalid("a number in it is too large")
    return value
