"""The library's SQLite file: opening and bringing it up to date, transactions, one writer.

Any number of processes read at any time (WAL); one writes at a time, under
:meth:`Database.writing`. What a transaction wrote is either there whole or not at all, also
after a ``kill -9``.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from retrieval.errors import LibraryBusy, LibraryError, LibraryNotFound, LibraryTooNew
from retrieval.library.lock import WriteLock
from retrieval.library.schema import APPLICATION_ID, Header, latest_version, migrations, peek
from retrieval.paths import make_private_folder
from retrieval.photos.remote import path_from

BUSY_TIMEOUT_SECONDS = 10.0
_CHUNK = 500


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
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open a library for reading and writing.

        Args:
            path: the database file.
            create: make a new one when there is none.

        Raises:
            LibraryNotFound: there is none and ``create`` is off.
            LibraryTooNew: a newer version wrote it; not one byte of it is touched.
            LibraryBusy: it must be brought up to date first and another process writes to it.
            LibraryError: it is no library, is damaged, or cannot be written.
        """
        path = Path(path).expanduser().absolute()
        version = _checked_version(path, create=create)
        if version is None:
            try:
                make_private_folder(path.parent)
            except OSError as error:
                raise LibraryError(
                    f"cannot create the folder {path.parent}: {error.strerror or error}"
                ) from error
        elif not _can_write(path):
            raise LibraryError(f"no permission to write to the library {path}")
        library = cls(path, _connect(path, "rwc" if create else "rw"), writable=True)
        try:
            with library._errors():
                library._connection.execute("PRAGMA journal_mode = WAL")
                library._connection.execute("PRAGMA synchronous = NORMAL")
                library._connection.execute("PRAGMA foreign_keys = ON")
            if (version or 0) < latest_version():
                with library.writing():
                    library._migrate()
            library._bring_up_to_date()
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
        version = _checked_version(path, create=False)
        if version is not None and version < latest_version():
            try:
                cls.open(path).close()
            except LibraryBusy:
                raise
            except LibraryError:
                return cls._read_copy(path)
        library = cls(path, _connect(path, "ro"), writable=False)
        try:
            with library._errors():
                library._one("SELECT count(*) FROM setting")
        except LibraryError:
            library.close()
            if _can_write(path.parent):
                raise
            if has_log(path):
                return cls._read_with_log(path)
            # WAL wants to write a file beside the database even to read from it.
            library = cls(path, _connect(path, "ro&immutable=1"), writable=False)
            with library._errors():
                library._one("SELECT count(*) FROM setting")
        return library

    @classmethod
    def _read_with_log(cls, path: Path) -> Self:
        """A library whose newest changes still lie in the log beside it, on a read-only medium.

        SQLite would read the file alone there, without a word. Both are copied to where they can
        be read together, and the copy goes when the library is closed.
        """
        folder = _copied_with_log(path)
        try:
            library = cls(path, _connect(Path(folder.name) / path.name, "rw"), writable=False)
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
                    _copy(path, "ro", memory)
                except sqlite3.Error:
                    if has_log(path):
                        with cls._read_with_log(path) as whole:
                            whole._connection.backup(memory)
                    else:
                        _copy(path, "ro&immutable=1", memory)
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
    def writing(self) -> Iterator[None]:
        """Be the one writer for as long as the block lasts; may be nested.

        Raises:
            LibraryBusy: another process writes.
            LibraryError: this library was opened for reading, or its folder cannot be written.
        """
        if not self.writable:
            raise LibraryError(f"the library {self.path} was opened for reading only")
        with self._guard:
            if self._writing == 0:
                self._take_lock()
            elif self._writer != threading.get_ident():
                raise LibraryBusy(
                    f"the library {self.path} is being written: wait until it is done"
                )
            self._writer = threading.get_ident()
            self._writing += 1
        try:
            yield
        finally:
            with self._guard:
                self._writing -= 1
                if self._writing == 0:
                    self._lock.release()

    @contextlib.contextmanager
    def transaction(self, *, alters_search: bool = True) -> Iterator[None]:
        """All that is written inside is kept together, or none of it; may be nested.

        Args:
            alters_search: what is written changes what can be searched. A transaction in which
                any part does so counts as altering, whatever the outermost one said.

        Raises:
            LibraryError: inside :meth:`snapshot`, whose writes would be lost.
        """
        with self.writing(), self._guard:
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

    def _take_lock(self) -> None:
        try:
            free = self._lock.acquire()
        except OSError as error:
            raise LibraryError(
                f"cannot write beside the library {self.path}: {error.strerror or error}"
            ) from error
        if not free:
            raise LibraryBusy(
                f"another process is writing to the library {self.path}: wait until it is done"
            )

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
            raise _library_error(self.path, error) from error


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


def _checked_version(path: Path, *, create: bool) -> int | None:
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


def _can_write(path: Path) -> bool:
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
    with contextlib.closing(_connect(path, "ro")) as connection:
        try:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                return None
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            return Header(version, connection.execute("PRAGMA application_id").fetchone()[0])
        except sqlite3.Error as error:
            if not _can_write(path.parent):
                # The log cannot be read from a medium that cannot be written; a copy can.
                return _header_of_copy(path) or header
            raise _library_error(path, error) from error


def _copied_with_log(path: Path) -> "tempfile.TemporaryDirectory[str]":
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
    with _copied_with_log(path) as folder:
        copy = Path(folder) / path.name
        with contextlib.closing(_connect(copy, "rw")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return peek(copy)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise _library_error(path, error) from error
    # Only "mode=ro" promises not to write; a stray write must not even be tried.
    if mode.startswith("ro"):
        connection.execute("PRAGMA query_only = ON")
    return connection


def _copy(path: Path, mode: str, memory: sqlite3.Connection) -> None:
    with contextlib.closing(_connect(path, mode)) as source:
        source.backup(memory)


def _library_error(path: Path, error: sqlite3.Error) -> LibraryError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return LibraryBusy(f"another process is writing to the library {path}: try again later")
    if "malformed" in text or "not a database" in text:
        return LibraryError(
            f"the library {path} is damaged ({text}): move it away and index the photos again"
        )
    return LibraryError(f"the library {path} cannot be used: {text}")
