"""Find photos by what is known of them: filters, words of names, facts of the whole library."""

import os
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import DateRange, Filter, Place
from retrieval.library.connection import Database, path_of, stored_path
from retrieval.library.records import Facts
from retrieval.photos.names import name_words
from retrieval.photos.remote import real_path

MAX_QUERY_WORDS = 64
"""Of a longer text, only so many words are looked for in names."""

_PRESENT = "status = 'present' AND hidden = 0"


def ids_matching(library: Database, wanted: Filter) -> NDArray[np.int64]:
    """Ids of the present photos that a filter lets through, in growing order."""
    conditions, values = [_PRESENT], []
    for condition, more in (
        _of_dates(wanted.dates),
        _of_places(library, wanted.places),
        _of_folders(wanted.folders),
        _of_camera(library, wanted.camera),
    ):
        if condition:
            conditions.append(f"({condition})")
            values += more
    if wanted.favourite:
        conditions.append("favourite <> 0")
    rows = library._all(
        f"SELECT id FROM photo WHERE {' AND '.join(conditions)} ORDER BY id", values
    )
    ids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    if wanted.only is not None:
        ids = ids[np.isin(ids, list(wanted.only))]
    if wanted.exclude:
        ids = ids[~np.isin(ids, list(wanted.exclude))]
    return ids


def search_names(
    library: Database, words: str | Iterable[str], ids: Collection[int] | None = None
) -> dict[int, float]:
    """Photos whose file or folder names hold any of these words, with BM25 scores (above 0)."""
    text = words if isinstance(words, str) else " ".join(words)
    terms = name_words(text)[:MAX_QUERY_WORDS]
    if not terms or (ids is not None and not len(ids)):
        return {}
    rows = library._all(
        "SELECT n.rowid, -bm25(photo_name) FROM photo_name n CROSS JOIN photo p ON p.id = n.rowid "
        "WHERE photo_name MATCH ? AND p.status = 'present' AND p.hidden = 0",
        (" OR ".join(f'"{term}"' for term in terms),),
    )
    allowed = None if ids is None else {int(one) for one in ids}
    found = {row[0]: float(row[1]) for row in rows if allowed is None or row[0] in allowed}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def places(library: Database) -> dict[Place, int]:
    """How many present photos each place has, the most first."""
    rows = library._all(
        f"SELECT city, region, country, count(*) FROM photo WHERE {_PRESENT} AND "
        "(city <> '' OR region <> '' OR country <> '') GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3, 2, 1"
    )
    return {Place(*row[:3]): row[3] for row in rows}


def cameras(library: Database) -> dict[str, int]:
    """How many present photos each camera took, the most first."""
    return dict(
        library._all(
            f"SELECT camera, count(*) FROM photo WHERE {_PRESENT} AND camera IS NOT NULL "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        )
    )


def facts(library: Database) -> Facts:
    """What can be said of the library as a whole."""
    count, dated, first, last = library._all(
        "SELECT count(*), count(taken_on), min(taken_on), max(taken_on) FROM photo "
        f"WHERE {_PRESENT}"
    )[0]
    years = library._all(
        "SELECT CAST(substr(taken_on, 1, 4) AS INTEGER), count(*) FROM photo "
        f"WHERE {_PRESENT} AND taken_on IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    folders: dict[Path, int] = {}
    for (stored,) in library._all(f"SELECT path FROM photo WHERE {_PRESENT}"):
        folder = path_of(stored).parent
        folders[folder] = folders.get(folder, 0) + 1
    return Facts(
        count=count,
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
        undated=count - dated,
        years=dict(years),
        places=places(library),
        folders=dict(sorted(folders.items(), key=lambda item: (-item[1], item[0]))),
        cameras=cameras(library),
    )


Condition = tuple[str, list[Any]]


def _of_dates(ranges: tuple[DateRange, ...]) -> Condition:
    """Days are stored as text that sorts as the days do."""
    parts, values = [], []
    for one in ranges:
        bounds = ["taken_on IS NOT NULL"]
        if one.first is not None:
            bounds.append("taken_on >= ?")
            values.append(one.first.isoformat())
        if one.last is not None:
            bounds.append("taken_on <= ?")
            values.append(one.last.isoformat())
        parts.append(" AND ".join(bounds))
    return " OR ".join(f"({part})" for part in parts), values


def _of_places(library: Database, wanted: tuple[Place, ...]) -> Condition:
    """Compared here, since SQLite folds the case of ASCII letters only."""
    if not wanted:
        return "", []
    matching = [known for known in places(library) if any(one.covers(known) for one in wanted)]
    if not matching:
        return "0", []
    rows = ", ".join(["(?, ?, ?)"] * len(matching))
    values = [name for place in matching for name in (place.city, place.region, place.country)]
    return f"(city, region, country) IN (VALUES {rows})", values


def _of_folders(folders: tuple[Path, ...]) -> Condition:
    """A range of paths for each folder; by bytes too, for names that are no valid text."""
    parts: list[str] = []
    values: list[Any] = []
    for folder in folders:
        absolute = folder.expanduser().absolute()
        # The library keeps real paths, except below links to folders.
        for one in dict.fromkeys((absolute, real_path(absolute))):
            parts.append("path = ?")
            values.append(stored_path(one))
            below = os.path.join(one, "")
            after = below[:-1] + chr(ord(below[-1]) + 1)
            if isinstance(stored_path(one), str):
                parts.append("(path >= ? AND path < ?)")
                values += [below, after]
            parts.append("(path >= ? AND path < ?)")
            values += [os.fsencode(below), os.fsencode(after)]
    return " OR ".join(parts), values


def _of_camera(library: Database, camera: str) -> Condition:
    if not camera.strip():
        return "", []
    part = " ".join(camera.split()).casefold()
    matching = [name for name in cameras(library) if part in name.casefold()]
    if not matching:
        return "0", []
    return f"camera IN ({', '.join('?' * len(matching))})", list(matching)
