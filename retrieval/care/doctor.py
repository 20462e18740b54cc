"""Examine a library from its file to its thumbnails, and repair what can be repaired safely.

"Safely" means that nothing is lost that cannot be made again: a damaged file is kept, a photo is
marked as gone but not deleted, vectors that are no use are made again by the next run of indexing.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.backups import Backup, backups
from retrieval.care.checks import (
    check_files,
    check_folders,
    check_index,
    check_names,
    check_vectors,
)
from retrieval.care.findings import REPAIR, Finding
from retrieval.care.leftovers import check_leftovers, check_thumbnails
from retrieval.care.sqlite_file import broken_references, only_indexes, problems_of, salvage
from retrieval.errors import LibraryBusy, LibraryError, LibraryNotFound
from retrieval.library import Library
from retrieval.library.lock import WriteLock
from retrieval.library.schema import APPLICATION_ID, peek


@dataclass
class Diagnosis:
    """What an examination found.

    Attributes:
        path: of the library.
        findings: all that is not as it should be, repaired or not.
        photos: that are present; 0 where the file cannot be read.
        backups: copies from before migrations.
    """

    path: Path
    findings: list[Finding] = field(default_factory=list)
    photos: int = 0
    backups: list[Backup] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Nothing is wrong any more."""
        return all(one.repaired for one in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal doctor --json``."""
        return {
            "library": str(self.path),
            "healthy": self.healthy,
            "photos": self.photos,
            "findings": [one.as_dict() for one in self.findings],
            "backups": [
                {"path": str(one.path), "days": round(one.days, 1), "bytes": one.size}
                for one in self.backups
            ],
        }


def examine(
    path: Path,
    *,
    thumbnails: Path | None = None,
    repair: bool = False,
    on_step: Callable[[str], None] | None = None,
) -> Diagnosis:
    """Examine a library.

    Args:
        path: of the database.
        thumbnails: the folder of its thumbnails; None where there is none of its own.
        repair: mend what can be mended.
        on_step: called with what is being looked at.

    Raises:
        LibraryNotFound: there is none.
        LibraryBusy: it is to be repaired, and another process writes to it.
        LibraryTooNew: a newer version wrote it.
        LibraryError: it is no library at all, or cannot be read.
    """
    path = Path(path).expanduser().absolute()
    if not path.exists():
        raise LibraryNotFound(f"there is no library at {path}: nothing to examine")
    header = peek(path)
    if header is not None and header.application_id not in (0, APPLICATION_ID):
        raise LibraryError(f"{path} is not a Photopal library; it is left untouched")
    step = on_step or (lambda text: None)
    diagnosis = Diagnosis(path, backups=list(backups(path)))
    caches = [] if thumbnails is None else [thumbnails]
    diagnosis.findings += check_leftovers([path], caches, repair)
    step("Reading the database …")
    library_file = Kind("library", _new_library, _finish_library)
    diagnosis.findings += check_database(path, library_file, repair)
    if not all(one.repaired for one in diagnosis.findings if one.kind == DAMAGED):
        return diagnosis
    with Library.open(path) if repair else Library.read(path) as library:
        with library.writing() if repair else contextlib.nullcontext():
            for finding in _inside(library, thumbnails, repair, step):
                diagnosis.findings.append(finding)
        diagnosis.photos = library.counts().present
    return diagnosis


DAMAGED = "database-damaged"


@dataclass(frozen=True)
class Kind:
    """A kind of database, as far as repairing it needs to know.

    Attributes:
        noun: what it is to a person, such as "library".
        create: makes an empty one of the newest version.
        finish: called with a new one once all that could be read is in it.
    """

    noun: str
    create: Callable[[Path], None]
    finish: Callable[[sqlite3.Connection], None] | None = None


def check_database(path: Path, kind: Kind, repair: bool) -> Iterator[Finding]:
    """Whether a database is whole; a damaged one is read into a new one, and kept beside it.

    Args:
        path: of the file.
        kind: what it is.
        repair: mend it.

    Raises:
        LibraryBusy: it is to be mended, and another process writes to it.
        LibraryError: not even its list of tables can be read, or there is no room.
    """
    noun, problems = kind.noun, problems_of(path)
    if problems and only_indexes(problems):
        if repair and not _reindexed(path):
            # Rows that are there twice: the new file takes one of each.
            yield _salvaged(path, kind, tuple(problems[:3]))
            return
        text = f"indexes inside the {noun} do not fit its tables" + (
            "; made anew" if repair else ""
        )
        advice = "" if repair else REPAIR
        yield Finding("database-indexes", text, len(problems), tuple(problems[:3]), repair, advice)
        return
    if problems:
        if not repair:
            yield Finding(
                DAMAGED,
                f"the file of the {noun} is damaged",
                len(problems),
                tuple(problems[:3]),
                advice=f"{REPAIR}: reads what can be read into a new file, and keeps this one",
            )
            return
        yield _salvaged(path, kind, tuple(problems[:3]))
        return
    broken = broken_references(path)
    if broken:
        total = sum(broken.values())
        if repair:
            with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
                for table, rowid, *_ in connection.execute("PRAGMA foreign_key_check").fetchall():
                    connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
                connection.commit()
        yield Finding(
            "references-broken",
            f"{total:,} rows of the {noun} belong to nothing ({', '.join(broken)})"
            + ("; deleted" if repair else ""),
            total,
            repaired=repair,
            advice="" if repair else REPAIR,
        )


def _reindexed(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.execute("REINDEX")
    except sqlite3.DatabaseError:
        return False
    return not problems_of(path)


def _salvaged(path: Path, kind: Kind, problems: tuple[str, ...]) -> Finding:
    noun = kind.noun
    lock = WriteLock(path.with_name(path.name + ".lock"))
    if not lock.acquire():
        raise LibraryBusy(f"another process writes to the {noun} {path}: end it first")
    try:
        result = salvage(path, kind.create, kind.finish)
    except (OSError, sqlite3.Error) as error:
        raise LibraryError(
            f"the {noun} {path} is damaged, and nothing of it could be read into a new file "
            f"({error}): it is left as it is"
        ) from error
    finally:
        lock.release()
    rows = ", ".join(f"{kept:,} of {table}" for table, kept in result.kept.items() if kept)
    lost = ", ".join(f"{count:,} of {table}" for table, count in result.lost.items())
    text = (
        f"the file of the {noun} was damaged: rows read into a new one: {rows or 'none'}"
        + (f"; not readable: {lost}" if lost else "")
        + f"; the damaged file is kept as {result.damaged}"
    )
    return Finding(DAMAGED, text, len(problems), problems, repaired=True)


def _inside(
    library: Library, thumbnails: Path | None, repair: bool, step: Callable[[str], None]
) -> Iterator[Finding]:
    yield from check_folders(library)
    step("Looking for the photos' files …")
    yield from check_files(library, repair)
    step("Reading the vectors …")
    yield from check_vectors(library, repair)
    yield from check_names(library, repair)
    step("Reading the index …")
    yield from check_index(library, repair)
    if thumbnails is not None:
        step("Looking at the thumbnails …")
        yield from check_thumbnails(library, thumbnails, repair)


def _new_library(path: Path) -> None:
    Library.open(path, create=True).close()


def _finish_library(connection: sqlite3.Connection) -> None:
    """Have what follows from the rows made again, and the encoder known by its vectors."""
    connection.execute("UPDATE setting SET value = '0' WHERE name = 'derived'")
    connection.execute("UPDATE setting SET value = value + 1 WHERE name = 'change'")
    most = connection.execute(
        "SELECT fingerprint, length(data) / 4 FROM vector GROUP BY 1, 2 ORDER BY count(*) DESC"
    ).fetchone()
    if most is not None:
        connection.executemany(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [("fingerprint", most[0]), ("dim", str(most[1]))],
        )
