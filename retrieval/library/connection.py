"""The library's SQLite file: opening and bringing it up to date, transactions, one writer.

Any number of processes read at any time (WAL); one writes at a time, under
:meth:`Database.writing`. What a transaction wrote is either there whole or not at all, also
after a ``kill -9``.
"""

import contextlib
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from retrieval.backups import NoRoom, back_up, remove_backups
from retrieval.errors import LibraryBusy, LibraryError
from retrieval.library.lock import WriteLock
from retrieval.library.opening import (
    BUSY_TIMEOUT_SECONDS,
    can_write,
    checked_version,
    connect,
    copied_with_log,
    copy_into,
    has_log,
    library_error,
)
from retrieval.library.schema import latest_version, migrations
from retrieval.paths import make_private_folder
from retrieval.photos.remote import path_from
from retrieval.write_ahead_log import keep_write_ahead_log

FOREVER = float("inf")
_CHUNK = 500
_ASK_AGAIN_SECONDS = 0.1


class Database:
    """A library file and its connection; safe to use from several threads.

    Attributes:
        path: of the file.
        writable: whether it was opened for writing.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        """Use :meth:`open` or :meth:`read` instead."""
        self.path = path
        self.writable = writable
        self._connection = connection
        self._guard = threading.RLock()
        self._lock = WriteLock(path.with_name(path.name + ".lock"))
        self._writing = 0
        self._writer: int | None = None
        self._transaction: Literal["none", "read", "write"] = "none"
        self._altered = False
        self._copied: tempfile.TemporaryDirectory[str] | None = None

    # -- opening and closing ---------------------------------------------------------------

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        patience: float = BUSY_TIMEOUT_SECONDS,
        on_wait: Callable[[], None] | None = None,
    ) -> Self:
        """Open a library for reading and writing.

        One of an earlier version is brought up to date; a copy of it is kept beside it for
        :data:`retrieval.backups.KEPT_DAYS` days.

        Args:
            path: the database file.
            create: make a new one when there is none.
            patience: seconds to wait while another process writes, where it must be brought up to
                date first.
            on_wait: called once when there is something to wait for.

        Raises:
            LibraryNotFound: there is none and ``create`` is off.
            LibraryTooNew: a newer version wrote it; not one byte of it is touched.
            LibraryBusy: it must be brought up to date first and another process writes to it.
            LibraryError: it is no library, is damaged, or cannot be written, or there is no room
                for the copy. Nothing of it is changed then.
        """
        path = Path(path).expanduser().absolute()
        version = checked_version(path, create=create)
        if version is None:
            try:
                make_private_folder(path.parent)
            except OSError as error:
                raise LibraryError(
                    f"cannot create the folder {path.parent}: {error.strerror or error}"
                ) from error
        elif not can_write(path):
            raise LibraryError(f"no permission to write to the library {path}")
        library = cls(path, connect(path, "rwc" if create else "rw"), writable=True)
        try:
            with library._errors():
                keep_write_ahead_log(library._connection)
                # A transaction that a power cut takes back would leave the vector index, which is
                # flushed to the disk, ahead of the library and taken for fresh once it catches up.
                library._connection.execute("PRAGMA synchronous = FULL")
                library._connection.execute("PRAGMA foreign_keys = ON")
            if (version or 0) < latest_version():
                with library.writing(patience=patience, on_wait=on_wait):
                    if version is not None:
                        library._keep_copy()
                    library._migrate()
            library._bring_up_to_date()
            remove_backups(path)
        except BaseException:
            library.close()
            raise
        return library

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open a library for reading only; it may lie on a medium that cannot be written.

        A library of an earlier version is brought up to date first. Where that cannot be
        written, a copy in memory is brought up to date and read instead.

        Raises:
            LibraryNotFound: there is none.
            LibraryTooNew: a newer version wrote it.
            LibraryError: it is no library, or is damaged.
        """
        path = Path(path).expanduser().absolute()
        version = checked_version(path, create=False)
        if version is not None and version < latest_version():
            try:
                cls.open(path).close()
            except LibraryBusy:
                raise
            except LibraryError:
                return cls._read_copy(path)
        library = cls(path, connect(path, "ro"), writable=False)
        try:
            with library._errors():
                library._one("SELECT count(*) FROM setting")
        except LibraryError:
            library.close()
            if can_write(path.parent):
                raise
            if has_log(path):
                return cls._read_with_log(path)
            # WAL wants to write a file beside the database even to read from it.
            library = cls(path, connect(path, "ro&immutable=1"), writable=False)
            with library._errors():
                library._one("SELECT count(*) FROM setting")
        return library

    @classmethod
    def _read_with_log(cls, path: Path) -> Self:
        """A library whose newest changes still lie in the log beside it, on a read-only medium.

        SQLite would read the file alone there, without a word. Both are copied to where they can
        be read together, and the copy goes when the library is closed.
        """
        folder = copied_with_log(path)
        try:
            library = cls(path, connect(Path(folder.name) / path.name, "rw"), writable=False)
            with library._errors():
                library._execute("PRAGMA query_only = ON")
                library._one("SELECT count(*) FROM setting")
        except BaseException:
            folder.cleanup()
            raise
        library._copied = folder
        return library

    @classmethod
    def _read_copy(cls, path: Path) -> Self:
        """A library of an earlier version, copied into memory and brought up to date there."""
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        library = cls(path, memory, writable=False)
        try:
            with library._errors():
                try:
                    copy_into(path, "ro", memory)
                except sqlite3.Error:
                    if has_log(path):
                        with cls._read_with_log(path) as whole:
                            whole._connection.backup(memory)
                    else:
                        copy_into(path, "ro&immutable=1", memory)
                library._connection.execute("PRAGMA foreign_keys = ON")
            library._migrate()
            library._bring_up_to_date()
            library._connection.execute("PRAGMA query_only = ON")
        except BaseException:
            library.close()
            raise
        return library

    def close(self) -> None:
        """Close the database; harmless when done twice."""
        with self._guard:
            self._lock.release()
            self._connection.close()
            if self._copied is not None:
                self._copied.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _bring_up_to_date(self) -> None:
        """Hook: what must be done after the schema is the newest; runs with every opening."""

    # -- transactions ----------------------------------------------------------------------

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside belongs to one state of the library, whoever writes meanwhile."""
        with self._guard:
            if self._transaction != "none":
                yield
                return
            self._execute("BEGIN")
            self._transaction = "read"
            try:
                yield
            finally:
                self._transaction = "none"
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def writing(
        self, *, patience: float = 0.0, on_wait: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Be the one writer for as long as the block lasts; may be nested.

        Args:
            patience: seconds to wait for another writer, :data:`FOREVER` for as long as it takes.
            on_wait: called once when there is one to wait for.

        Raises:
            LibraryBusy: another process writes.
            LibraryError: this library was opened for reading, or its folder cannot be written.
        """
        if not self.writable:
            raise LibraryError(f"the library {self.path} was opened for reading only")
        until = time.monotonic() + patience
        while not self._became_writer(last=time.monotonic() >= until):
            if on_wait is not None:
                on_wait()
                on_wait = None
            time.sleep(_ASK_AGAIN_SECONDS)
        try:
            yield
        finally:
            with self._guard:
                self._writing -= 1
                if self._writing == 0:
                    self._lock.release()

    @contextlib.contextmanager
    def transaction(self, *, alters_search: bool = True, beside: bool = False) -> Iterator[None]:
        """All that is written inside is kept together, or none of it; may be nested.

        Args:
            alters_search: what is written changes what can be searched. A transaction in which
                any part does so counts as altering, whatever the outermost one said.
            beside: it may be written between two transactions of the one writer, because it
                changes nothing that one counts on, such as a mark on a photo.

        Raises:
            LibraryError: inside :meth:`snapshot`, whose writes would be lost.
        """
        if beside and not self.writable:
            raise LibraryError(f"the library {self.path} was opened for reading only")
        with contextlib.nullcontext() if beside else self.writing(), self._guard:
            if self._transaction == "read":
                raise LibraryError(
                    f"the library {self.path} cannot be written inside a snapshot: leave it first"
                )
            if self._transaction == "write":
                self._mark_altered(alters_search)
                yield
                return
            self._execute("BEGIN IMMEDIATE")
            self._transaction, self._altered = "write", False
            try:
                self._mark_altered(alters_search)
                yield
                self._execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._transaction = "none"

    def _mark_altered(self, alters_search: bool) -> None:
        """Count the change, once a transaction."""
        if alters_search and not self._altered:
            self._execute("UPDATE setting SET value = value + 1 WHERE name = 'change'")
            self._altered = True

    # -- inside ----------------------------------------------------------------------------

    def _became_writer(self, *, last: bool) -> bool:
        """Take the lock, or count once more where this thread has it; whether that worked.

        Raises:
            LibraryBusy: it did not, and this was the last try.
        """
        with self._guard:
            if self._writing == 0:
                if not self._take_lock():
                    if not last:
                        return False
                    raise LibraryBusy(
                        f"another process is writing to the library {self.path}: "
                        "wait until it is done"
                    )
            elif self._writer != threading.get_ident():
                raise LibraryBusy(
                    f"the library {self.path} is being written: wait until it is done"
                )
            self._writer = threading.get_ident()
            self._writing += 1
        return True

    def _take_lock(self) -> bool:
        try:
            return self._lock.acquire()
        except OSError as error:
            raise LibraryError(
                f"cannot write beside the library {self.path}: {error.strerror or error}"
            ) from error

    def _keep_copy(self) -> None:
        """Keep a copy of a library that is about to be brought up to date."""
        kept = "the library is left as it was"
        with self._errors():
            try:
                back_up(self.path, self._connection, latest_version())
            except NoRoom as error:
                raise LibraryError(
                    f"the library {self.path} has to be brought up to date, and there is no room "
                    f"for a copy of it beside it ({error}): make room; {kept}"
                ) from error
            except OSError as error:
                raise LibraryError(
                    f"cannot keep a copy of the library {self.path} before it is brought up to "
                    f"date ({error.strerror or error}); {kept}"
                ) from error

    def _migrate(self) -> None:
        row = self._one("PRAGMA user_version")
        for number, script in migrations(after=int(row[0]) if row else 0):
            with self._errors():
                try:
                    self._connection.executescript(
                        f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
                    )
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")
                    raise

    def _setting(self, name: str) -> str | None:
        row = self._one("SELECT value FROM setting WHERE name = ?", (name,))
        return row[0] if row else None

    def _set(self, name: str, value: object) -> None:
        self._execute(
            "INSERT INTO setting (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, str(value)),
        )

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        with self._guard, self._errors():
            return self._connection.execute(sql, values)

    def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._guard, self._errors():
            self._connection.executemany(sql, rows)

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._guard, self._errors():
            return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with self._guard, self._errors():
            row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return row

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise library_error(self.path, error) from error


def stored_path(path: Path) -> str | bytes:
    """Paths as text; those that are not valid UTF-8 as the bytes that the system has."""
    text = os.fspath(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def path_of(stored: str | bytes) -> Path:
    """The path that :func:`stored_path` stored."""
    return path_from(os.fsdecode(stored))


def now() -> str:
    """This moment, as the library writes moments."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def chunks(values: list[int]) -> Iterator[list[int]]:
    """Values in lists that are short enough for one statement's parameters."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
