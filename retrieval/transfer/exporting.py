"""Write a library into a folder or a .zip that another machine can take in."""

import json
import os
import sqlite3
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import ExportInvalid
from retrieval.files import PRIVATE, file_hash, replacing
from retrieval.library import Library
from retrieval.library.connection import now
from retrieval.library.schema import latest_version
from retrieval.transfer.manifest import MANIFEST, ExportedFile, ExportedRoot, Manifest
from retrieval.transfer.tables import columns_of, plain_tables, to_json, vector_tables

VECTORS_A_FILE = 20_000
_SAMPLES = 5


@dataclass(frozen=True)
class ExportReport:
    """What was exported.

    Attributes:
        path: of the folder or the .zip.
        photos: present ones.
        vectors: of all photos, also of those whose files are gone for the moment.
        size: in bytes.
    """

    path: Path
    photos: int
    vectors: int
    size: int


def export_library(library: Library, target: Path) -> ExportReport:
    """Write a library into a .zip, if the target is called so, else into a folder.

    No photo is in it: it holds what is known of photos (marks, places, remarks), and their vectors,
    so that they need not be embedded again. It is there whole or not at all.

    Raises:
        ExportInvalid: there is something under that name already.
        OSError: it cannot be written.
    """
    target = Path(target).expanduser().absolute()
    if target.is_dir() and target.suffix.lower() != ".zip" and not any(target.iterdir()):
        target.rmdir()
    if target.exists():
        raise ExportInvalid(f"{target} is there already: choose another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as name:
        folder = Path(name) / "export"
        folder.mkdir(mode=0o700)
        with library.snapshot():
            manifest = _write(library, folder, target.parent)
        if target.suffix.lower() == ".zip":
            _pack(folder, target)
        else:
            os.rename(folder, target)
    size = sum(one.size for one in manifest.files.values())
    vectors = sum(one.rows for name, one in manifest.files.items() if name.endswith(".safetensors"))
    if target.is_file():
        size = target.stat().st_size
    return ExportReport(target, manifest.photos, vectors, size)


def _write(library: Library, folder: Path, near: Path) -> Manifest:
    connection = library._connection
    roots = library.roots()
    files: dict[str, ExportedFile] = {}
    for table in plain_tables(connection):
        path = folder / f"{table}.jsonl"
        rows = _write_rows(connection, table, path, roots)
        files[path.name] = ExportedFile(table, path.stat().st_size, file_hash(path), rows)
    for table in vector_tables(connection):
        for path, rows in _write_vectors(connection, table, folder):
            files[path.name] = ExportedFile(table, path.stat().st_size, file_hash(path), rows)
    manifest = Manifest(
        schema=latest_version(),
        encoder={
            "name": library.encoder_name,
            "fingerprint": library.fingerprint,
            "dim": library.dim,
        },
        photos=library.counts().present,
        roots=_roots(library, roots, near),
        files=files,
        photopal=_version(),
        exported_at=now(),
    )
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _write_rows(connection: sqlite3.Connection, table: str, path: Path, roots: list[Path]) -> int:
    columns = columns_of(connection, table)
    names = ", ".join(f'"{column}"' for column in columns)
    count = 0
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for row in connection.execute(f'SELECT {names} FROM "{table}"'):
            told = {
                column: to_json(column, value, roots)
                for column, value in zip(columns, row, strict=True)
            }
            file.write(json.dumps(told) + "\n")
            count += 1
    return count


def _write_vectors(
    connection: sqlite3.Connection, table: str, folder: Path
) -> Iterator[tuple[Path, int]]:
    """A file for each encoder, and for every so many photos."""
    number = 0
    kinds = connection.execute(
        f'SELECT DISTINCT fingerprint, length(data) FROM "{table}" ORDER BY 1, 2'
    ).fetchall()
    for fingerprint, length in kinds:
        if not length or length % 4:
            # Damaged; the photo is embedded again by the next run of indexing.
            continue
        cursor = connection.execute(
            f'SELECT photo_id, data FROM "{table}" WHERE fingerprint = ? AND length(data) = ? '
            "ORDER BY photo_id",
            (fingerprint, length),
        )
        while rows := cursor.fetchmany(VECTORS_A_FILE):
            path = folder / f"{table}-{number:05}.safetensors"
            number += 1
            yield path, _save_vectors(path, rows, fingerprint)


def _save_vectors(path: Path, rows: list[tuple[int, bytes]], fingerprint: str) -> int:
    from safetensors.numpy import save_file

    data = np.stack([np.frombuffer(row[1], dtype="<f4") for row in rows])
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    sound = np.isfinite(data).all(axis=1)
    tensors: dict[str, Any] = {"photo_id": ids[sound], "data": data[sound]}
    save_file(tensors, path, metadata={"fingerprint": fingerprint})
    return int(sound.sum())


def _roots(library: Library, roots: list[Path], near: Path) -> list[ExportedRoot]:
    counts: Counter[int] = Counter()
    samples: dict[int, list[str]] = {number: [] for number in range(len(roots))}
    for photo in library.photos_with("present"):
        for number, root in enumerate(roots):
            if photo.path.is_relative_to(root):
                counts[number] += 1
                if len(samples[number]) < _SAMPLES:
                    samples[number].append(photo.path.relative_to(root).as_posix())
                break
    return [
        ExportedRoot(os.fspath(root), _seen_from(near, root), counts[number], tuple(some))
        for (number, some), root in zip(samples.items(), roots, strict=True)
    ]


def _seen_from(folder: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(root, os.path.realpath(folder))).as_posix()
    except ValueError:
        # On another drive of Windows.
        return ""


def _pack(folder: Path, target: Path) -> None:
    with (
        replacing(target, mode=PRIVATE) as temporary,
        zipfile.ZipFile(temporary, "w", allowZip64=True) as archive,
    ):
        for path in sorted(folder.iterdir(), key=lambda one: (one.name != MANIFEST, one.name)):
            # Vectors do not get smaller by it.
            kind = zipfile.ZIP_STORED if path.suffix == ".safetensors" else zipfile.ZIP_DEFLATED
            archive.write(path, path.name, compress_type=kind)


def _version() -> str:
    try:
        return version("photopal")
    except PackageNotFoundError:
        return ""
