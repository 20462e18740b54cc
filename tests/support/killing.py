"""A library whose writer is killed: how it is set up, and what has to be true of it afterwards."""

import contextlib
import os
import sqlite3
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from retrieval.library import Library
from retrieval.library.schema import latest_version, peek
from retrieval.vectors import open_index
from tests.support.fake_encoder import COLOURS, ColourEncoder
from tests.support.pictures import paint

OWN_FILES = frozenset({"", ".lock", "-wal", "-shm", f".before-{latest_version()}"})
"""What may lie beside a library, by what follows its name; and the two files of the index."""


def fill(folder: Path, first: int, count: int) -> None:
    """Pictures of their own, in four folders."""
    for number in range(first, first + count):
        colour = list(COLOURS)[number % len(COLOURS)]
        paint(folder / f"{number % 4}" / f"{colour}-{number:04}.png", colour, seed=number)


def first_version(path: Path, folder: Path, encoder_name: str) -> None:
    """A library as the first version wrote it, with a vector of each picture."""
    encoder = ColourEncoder(encoder_name)
    script = resources.files("retrieval.library.migrations").joinpath("0001_photos.sql")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA user_version = 1")
        settings = (encoder.name, encoder.fingerprint, str(encoder.dim))
        names = ("encoder_name", "fingerprint", "dim")
        connection.executemany(
            "INSERT INTO setting VALUES (?, ?)", zip(names, settings, strict=True)
        )
        connection.execute("INSERT INTO root (path, added_at) VALUES (?, 'x')", (str(folder),))
        for number, file in enumerate(sorted(folder.rglob("*.png")), start=1):
            status, vector = file.stat(), vector_of(file, encoder)
            connection.execute(
                "INSERT INTO photo (id, path, content_hash, size, mtime_ns, status, indexed_at) "
                "VALUES (?, ?, ?, ?, ?, 'present', 'x')",
                (number, str(file), _hash(file), status.st_size, status.st_mtime_ns),
            )
            connection.execute(
                "INSERT INTO vector VALUES (?, ?, 1, ?)",
                (number, encoder.fingerprint, vector.astype("<f4").tobytes()),
            )
        connection.commit()


def vector_of(file: Path, encoder: ColourEncoder) -> np.ndarray:
    """A picture's vector."""
    with Image.open(file) as picture:
        return encoder.encode_images([picture.convert("RGB")])[0]


def ids_by_content(path: Path) -> dict[str, int]:
    """The id of each photo by its content, of removed ones too; {} while there is no library."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        ) as connection:
            rows = connection.execute(
                "SELECT content_hash, id FROM photo WHERE status <> 'failed'"
            ).fetchall()
    except sqlite3.OperationalError:
        return {}
    return dict(rows)


def faults_of(path: Path) -> list[str]:
    """What is wrong with a library right after its writer was killed."""
    if not path.exists():
        return []
    faults = []
    header = peek(path)
    if header is not None and header.version == latest_version():
        # As a chat opens it; an older one would be brought up to date, and not by the next run.
        with Library.read(path) as library:
            library.facts()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for (said,) in connection.execute("PRAGMA integrity_check"):
            if said != "ok":
                faults.append(f"integrity: {said}")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return faults
        for query, what in (
            (
                "SELECT count(*) FROM photo p LEFT JOIN vector v ON v.photo_id = p.id "
                "WHERE p.status = 'present' AND v.photo_id IS NULL",
                "photos without a vector",
            ),
            (
                "SELECT count(*) FROM vector WHERE photo_id NOT IN (SELECT id FROM photo)",
                "vectors without a photo",
            ),
            (
                "SELECT count(*) - count(DISTINCT path) FROM photo WHERE status <> 'removed'",
                "paths twice",
            ),
        ):
            (number,) = connection.execute(query).fetchone()
            if number:
                faults.append(f"{number} {what}")
    return faults


def faults_when_done(path: Path, folder: Path, before: dict[str, int], name: str) -> list[str]:
    """What is wrong after the run that followed went to its end.

    Args:
        path: of the library.
        folder: of the pictures.
        before: what :func:`ids_by_content` gave right after the process was killed.
        name: of the encoder.
    """
    faults, encoder = faults_of(path), ColourEncoder(name)
    files = {file for file in folder.rglob("*.png")}
    with Library.read(path) as library:
        photos = library.photos_with("present")
        if {photo.path for photo in photos} != files:
            faults.append(f"{len(photos)} photos of {len(files)} files")
        twice = [one for one, n in Counter(photo.content_hash for photo in photos).items() if n > 1]
        if twice:
            faults.append(f"{len(twice)} contents twice")
        for photo in photos:
            if before.get(str(photo.content_hash), photo.id) != photo.id:
                faults.append(f"another id for {photo.path.name}")
        vectors = library.vectors([photo.id for photo in photos])
        for photo, vector in zip(photos, vectors, strict=True):
            if photo.path in files and float(vector @ vector_of(photo.path, encoder)) < 0.99:
                faults.append(f"another photo's vector for {photo.path.name}")
        if len(library.search_names(" ".join(COLOURS))) != len(photos):
            faults.append("names out of step")
        state = open_index(library).state(library)
        if state != "fresh":
            faults.append(f"the index is {state}")
    return faults + leftovers(path)


def leftovers(path: Path) -> list[str]:
    """Files beside a library that do not belong there."""
    own = {path.name + end for end in OWN_FILES}
    own |= {path.stem + end for end in (".faiss", ".faiss.json")}
    return [f"left behind: {name}" for name in os.listdir(path.parent) if name not in own]


def _hash(file: Path) -> str:
    from retrieval.files import file_hash

    return file_hash(file)
