"""Ids of photos by day, place, camera and folder, kept in memory while the library is the same.

An inverted list for each value is what a filter needs: a library of a million photos is filtered
in a few milliseconds, where asking SQLite for half of its ids takes a third of a second. The lists
of a column are read when it is first asked for, each in one pass over an index.
"""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import DateRange, Filter, Place
from retrieval.library.connection import Database, stored_path

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

PRESENT = "status = 'present' AND hidden = 0"

MAX_FOLDERS = 64
"""Folders whose photos are remembered."""


@dataclass(frozen=True)
class Column:
    """The photos of each value of a column.

    Attributes:
        values: each once, as SQLite sorts them.
        ids: the ids of the photos of each value.
    """

    values: tuple[Any, ...]
    ids: tuple[Ids, ...]

    def where(self, fits: Callable[[Any], bool]) -> list[Ids]:
        """The lists of the values that fit."""
        return [ids for value, ids in zip(self.values, self.ids, strict=True) if fits(value)]


class Postings:
    """The inverted lists of one state of a library; safe to use from several threads."""

    def __init__(self, library: Database, change: int) -> None:
        """Nothing is read before it is asked for.

        Args:
            library: that they are of.
            change: its change number, for which they hold.
        """
        self.change = change
        self._library = library
        self._guard = threading.Lock()
        self._columns: dict[str, Column] = {}
        self._folders: dict[Path, Ids] = {}

    def matching(self, wanted: Filter) -> Ids:
        """Ids of the present photos that a filter lets through, in growing order."""
        days = self._column("taken_on")
        present = _mask(days.ids, 1 + max((int(ids.max()) for ids in days.ids), default=0))
        chosen = present
        for lists in self._conditions(wanted):
            chosen = chosen & _mask(lists, len(present))
        if wanted.only is not None:
            chosen = chosen & _mask([_array(wanted.only)], len(present))
        if wanted.exclude:
            chosen = chosen & ~_mask([_array(wanted.exclude)], len(present))
        ids: Ids = np.flatnonzero(chosen)
        return ids

    def _conditions(self, wanted: Filter) -> Iterable[list[Ids]]:
        """For each condition of a filter the lists of the photos that meet it."""
        if wanted.dates:
            yield self._column("taken_on").where(lambda day: _in_dates(day, wanted.dates))
        if wanted.places:
            named = self._column("city, region, country")
            yield named.where(lambda place: _in_places(Place(*place), wanted.places))
        if camera := " ".join(wanted.camera.split()).casefold():
            yield self._column("camera").where(lambda name: camera in (name or "").casefold())
        if wanted.folders:
            yield [self._below(folder) for folder in wanted.folders]
        if wanted.favourite:
            # Marks do not count as a change of what can be searched, so they are never kept.
            yield [_ids(self._library, "SELECT id FROM photo WHERE favourite <> 0")]

    def _column(self, names: str) -> Column:
        with self._guard:
            if names not in self._columns:
                rows = self._library._all(
                    f"SELECT {names}, group_concat(id) FROM photo WHERE {PRESENT} GROUP BY {names}"
                )
                values = tuple(row[0] if len(row) == 2 else row[:-1] for row in rows)
                self._columns[names] = Column(values, tuple(_numbers(row[-1]) for row in rows))
            return self._columns[names]

    def _below(self, folder: Path) -> Ids:
        """Ids of the photos in or below a folder, removed or hidden ones perhaps among them."""
        with self._guard:
            if folder not in self._folders:
                if len(self._folders) >= MAX_FOLDERS:
                    self._folders.clear()
                lists = [
                    _ids(
                        self._library,
                        f"SELECT id FROM photo WHERE {condition} AND status <> 'removed'",
                        values,
                    )
                    for condition, values in _ranges(folder)
                ]
                self._folders[folder] = np.unique(np.concatenate(lists))
            return self._folders[folder]


def present_ids(library: Database) -> Ids:
    """Ids of all photos that are present and not hidden."""
    return _ids(library, f"SELECT id FROM photo WHERE {PRESENT}")


def embedded_ids(library: Database, fingerprint: str) -> Ids:
    """Ids of all photos that have a vector of an encoder, in no order."""
    return _ids(library, "SELECT photo_id AS id FROM vector WHERE fingerprint = ?", [fingerprint])


def _ids(library: Database, query: str, values: Iterable[Any] = ()) -> Ids:
    """The ids that a query selects, as one text: a row for each would take five times as long."""
    row = library._one(f"SELECT group_concat(id) FROM ({query})", list(values))
    return _numbers(row[0] if row else None)


def _numbers(text: str | None) -> Ids:
    if not text:
        return np.empty(0, dtype=np.int64)
    return np.fromstring(text, dtype=np.int64, sep=",")


def _array(ids: Iterable[int]) -> Ids:
    return np.array(list(ids), dtype=np.int64)


def _mask(lists: Iterable[Ids], size: int) -> Mask:
    """Which ids below ``size`` are in any of the lists."""
    mask = np.zeros(size, dtype=bool)
    for ids in lists:
        mask[ids[(ids >= 0) & (ids < size)]] = True
    return mask


def _in_dates(day: str | None, ranges: tuple[DateRange, ...]) -> bool:
    """Days are stored as text that sorts as the days do."""
    return day is not None and any(
        (one.first is None or one.first.isoformat() <= day)
        and (one.last is None or day <= one.last.isoformat())
        for one in ranges
    )


def _in_places(place: Place, wanted: tuple[Place, ...]) -> bool:
    """Whether a place is known and any that is wanted covers it."""
    return bool(place) and any(one.covers(place) for one in wanted)


def _ranges(folder: Path) -> Iterable[tuple[str, list[Any]]]:
    """SQL for the paths in or below a folder; by bytes too, for names that are no valid text."""
    absolute = folder.expanduser().absolute()
    # The library keeps real paths, except below links to folders.
    for one in dict.fromkeys((absolute, Path(os.path.realpath(absolute)))):
        yield "path = ?", [stored_path(one)]
        below = os.path.join(one, "")
        after = below[:-1] + chr(ord(below[-1]) + 1)
        if isinstance(stored_path(one), str):
            yield "path >= ? AND path < ?", [below, after]
        yield "path >= ? AND path < ?", [os.fsencode(below), os.fsencode(after)]
