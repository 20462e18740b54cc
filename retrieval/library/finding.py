"""Find photos by words of their names, and facts of the whole library."""

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
    rows = library._all(
        f"SELECT city, region, country, count(*) FROM photo WHERE {PRESENT} AND "
        "(city <> '' OR region <> '' OR country <> '') GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3, 2, 1"
    )
    return {Place(*row[:3]): row[3] for row in rows}


def cameras(library: Database) -> dict[str, int]:
    """How many present photos each camera took, the most first."""
    return dict(
        library._all(
            f"SELECT camera, count(*) FROM photo WHERE {PRESENT} AND camera IS NOT NULL "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        )
    )


def facts(library: Database) -> Facts:
    """What can be said of the library as a whole."""
    count, dated, first, last = library._all(
        f"SELECT count(*), count(taken_on), min(taken_on), max(taken_on) FROM photo WHERE {PRESENT}"
    )[0]
    years = library._all(
        "SELECT CAST(substr(taken_on, 1, 4) AS INTEGER), count(*) FROM photo "
        f"WHERE {PRESENT} AND taken_on IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    folders: dict[Path, int] = {}
    for (stored,) in library._all(f"SELECT path FROM photo WHERE {PRESENT}"):
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
