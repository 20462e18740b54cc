"""Add the photos of one library to another."""

from pathlib import Path
from typing import Any

from retrieval.errors import ExportInvalid
from retrieval.indexing.diff import outermost
from retrieval.library import Library
from retrieval.library.derived import derive_all
from retrieval.transfer.tables import columns_of, vector_tables


def merge(new: Library, existing: Library, source: Path) -> tuple[int, int]:
    """Add photos whose paths are not known yet, in one transaction.

    A photo whose path is known keeps what is known of it; it becomes a favourite, or hidden, where
    it is one in either library. Files that could not be read, or were gone, are left out: the next
    run of indexing finds out anew.

    Args:
        new: opened for writing; which of its vectors are searched may be changed.
        existing: gets the photos.
        source: what ``new`` was made of, for messages.

    Returns:
        How many photos were added, and how many were known.

    Raises:
        ExportInvalid: the vectors of the two are of different encoders.
    """
    wanted = existing.fingerprint
    kept = {one.fingerprint for one in new.vector_sets() if not one.searched}
    if wanted is not None and wanted in kept and not new.count_lacking(wanted):
        # It was searched by another encoder, and has the vectors of this one for all its photos.
        new.search_set(wanted)
    if existing.fingerprint and new.fingerprint and existing.fingerprint != new.fingerprint:
        raise ExportInvalid(
            f"{source} cannot be taken into the library {existing.path}: its vectors are of the "
            f"encoder {new.encoder_name!r}, not {existing.encoder_name!r}; take it into another "
            f"one with --library, or say photopal encoder use {new.encoder_name} first"
        )
    known = {
        row[0]: row[1]
        for row in existing._all("SELECT path, id FROM photo WHERE status <> 'removed'")
    }
    columns = [name for name in columns_of(new._connection, "photo") if name != "id"]
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    path_at = columns.index("path")
    favourite_at, hidden_at = columns.index("favourite"), columns.index("hidden")
    ids: dict[int, int] = {}
    already = 0
    with existing.transaction():
        if not existing.fingerprint and new.fingerprint and new.dim:
            existing.set_encoder(new.encoder_name or "", new.fingerprint, new.dim)
        for number, *row in new._all(f"SELECT id, {names} FROM photo WHERE status = 'present'"):
            before = known.get(row[path_at])
            if before is not None:
                already += 1
                existing._execute(
                    "UPDATE photo SET favourite = max(favourite, ?), hidden = max(hidden, ?) "
                    "WHERE id = ?",
                    (row[favourite_at], row[hidden_at], before),
                )
                continue
            cursor = existing._execute(f"INSERT INTO photo ({names}) VALUES ({marks})", row)
            ids[number] = int(cursor.lastrowid or 0)
        _add_what_belongs_to(new, existing, ids)
        existing.add_kept_sets(new, ids)
        existing.add_texts(new)
        companions = {**new.companions(), **existing.companions()}
        existing.set_companions(companions)
        existing.set_roots(outermost([*existing.roots(), *new.roots()]))
        derive_all(existing, existing.roots())
    return len(ids), already


def _add_what_belongs_to(new: Library, existing: Library, ids: dict[int, int]) -> None:
    """Rows of all tables that name a photo by its id, but for kept sets of vectors."""
    tables = [row[1] for row in new._all("PRAGMA table_list") if row[0] == "main"]
    vectors = vector_tables(new._connection)
    for table in tables:
        if table in vectors and table != "vector":
            # The other library may have a set of another encoder under this name.
            continue
        columns = columns_of(new._connection, table)
        if "photo_id" not in columns:
            continue
        at = columns.index("photo_id")
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        rows: list[tuple[Any, ...]] = []
        for row in new._all(f'SELECT {names} FROM "{table}"'):
            values = list(row)
            if row[at] not in ids:
                continue
            values[at] = ids[row[at]]
            if table == "vector":
                values[columns.index("change")] = existing.change
            rows.append(tuple(values))
        existing._many(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
