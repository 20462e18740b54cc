"""Facts that follow from what the library stores anyway: day, place, and words of names.

They are written with every photo, and filled in for photos that are known already, without
opening their files, when a library of an earlier version is opened for writing.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from retrieval.filters import Place
from retrieval.library.connection import Database, path_of
from retrieval.photos.dates import date_from_name
from retrieval.photos.names import words_of_path

DERIVED_VERSION = 1
"""Grows when the rules change: all photos are derived again then."""

NOWHERE = Place()

FOLDERS_READ = 3
"""How many folders above a photo may name its place."""


def day_of(taken_at: str | None, path: Path) -> str | None:
    """The day of a photo, YYYY-MM-DD: EXIF's, else the one in its name."""
    if taken_at:
        try:
            return date.fromisoformat(taken_at[:10]).isoformat()
        except ValueError:
            pass
    named = date_from_name(path)
    return named.isoformat() if named else None


def place_at(latitude: float | None, longitude: float | None) -> Place:
    """The place of a GPS position; an empty one without position or far from any."""
    if latitude is None or longitude is None:
        return NOWHERE
    from retrieval.photos.places import place_of

    return place_of(latitude, longitude) or NOWHERE


def derive_all(library: Database, roots: Collection[Path]) -> None:
    """Fill in what follows from the stored columns of every photo, inside a transaction."""
    rows = library._all("SELECT id, path, taken_at, latitude, longitude FROM photo")
    located = [(row[0], row[3], row[4]) for row in rows if None not in row[3:5]]
    places: Mapping[int, Place] = {}
    if located:
        from retrieval.photos.places import places_of

        found = places_of([(latitude, longitude) for _, latitude, longitude in located])
        places = {row[0]: place or NOWHERE for row, place in zip(located, found, strict=True)}
    library._many(
        "UPDATE photo SET taken_on = ?, city = ?, region = ?, country = ? WHERE id = ?",
        [
            (day_of(taken_at, path_of(stored)), *names_of(places.get(number, NOWHERE)), number)
            for number, stored, taken_at, *_ in rows
        ],
    )
    library._execute("DELETE FROM photo_name")
    library._many(
        "INSERT INTO photo_name (rowid, words) VALUES (?, ?)",
        [(row[0], " ".join(words_of_path(path_of(row[1]), roots))) for row in rows],
    )
    places_from_folders(library)
    library._set("derived", DERIVED_VERSION)


def places_from_folders(library: Database) -> None:
    """Give photos without a GPS place the one that their folders name.

    After the others are known, because a folder "Kyoto" is believed more readily when photos of
    Kyoto are there.
    """
    by_folder: dict[Path, list[tuple[int, Place]]] = {}
    for number, stored, city, region, country in library._all(
        "SELECT id, path, city, region, country FROM photo "
        "WHERE latitude IS NULL AND status = 'present'"
    ):
        here = Place(city, region, country)
        by_folder.setdefault(path_of(stored).parent, []).append((number, here))
    known = set(_gps_places(library))
    changed: list[tuple[Any, ...]] = []
    for folder, photos in by_folder.items():
        place = NOWHERE
        if known or _has_capitals(folder):
            from retrieval.photos.places import place_from_folders

            place = place_from_folders(folder / "photo.jpg", known) or NOWHERE
        changed += [(*names_of(place), number) for number, old in photos if old != place]
    library._many("UPDATE photo SET city = ?, region = ?, country = ? WHERE id = ?", changed)


def _has_capitals(folder: Path) -> bool:
    """Whether a folder may be a place's name at all, without loading the gazetteer to find out."""
    return any(name != name.lower() for name in folder.parts[-FOLDERS_READ:])


def names_of(place: Place) -> tuple[str, str, str]:
    """The columns of a place."""
    return place.city, place.region, place.country


def _gps_places(library: Database) -> Iterator[Place]:
    for row in library._all(
        "SELECT DISTINCT city, region, country FROM photo "
        "WHERE latitude IS NOT NULL AND status = 'present' AND country <> ''"
    ):
        yield Place(*row)
