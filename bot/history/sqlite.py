"""The history in a file of SQLite.

Several processes read and write at the same time (WAL); a transaction is kept whole or not at all.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from bot.errors import HistoryBusy, HistoryError, HistoryNotFound, HistoryTooNew
from bot.history.schema import latest_version, migrations
from bot.history.text import folded
from retrieval.backups import ALL, NoRoom, back_up, remove_backups
from retrieval.paths import make_private_folder
from retrieval.write_ahead_log import keep_write_ahead_log

APPLICATION_ID = 0x50484348
"""``PHCH``, written into the header of every history."""

_MAGIC = b"SQLite format 3\x00"

BUSY_TIMEOUT_SECONDS = 1.0
"""How long a transaction waits for another process; short, since a chat waits with it."""

OPENING_TIMEOUT_SECONDS = 10.0
"""How long opening waits for another process, which may be making the tables."""


class SqliteEngine:
    """A history file and its connection, which threads take in turn.

    Attributes:
        path: of the file.
        generation: grows when the file was taken away and a new one had to be made.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use :meth:`open` instead."""
        self.path = path
        self.generation = 0
        self._connection = connection
        self._guard = threading.RLock()
        self._depth = 0
        self._file = _identity(path)

    @classmethod
    def open(cls, path: Path, *, create: bool) -> Self:
        """See :meth:`bot.history.database.Database.open`."""
        if not path.exists() and not create:
            raise HistoryNotFound(f"there is no history at {path}: no chat was kept yet")
        return cls(path, _connected(path))

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def close(self) -> None:
        """Close the file; harmless when done twice."""
        with self._guard:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """See :class:`bot.history.database.Engine`."""
        with self._guard:
            if self._depth:
                yield
                return
            self._be_there()
            with self._errors():
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                self._check_version()
                yield
                with self._errors():
                    self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def run(self, sql: str, values: Sequence[Any] = ()) -> tuple[list[tuple[Any, ...]], int]:
        """See :class:`bot.history.database.Engine`."""
        with self._guard:
            if not self._depth:
                self._be_there()
            with self._errors():
                cursor = self._connection.execute(sql, values)
                return cursor.fetchall(), cursor.rowcount

    def overwrite_deleted(self) -> None:
        """What was deleted must not stay in the write-ahead log either, nor in an older copy."""
        remove_backups(self.path, older_than=ALL)
        # While another process reads, the log is emptied at its next turn.
        with contextlib.suppress(HistoryError):
            self.run("PRAGMA wal_checkpoint(TRUNCATE)")

    def _be_there(self) -> None:
        """Make a new file when ours was taken away: what is written to it would be lost."""
        if _identity(self.path) == self._file:
            return
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._connection = _connected(self.path)
        self._file = _identity(self.path)
        self.generation += 1

    def _check_version(self) -> None:
        """A newer Photopal may have brought the file up to date while this one had it open."""
        with self._errors():
            _version(self.path, self._connection)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _history_error(self.path, error) from error


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _connected(path: Path) -> sqlite3.Connection:
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise HistoryError(
            f"cannot create the folder {path.parent}: {error.strerror or error}"
        ) from error
    _check_kind(path)
    connection = None
    try:
        connection = sqlite3.connect(
            path, timeout=OPENING_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
        _bring_up_to_date(path, connection)
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000:.0f}")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise _history_error(path, error) from error
    except BaseException:
        if connection is not None:
            connection.close()
        raise
    return connection


def _check_kind(path: Path) -> None:
    """SQLite takes a short file of any kind for an empty database, and writes over it."""
    try:
        with open(path, "rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise HistoryError(f"cannot read the history {path}: {error.strerror or error}") from error
    if head and head != _MAGIC:
        raise HistoryError(f"{path} is not a Photopal history; it is left untouched")


def _bring_up_to_date(path: Path, connection: sqlite3.Connection) -> None:
    version, empty = _version(path, connection)
    connection.create_function("folded", 1, folded, deterministic=True)
    # What was deleted is overwritten, not only forgotten.
    connection.execute("PRAGMA secure_delete = ON")
    if not empty and version < latest_version():
        _keep_copy(path, connection)
    remove_backups(path)
    while version < latest_version():
        number, script = migrations(after=version)[0]
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            # Another process may have been faster.
            if _version(path, connection)[0] == version:
                raise
        version = _version(path, connection)[0]
    if empty:
        with contextlib.suppress(OSError):
            os.chmod(path, 0o600)
    keep_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _keep_copy(path: Path, connection: sqlite3.Connection) -> None:
    """Keep a copy of a history that is about to be brought up to date."""
    try:
        back_up(path, connection, latest_version())
    except NoRoom as error:
        raise HistoryError(
            f"the history {path} has to be brought up to date, and there is no room for a copy of "
            f"it beside it ({error}): make room; the history is left as it was"
        ) from error
    except OSError as error:
        raise HistoryError(
            f"cannot keep a copy of the history {path} before it is brought up to date "
            f"({error.strerror or error}); the history is left as it was"
        ) from error


def _version(path: Path, connection: sqlite3.Connection) -> tuple[int, bool]:
    """The schema version, and whether there is nothing in the file yet."""
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if empty:
        return 0, True
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise HistoryError(f"{path} is not a Photopal history; it is left untouched")
    if version > latest_version():
        raise HistoryTooNew(
            f"the history {path} was written by a newer version of Photopal (schema {version}, "
            f"this one knows {latest_version()}): upgrade Photopal; the history is left untouched"
        )
    return version, False


def _history_error(path: Path, error: sqlite3.Error) -> HistoryError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return HistoryBusy(f"another process is writing to the history {path}: try again later")
    if "full" in text:
        return HistoryError(f"the disk is full, so the history {path} cannot be written: make room")
    if "malformed" in text or "not a database" in text:
        return HistoryError(
            f"the history {path} is damaged ({text}): move it away and a new one is made"
        )
    return HistoryError(f"the history {path} cannot be used: {text}")
