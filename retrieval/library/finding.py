"""Find photos by words of their names, and facts of the whole library."""

import os
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

from retrieval.filters import Place
from retrieval.library.connection import Database, path_of
from retrieval.library.postings import PRESENT
from retrieval.library.records import Facts
from retrieval.photos.names import name_words

MAX_QUERY_WORDS = 64
"""Of a longer text, only so many words are looked for in names."""


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
    # In the order of the index, of which it is read: no photo's row is looked at.
    rows = library._all(
        "SELECT country, region, city, count(*) FROM photo INDEXED BY photo_place "
        f"WHERE {PRESENT} GROUP BY country, region, city"
    )
    found = {Place(city, region, country): count for country, region, city, count in rows}
    found.pop(Place("", "", ""), None)
    return dict(sorted(found.items(), key=lambda item: (-item[1], _from_country(item[0]))))


def cameras(library: Database) -> dict[str, int]:
    """How many present photos each camera took, the most first."""
    return dict(
        library._all(
            "SELECT camera, count(*) FROM photo INDEXED BY photo_camera "
            f"WHERE {PRESENT} AND camera IS NOT NULL GROUP BY camera ORDER BY 2 DESC, 1"
        )
    )


def facts(library: Database) -> Facts:
    """What can be said of the library as a whole."""
    days = library._all(
        "SELECT taken_on, count(*) FROM photo INDEXED BY photo_taken_on "
        f"WHERE {PRESENT} GROUP BY taken_on ORDER BY taken_on"
    )
    dated = [(day, count) for day, count in days if day is not None]
    years: Counter[int] = Counter()
    for day, count in dated:
        years[int(day[:4])] += count
    return Facts(
        count=sum(count for _, count in days),
        first=date.fromisoformat(dated[0][0]) if dated else None,
        last=date.fromisoformat(dated[-1][0]) if dated else None,
        undated=sum(count for day, count in days if day is None),
        years=dict(years),
        places=places(library),
        folders=_folders(library),
        cameras=cameras(library),
    )


def _folders(library: Database) -> dict[Path, int]:
    """How many present photos each folder has, the most first."""
    rows = library._all(f"SELECT path FROM photo INDEXED BY photo_folder WHERE {PRESENT}")
    # By text: to make a path of each photo takes ten times as long.
    counts = Counter(os.path.dirname(stored) for (stored,) in rows)
    found: dict[Path, int] = {}
    for stored, count in counts.items():
        folder = path_of(stored)
        found[folder] = found.get(folder, 0) + count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _from_country(place: Place) -> tuple[str, str, str]:
    return place.country, place.region, place.city
