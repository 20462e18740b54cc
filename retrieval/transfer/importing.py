"""Take an export in: as a new library, or into the one that is there."""

import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import ExportInvalid, LibraryBusy, LibraryNotFound, PhotopalError
from retrieval.files import PRIVATE
from retrieval.library import Library
from retrieval.library.lock import WriteLock
from retrieval.library.records import Status
from retrieval.library.schema import migrations
from retrieval.library.vector_sets import table_of_set
from retrieval.paths import make_private_folder
from retrieval.transfer.archive import Archive
from retrieval.transfer.manifest import ExportedFile
from retrieval.transfer.merging import merge
from retrieval.transfer.roots import FoundRoot, find_roots
from retrieval.transfer.tables import columns_of, from_json, plain_tables, vector_tables


@dataclass(frozen=True)
class ImportReport:
    """What became of an export.

    Attributes:
        library: that it was taken into.
        photos: present ones of the export.
        added: of these, those that are new to the library.
        known: those whose path the library knew; it keeps what it knew, and takes marks over.
        outside: photos that lay in no indexed folder, and so could not be brought along.
        roots: where the folders are now.
    """

    library: Path
    photos: int
    added: int
    known: int
    outside: int
    roots: Sequence[FoundRoot]


def import_library(
    source: Path, library: Path, chosen: Mapping[str, Path] | None = None
) -> ImportReport:
    """Take an export in. It is checked as a whole first; then all of it is taken in, or nothing.

    Where there is no library yet, the photos keep their ids, so that kept chats still show them.
    Into a library that is there, photos with new paths are added, and marks of known ones.

    Args:
        source: a folder or a .zip that :func:`retrieval.transfer.export_library` wrote.
        library: the database to take it into.
        chosen: see :func:`retrieval.transfer.roots.find_roots`.

    Raises:
        ExportInvalid: it is none, is damaged, a newer version wrote it, or its vectors are of
            another encoder than the library's.
        FolderNotFound: a folder of it was not found here.
        LibraryBusy: another process writes to the library.
        OSError: the library cannot be written.
    """
    library = Path(library).expanduser().absolute()
    make_private_folder(library.parent)
    with Archive.open(source) as archive:
        roots = find_roots(archive.manifest.roots, chosen or {}, archive.path.parent)
        archive.check()
        with tempfile.TemporaryDirectory(prefix=".import-", dir=library.parent) as folder:
            made = Path(folder) / "library.db"
            outside = _build(archive, made, [one.path for one in roots])
            with Library.read(made) as new:
                photos = new.counts().present
            try:
                with Library.open(library, patience=0.0) as existing, Library.open(made) as new:
                    added, known = merge(new, existing, source)
            except LibraryNotFound:
                _move(made, library)
                added, known = photos, 0
    return ImportReport(library, photos, added, known, outside, roots)


def _build(archive: Archive, path: Path, roots: Sequence[Path]) -> int:
    """Make a library of an export; how many photos had to be left out.

    Raises:
        ExportInvalid: what is in it makes no library.
    """
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            _make_tables(connection, archive.manifest.schema)
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("BEGIN")
            connection.execute("DELETE FROM setting")
            outside = _fill(archive, connection, roots)
            connection.execute("UPDATE setting SET value = '0' WHERE name = 'derived'")
            # Files on another disk have other numbers; they are told by size and time at first.
            connection.execute("UPDATE photo SET inode = NULL, ctime_ns = NULL")
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise ExportInvalid("it holds vectors of photos that are not in it")
            connection.execute("COMMIT")
        with Library.open(path) as library:
            _read_all(library)
            library._execute("PRAGMA wal_checkpoint(TRUNCATE)")
            library._execute("PRAGMA journal_mode = DELETE")
        return outside
    except ExportInvalid as error:
        raise archive.wrong(str(error)) from error
    except (sqlite3.Error, PhotopalError, ValueError, TypeError, OverflowError) as error:
        if "full" in str(error):
            raise
        raise archive.wrong(f"what is in it makes no library ({error})") from error


def _make_tables(connection: sqlite3.Connection, schema: int) -> None:
    for number, script in migrations():
        if number <= schema:
            connection.executescript(f"{script}\nPRAGMA user_version = {number};")


def _fill(archive: Archive, connection: sqlite3.Connection, roots: Sequence[Path]) -> int:
    plain = plain_tables(connection)
    outside = 0
    of_vectors: dict[str, ExportedFile] = {}
    for name, told in archive.manifest.files.items():
        if told.table in plain and name.endswith(".jsonl"):
            left_out = _insert_rows(archive.lines(name), connection, told, roots)
            outside += left_out if told.table == "photo" else 0
        else:
            of_vectors[name] = told
    if "vector_set" in plain:
        for (number,) in connection.execute("SELECT id FROM vector_set").fetchall():
            for statement in table_of_set(number):
                connection.execute(statement)
    vectors = vector_tables(connection)
    for name, told in of_vectors.items():
        if told.table not in vectors or not name.endswith(".safetensors"):
            raise ExportInvalid(f"{name} in it is of no table of a library")
        _insert_vectors(archive.content(name, told), connection, told)
    return outside


def _insert_rows(
    lines: Iterable[bytes],
    connection: sqlite3.Connection,
    told: ExportedFile,
    roots: Sequence[Path],
) -> int:
    """Insert the rows of a table; how many were left out for lying in no folder."""
    columns = columns_of(connection, told.table)
    rows = outside = 0
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ExportInvalid("a row in it is damaged") from error
        if not isinstance(row, dict) or not set(row) <= set(columns):
            raise ExportInvalid(f"a row in it is none of the table {told.table}")
        values = {name: from_json(name, value, roots) for name, value in row.items()}
        rows += 1
        if any(values[name] is None and row[name] is not None for name in row):
            outside += 1
            continue
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        connection.execute(
            f'INSERT INTO "{told.table}" ({names}) VALUES ({marks})', list(values.values())
        )
    if rows != told.rows:
        raise ExportInvalid("rows in it are missing")
    return outside


def _insert_vectors(content: bytes, connection: sqlite3.Connection, told: ExportedFile) -> None:
    """Insert vectors of the photos that are there."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors, fingerprint = load(content), _fingerprint(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ExportInvalid("vectors in it are damaged") from error
    ids, data = tensors.get("photo_id"), tensors.get("data")
    sound = (
        ids is not None
        and data is not None
        and ids.dtype == np.int64
        and data.dtype == np.float32
        and data.ndim == 2
        and ids.shape == data.shape[:1]
        and len(ids) == told.rows
        and bool(np.isfinite(data).all())
    )
    if not sound or ids is None or data is None:
        raise ExportInvalid("vectors in it are damaged")
    there = {row[0] for row in connection.execute("SELECT id FROM photo")}
    change = connection.execute("SELECT value FROM setting WHERE name = 'change'").fetchone()
    extra: dict[str, Any] = {}
    if "change" in columns_of(connection, told.table):
        extra["change"] = int(change[0]) if change else 0
    names = ", ".join(["photo_id", "fingerprint", "data", *extra])
    marks = ", ".join("?" * (3 + len(extra)))
    connection.executemany(
        f'INSERT INTO "{told.table}" ({names}) VALUES ({marks})',
        (
            (number, fingerprint, row.astype("<f4").tobytes(), *extra.values())
            for number, row in zip(ids.tolist(), data, strict=True)
            if number in there
        ),
    )


def _fingerprint(content: bytes) -> str:
    """Of the encoder, out of the metadata of a safetensors file."""
    length = int.from_bytes(content[:8], "little")
    return str(json.loads(content[8 : 8 + length])["__metadata__"]["fingerprint"])


def _read_all(library: Library) -> None:
    """Read all that other parts of the program will read, so that nothing odd is left in it."""
    statuses: tuple[Status, ...] = ("present", "removed", "failed")
    for status in statuses:
        for photo in library.photos_with(status):
            if photo.content_hash is not None and len(photo.content_hash) != 32:
                raise ExportInvalid("a checksum of a photo in it is none")
    library.facts()
    library.companions()
    library.text_counts()
    if library.misfitting_vectors():
        raise ExportInvalid("vectors in it are of a wrong length")


def _move(made: Path, library: Path) -> None:
    """Put the new library in its place; an index that lies there is of an earlier one."""
    from retrieval.vectors.faiss_index import index_path, stamp_path

    lock = WriteLock(library.with_name(library.name + ".lock"))
    if not lock.acquire():
        raise LibraryBusy(f"another process makes the library {library}: wait until it is done")
    try:
        # An empty file is what an interrupted start leaves, and holds no library.
        if library.exists() and library.stat().st_size:
            raise LibraryBusy(f"another process has just made the library {library}: try again")
        for path in (index_path(library), stamp_path(index_path(library))):
            path.unlink(missing_ok=True)
        made.chmod(PRIVATE)
        with open(made, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(made, library)
    finally:
        lock.release()
