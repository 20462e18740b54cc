"""The photo library: one SQLite file that is the truth about every photo and its vector.

Who may do what: any number of processes read at any time (WAL); one writes at a time, under
:meth:`Library.writing`. What a batch wrote is either there whole or not at all, also after a
``kill -9``. Readers that keep something in memory watch :attr:`Library.change`, a number that
grows with every transaction that alters what can be searched.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import (
    LibraryBusy,
    LibraryError,
    LibraryNotFound,
    LibraryTooNew,
    PhotoNotFound,
)
from retrieval.library.lock import WriteLock
from retrieval.library.schema import APPLICATION_ID, Header, latest_version, migrations, peek
from retrieval.paths import make_private_folder
from retrieval.photos.metadata import Metadata

Status = Literal["present", "removed", "failed"]

BUSY_TIMEOUT_SECONDS = 10.0
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of the library. ``id`` stays with it when its file is renamed or changed."""

    id: int
    path: Path
    content_hash: str | None
    size: int | None
    mtime_ns: int | None
    width: int | None
    height: int | None
    taken_at: str | None
    camera: str | None
    latitude: float | None
    longitude: float | None
    status: Status
    reason: str | None
    indexed_at: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What decides whether a file has to be read again.

    ``current`` tells that its vector was made by the encoder that the library belongs to.
    """

    photo_id: int
    size: int | None
    mtime_ns: int | None
    content_hash: str | None
    status: Status
    reason: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many photos are in which state; ``searchable`` ones have a vector that fits."""

    present: int
    removed: int
    failed: int
    searchable: int


_PHOTO_COLUMNS = (
    "id, path, content_hash, size, mtime_ns, width, height, taken_at, camera, latitude, "
    "longitude, status, reason, indexed_at"
)


class Library:
    """A library on disk. Use :meth:`open` to write, :meth:`read` to look things up."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        """Use :meth:`open` or :meth:`read` instead."""
        self.path = path
        self.writable = writable
        self._connection = connection
        self._guard = threading.RLock()
        self._lock = WriteLock(path.with_name(path.name + ".lock"))
        self._writing = 0
        self._writer: int | None = None
        self._in_transaction = False

    # -- opening and closing ---------------------------------------------------------------

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> "Library":
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
        elif not os.access(path, os.W_OK):
            raise LibraryError(f"no permission to write to the library {path}")
        library = cls(path, _connect(path, "rwc" if create else "rw"), writable=True)
        try:
            with library._errors():
                library._connection.execute("PRAGMA journal_mode = WAL")
                library._connection.execute("PRAGMA synchronous = NORMAL")
                library._connection.execute("PRAGMA foreign_keys = ON")
            if (version or 0) < latest_version():
                library._migrate()
        except BaseException:
            library.close()
            raise
        return library

    @classmethod
    def read(cls, path: Path) -> "Library":
        """Open a library for reading only; it may lie on a medium that cannot be written.

        Raises:
            LibraryNotFound: there is none.
            LibraryTooNew: a newer version wrote it.
            LibraryError: it is no library, or is damaged.
        """
        path = Path(path).expanduser().absolute()
        version = _checked_version(path, create=False)
        if version is not None and version < latest_version():
            cls.open(path).close()
        library = cls(path, _connect(path, "ro"), writable=False)
        try:
            with library._errors():
                library._one("SELECT count(*) FROM setting")
        except LibraryError:
            library.close()
            if os.access(path.parent, os.W_OK):
                raise
            # WAL wants to write a file beside the database even to read from it.
            library = cls(path, _connect(path, "ro&immutable=1"), writable=False)
            with library._errors():
                library._one("SELECT count(*) FROM setting")
        return library

    def close(self) -> None:
        """Close the database; harmless when done twice."""
        with self._guard:
            self._lock.release()
            self._connection.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what the library is ---------------------------------------------------------------

    @property
    def uid(self) -> str:
        """Tells this library from any other that was at the same path before."""
        return self._setting("uid") or ""

    @property
    def change(self) -> int:
        """Grows with every transaction that alters what can be searched."""
        return int(self._setting("change") or 0)

    @property
    def fingerprint(self) -> str | None:
        """Of the encoder whose vectors are searched; None while nothing was embedded."""
        return self._setting("fingerprint")

    @property
    def encoder_name(self) -> str | None:
        """What a person calls that encoder."""
        return self._setting("encoder_name")

    @property
    def dim(self) -> int | None:
        """Length of its vectors."""
        value = self._setting("dim")
        return int(value) if value else None

    def roots(self) -> list[Path]:
        """The folders that were indexed, in the order in which they were added."""
        return [_path(row[0]) for row in self._all("SELECT path FROM root ORDER BY id")]

    def counts(self) -> Counts:
        """How many photos are in which state."""
        by_status = dict(self._all("SELECT status, count(*) FROM photo GROUP BY status"))
        return Counts(
            present=by_status.get("present", 0),
            removed=by_status.get("removed", 0),
            failed=by_status.get("failed", 0),
            searchable=self.searchable_count(),
        )

    def searchable_count(self) -> int:
        """Photos that are present and have a vector of the library's encoder."""
        row = self._one(
            "SELECT count(*) FROM vector v JOIN photo p ON p.id = v.photo_id "
            "WHERE v.fingerprint = ? AND p.status = 'present'",
            (self.fingerprint or "",),
        )
        return int(row[0]) if row else 0

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside belongs to one state of the library, whoever writes meanwhile."""
        with self._guard:
            if self._in_transaction:
                yield
                return
            self._execute("BEGIN")
            self._in_transaction = True
            try:
                yield
            finally:
                self._in_transaction = False
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    # -- photos ----------------------------------------------------------------------------

    def photo(self, photo_id: int) -> Photo:
        """A photo that is in the library now.

        Raises:
            PhotoNotFound: there is none with this id, or it was removed or could not be read.
        """
        photo = self.photos([photo_id]).get(photo_id)
        if photo is None or photo.status != "present":
            raise PhotoNotFound(f"no photo {photo_id} in the library")
        return photo

    def photos(self, photo_ids: Iterable[int]) -> dict[int, Photo]:
        """The photos with these ids, whatever their status; unknown ids are left out."""
        found: dict[int, Photo] = {}
        for some in _chunks([int(photo_id) for photo_id in photo_ids]):
            marks = ",".join("?" * len(some))
            for row in self._all(f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE id IN ({marks})", some):
                found[row[0]] = _photo(row)
        return found

    def photos_with(self, status: Status) -> list[Photo]:
        """All photos in this state, in the order of their ids."""
        rows = self._all(
            f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE status = ? ORDER BY id", (status,)
        )
        return [_photo(row) for row in rows]

    def known_files(self) -> dict[Path, KnownFile]:
        """All files that are present or failed, for telling what changed."""
        rows = self._all(
            "SELECT p.path, p.id, p.size, p.mtime_ns, p.content_hash, p.status, p.reason, "
            "v.fingerprint IS ? FROM photo p LEFT JOIN vector v ON v.photo_id = p.id "
            "WHERE p.status <> 'removed'",
            (self.fingerprint,),
        )
        return {_path(row[0]): KnownFile(*row[1:]) for row in rows}

    def photos_by_content(self, content_hash: str, *, embedded: bool = True) -> list[Photo]:
        """Photos with these bytes, removed ones too.

        Args:
            content_hash: of the bytes.
            embedded: only those with a vector of the library's encoder.
        """
        query = f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE content_hash = ? AND status <> 'failed'"
        values = [content_hash]
        if embedded:
            query += " AND id IN (SELECT photo_id FROM vector WHERE fingerprint = ?)"
            values.append(self.fingerprint or "")
        return [_photo(row) for row in self._all(f"{query} ORDER BY id", values)]

    def embedded_hashes(self) -> set[str]:
        """Content hashes that have a vector of the library's encoder, removed photos too."""
        rows = self._all(
            "SELECT p.content_hash FROM vector v JOIN photo p ON p.id = v.photo_id "
            "WHERE v.fingerprint = ? AND p.status <> 'failed' AND p.content_hash IS NOT NULL",
            (self.fingerprint or "",),
        )
        return {row[0] for row in rows}

    # -- vectors ---------------------------------------------------------------------------

    def searchable_ids(self) -> NDArray[np.int64]:
        """Ids of all photos that can be searched, in growing order."""
        rows = self._all(
            "SELECT p.id FROM photo p JOIN vector v ON v.photo_id = p.id "
            "WHERE p.status = 'present' AND v.fingerprint = ? ORDER BY p.id",
            (self.fingerprint or "",),
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def ids_changed_since(self, change: int) -> set[int]:
        """Photos whose vector was written after this state of the library."""
        rows = self._all(
            "SELECT photo_id FROM vector WHERE fingerprint = ? AND change > ?",
            (self.fingerprint or "", change),
        )
        return {row[0] for row in rows}

    def vectors(self, photo_ids: Sequence[int]) -> NDArray[np.float32]:
        """Vectors [n, dim] of these photos, in this order.

        Raises:
            PhotoNotFound: one of them has none.
        """
        dim = self.dim or 0
        result = np.empty((len(photo_ids), dim), dtype=np.float32)
        places = {int(photo_id): place for place, photo_id in enumerate(photo_ids)}
        found = 0
        for some in _chunks(list(places)):
            marks = ",".join("?" * len(some))
            query = f"SELECT photo_id, data FROM vector WHERE photo_id IN ({marks})"
            for photo_id, data in self._all(query, some):
                if len(data) != 4 * dim:
                    raise LibraryError(
                        f"the vector of photo {photo_id} is damaged: run photopal index --rebuild"
                    )
                result[places[photo_id]] = np.frombuffer(data, dtype="<f4")
                found += 1
        if found != len(places):
            raise PhotoNotFound(f"{len(places) - found} photos have no vector in the library")
        return result

    # -- writing ---------------------------------------------------------------------------

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
        """All that is written inside is kept together, or none of it."""
        with self.writing(), self._guard:
            if self._in_transaction:
                yield
                return
            self._execute("BEGIN IMMEDIATE")
            self._in_transaction = True
            try:
                if alters_search:
                    self._execute("UPDATE setting SET value = value + 1 WHERE name = 'change'")
                yield
                self._execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._in_transaction = False

    def set_encoder(self, name: str, fingerprint: str, dim: int) -> None:
        """From now on, vectors of this encoder are the ones that are searched."""
        with self.transaction():
            for key, value in (("encoder_name", name), ("fingerprint", fingerprint), ("dim", dim)):
                self._execute(
                    "INSERT INTO setting (name, value) VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    (key, str(value)),
                )

    def forget_root(self, folder: Path) -> int:
        """Index this folder no more; its photos count as removed. How many those are."""
        gone = [
            known.photo_id
            for path, known in self.known_files().items()
            if path.is_relative_to(folder)
        ]
        with self.transaction():
            self.set_roots([root for root in self.roots() if root != folder])
            self.remove_photos(gone)
        return len(gone)

    def set_roots(self, folders: Sequence[Path]) -> None:
        """Remember exactly these folders as the indexed ones."""
        with self.transaction(alters_search=False):
            kept = [_stored(folder) for folder in folders]
            for (path,) in self._all("SELECT path FROM root"):
                if path not in kept:
                    self._execute("DELETE FROM root WHERE path = ?", (path,))
            for path in kept:
                self._execute(
                    "INSERT INTO root (path, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (path, _now()),
                )

    def put_photo(
        self,
        path: Path,
        *,
        photo_id: int | None,
        content_hash: str,
        size: int,
        mtime_ns: int,
        metadata: Metadata,
        vector: NDArray[np.float32],
    ) -> int:
        """Write a photo with its vector: a new one, or new content of the one with this id."""
        fields = {
            "path": _stored(path),
            "content_hash": content_hash,
            "size": size,
            "mtime_ns": mtime_ns,
            "width": metadata.width,
            "height": metadata.height,
            "taken_at": metadata.taken_at,
            "camera": metadata.camera,
            "latitude": metadata.latitude,
            "longitude": metadata.longitude,
            "status": "present",
            "reason": None,
            "indexed_at": _now(),
        }
        with self.transaction():
            photo_id = self._put(photo_id, fields)
            self._execute(
                "INSERT OR REPLACE INTO vector (photo_id, fingerprint, change, data) "
                "VALUES (?, ?, ?, ?)",
                (
                    photo_id,
                    self.fingerprint or "",
                    self.change,
                    np.ascontiguousarray(vector, dtype="<f4").tobytes(),
                ),
            )
        return photo_id

    def put_failure(
        self,
        path: Path,
        *,
        photo_id: int | None,
        reason: str,
        content_hash: str | None = None,
        size: int | None = None,
        mtime_ns: int | None = None,
    ) -> int:
        """Write that a file could not be read.

        With a content hash the content itself is at fault: what was known of older content is
        forgotten, and the file is left alone until it changes. Without one it was out of reach:
        it is tried again next time, and a vector it had is kept for that day.
        """
        fields: dict[str, Any] = {
            "path": _stored(path),
            "size": size if content_hash else None,
            "mtime_ns": mtime_ns if content_hash else None,
            "status": "failed",
            "reason": reason,
            "indexed_at": _now(),
        }
        if content_hash:
            fields["content_hash"] = content_hash
        with self.transaction():
            photo_id = self._put(photo_id, fields)
            if content_hash:
                self._execute("DELETE FROM vector WHERE photo_id = ?", (photo_id,))
        return photo_id

    def move_photo(self, photo_id: int, path: Path, *, size: int, mtime_ns: int) -> None:
        """The photo's file has another path now; one that was out of reach is present again."""
        with self.transaction():
            self._execute(
                "UPDATE photo SET path = ?, size = ?, mtime_ns = ?, status = 'present', "
                "reason = NULL WHERE id = ?",
                (_stored(path), size, mtime_ns, photo_id),
            )

    def touch_photo(self, photo_id: int, *, size: int, mtime_ns: int) -> None:
        """The photo's file has another time of change, with the same content."""
        with self.transaction(alters_search=False):
            self._execute(
                "UPDATE photo SET size = ?, mtime_ns = ? WHERE id = ?", (size, mtime_ns, photo_id)
            )

    def remove_photos(self, photo_ids: Sequence[int]) -> None:
        """These files are gone. Their vectors are kept for a while: files come back."""
        if not photo_ids:
            return
        with self.transaction():
            self._many(
                "UPDATE photo SET status = 'removed', indexed_at = ? WHERE id = ?",
                [(_now(), int(photo_id)) for photo_id in photo_ids],
            )

    def forget_removed(self, before: datetime) -> int:
        """Delete all trace of photos that were removed before this moment; how many."""
        with self.transaction(alters_search=False):
            cursor = self._execute(
                "DELETE FROM photo WHERE status = 'removed' AND indexed_at < ?",
                (before.astimezone(UTC).isoformat(timespec="seconds"),),
            )
        return cursor.rowcount

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
        with self.writing():
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

    def _put(self, photo_id: int | None, fields: dict[str, Any]) -> int:
        names = list(fields)
        if photo_id is None:
            marks = ", ".join("?" * len(names))
            cursor = self._execute(
                f"INSERT INTO photo ({', '.join(names)}) VALUES ({marks})", list(fields.values())
            )
            return int(cursor.lastrowid or 0)
        assignments = ", ".join(f"{name} = ?" for name in names)
        self._execute(f"UPDATE photo SET {assignments} WHERE id = ?", [*fields.values(), photo_id])
        return photo_id

    def _setting(self, name: str) -> str | None:
        row = self._one("SELECT value FROM setting WHERE name = ?", (name,))
        return row[0] if row else None

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


def _checked_version(path: Path, *, create: bool) -> int | None:
    """The schema version of a file that may be opened; None when there is none yet."""
    header = peek(path)
    log = path.with_name(path.name + "-wal")
    if path.exists() and log.exists() and log.stat().st_size:
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
            if not os.access(path.parent, os.W_OK):
                # The log cannot be read from a medium that cannot be written; the file can.
                return header
            raise _library_error(path, error) from error


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


def _library_error(path: Path, error: sqlite3.Error) -> LibraryError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return LibraryBusy(f"another process is writing to the library {path}: try again later")
    if "malformed" in text or "not a database" in text:
        return LibraryError(
            f"the library {path} is damaged ({text}): move it away and index the photos again"
        )
    return LibraryError(f"the library {path} cannot be used: {text}")


def _stored(path: Path) -> str | bytes:
    """Paths as text; those that are not valid UTF-8 as the bytes that the system has."""
    text = os.fspath(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def _path(stored: str | bytes) -> Path:
    return Path(os.fsdecode(stored))


def _photo(row: tuple[Any, ...]) -> Photo:
    return Photo(row[0], _path(row[1]), *row[2:])


def _chunks(values: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
