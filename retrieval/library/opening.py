"""What has to be known of a library's file before it is used, wherever it lies."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from retrieval.errors import LibraryBusy, LibraryError, LibraryNotFound, LibraryTooNew
from retrieval.library.schema import APPLICATION_ID, Header, latest_version, peek

BUSY_TIMEOUT_SECONDS = 10.0
"""How long one statement waits for another process's transaction."""


def checked_version(path: Path, *, create: bool) -> int | None:
    """The schema version of a file that may be opened; None when there is none yet."""
    header = peek(path)
    if path.exists() and has_log(path):
        header = _header_with_log(path, header)
    if header is None:
        if not create:
            raise LibraryNotFound(
                f"there is no library at {path}: make one with photopal index FOLDER"
            )
        return None
    if header.application_id != APPLICATION_ID:
        raise LibraryError(f"{path} is not a Photopal library; it is left untouched")
    if header.version > latest_version():
        raise LibraryTooNew(
            f"the library {path} was written by a newer version of Photopal "
            f"(schema {header.version}, this one knows {latest_version()}): upgrade Photopal; "
            "the library is left untouched"
        )
    return header.version


def can_write(path: Path) -> bool:
    """Whether this process may write there, as the user whose rights it has."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def has_log(path: Path) -> bool:
    """Whether changes may lie in a write-ahead log beside the file."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _header_with_log(path: Path, header: Header | None) -> Header | None:
    """The header when the newest pages still lie in the write-ahead log.

    Asked on a connection that cannot write: one that can would move the log into the file when
    it closes.
    """
    with contextlib.closing(connect(path, "ro")) as connection:
        try:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                return None
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            return Header(version, connection.execute("PRAGMA application_id").fetchone()[0])
        except sqlite3.Error as error:
            if not can_write(path.parent):
                # The log cannot be read from a medium that cannot be written; a copy can.
                return _header_of_copy(path) or header
            raise library_error(path, error) from error


def copied_with_log(path: Path) -> "tempfile.TemporaryDirectory[str]":
    """A temporary folder with copies of the file and its log.

    Raises:
        LibraryError: there is no room for them.
    """
    folder = tempfile.TemporaryDirectory(prefix="photopal-")
    try:
        for end in ("", "-wal"):
            name = path.name + end
            shutil.copyfile(path.with_name(name), Path(folder.name) / name)
    except OSError as error:
        folder.cleanup()
        raise LibraryError(
            f"the library {path} lies on a read-only medium with its newest changes in "
            f"{path.name}-wal, and they cannot be read there ({error.strerror or error}): make "
            "room for temporary files, or copy both files to another drive"
        ) from error
    return folder


def _header_of_copy(path: Path) -> Header | None:
    """The header with what the log adds, from a copy of both."""
    with copied_with_log(path) as folder:
        copy = Path(folder) / path.name
        with contextlib.closing(connect(copy, "rw")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return peek(copy)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a file by a mode of SQLite's: "rw", "rwc", "ro", "ro&immutable=1".

    Raises:
        LibraryError: it cannot be opened.
    """
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise library_error(path, error) from error
    # Only "mode=ro" promises not to write; a stray write must not even be tried.
    if mode.startswith("ro"):
        connection.execute("PRAGMA query_only = ON")
    return connection


def copy_into(path: Path, mode: str, memory: sqlite3.Connection) -> None:
    """Copy a whole database into an open connection."""
    with contextlib.closing(connect(path, mode)) as source:
        source.backup(memory)


def library_error(path: Path, error: sqlite3.Error) -> LibraryError:
    """What SQLite said, as one line that says what to do."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return LibraryBusy(f"another process is writing to the library {path}: try again later")
    if "malformed" in text or "not a database" in text:
        return LibraryError(
            f"the library {path} is damaged ({text}): photopal doctor --repair saves what can be "
            "read"
        )
    if "full" in text:
        return LibraryError(f"the disk is full, so the library {path} cannot be written: make room")
    return LibraryError(f"the library {path} cannot be used: {text}")
