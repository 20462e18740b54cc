"""Ids of photos by day, place, camera and folder, kept in memory while the library is the same.

An inverted list for each value is what a filter needs: a library of a million photos is filtered
in a few milliseconds, where asking SQLite for half of its ids takes a third of a second. The lists
of a column are read when it is first asked for, each in one pass over an index.
"""

import os
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import DateRange, Filter, Place
from retrieval.library.connection import Database, stored_path
from retrieval.photos.remote import real_path

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

PRESENT = "status = 'present' AND hidden = 0"

_DAY, _PLACE, _CAMERA = "taken_on", "country, region, city", "camera"
_INDEXES = {_DAY: "photo_taken_on", _PLACE: "photo_place", _CAMERA: "photo_camera"}

MAX_FOLDERS = 64
"""Folders whose photos are remembered."""


@dataclass(frozen=True)
class Column:
    """The photos of each value of a column.

    Attributes:
        values: each once, as SQLite sorts them: NULL first.
        ids: of the photos [n], in the order of their values.
        ends: where the photos of each value end in ``ids``.
    """

    values: list[Any]
    ids: Ids
    ends: NDArray[np.int64]

    @classmethod
    def read(cls, library: Database, names: str) -> "Column":
        """Read it from the library; several columns together have tuples as their values."""
        index = _INDEXES[names]
        rows = library._all(
            f"SELECT {names}, count(*), group_concat(id) FROM photo INDEXED BY {index} "
            f"WHERE {PRESENT} GROUP BY {names} ORDER BY {names}"
        )
        values = [row[0] if len(row) == 3 else row[:-2] for row in rows]
        ids = _numbers(",".join(row[-1] for row in rows))
        return cls(values, ids, np.cumsum([row[-2] for row in rows], dtype=np.int64))

    def where(self, fits: Callable[[Any], bool]) -> list[Ids]:
        """The photos of the values that fit."""
        return [self._photos(at, at + 1) for at, value in enumerate(self.values) if fits(value)]

    def between(self, first: str | None, last: str | None) -> Ids:
        """The photos of the values from ``first`` to ``last``; NULL is none of them."""
        known = bisect_left(self.values, True, key=lambda value: value is not None)
        start = known if first is None else bisect_left(self.values, first, lo=known)
        end = len(self.values) if last is None else bisect_right(self.values, last, lo=known)
        return self._photos(start, max(start, end))

    def _photos(self, first: int, end: int) -> Ids:
        """Of the values with these numbers."""
        start = int(self.ends[first - 1]) if first else 0
        return self.ids[start : int(self.ends[end - 1]) if end else 0]


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
        self._present: Mask | None = None

    def matching(self, wanted: Filter) -> Ids:
        """Ids of the present photos that a filter lets through, in growing order."""
        present = self._all_present()
        chosen = present
        for lists in self._conditions(wanted):
            chosen = chosen & _mask(lists, len(present))
        if wanted.only is not None:
            chosen = chosen & _mask([_array(wanted.only)], len(present))
        if wanted.exclude:
            chosen = chosen & ~_mask([_array(wanted.exclude)], len(present))
        ids: Ids = np.flatnonzero(chosen)
        return ids

    def in_order_of_time(self, wanted: Filter) -> Ids:
        """As :meth:`matching`, by day, the earliest first; those of an unknown day come before."""
        chosen = _mask([self.matching(wanted)], len(self._all_present()))
        by_day = self._column(_DAY).ids
        return by_day[chosen[by_day]]

    def _conditions(self, wanted: Filter) -> Iterable[list[Ids]]:
        """For each condition of a filter the lists of the photos that meet it."""
        if wanted.dates:
            days = self._column(_DAY)
            yield [days.between(_text(one.first), _text(one.last)) for one in wanted.dates]
        if wanted.not_dates:
            yield self._column(_DAY).where(lambda day: not _in_dates(day, wanted.not_dates))
        if wanted.places:
            named = self._column(_PLACE)
            yield named.where(lambda place: _in_places(Place(*reversed(place)), wanted.places))
        if wanted.not_places:
            named = self._column(_PLACE)
            yield named.where(
                lambda place: not _in_places(Place(*reversed(place)), wanted.not_places)
            )
        if camera := " ".join(wanted.camera.split()).casefold():
            yield self._column(_CAMERA).where(lambda name: camera in (name or "").casefold())
        if wanted.folders:
            yield [self._below(folder) for folder in wanted.folders]
        if wanted.favourite:
            # Marks do not count as a change of what can be searched, so they are never kept.
            yield [_ids(self._library, "SELECT id FROM photo WHERE favourite <> 0")]

    def _column(self, names: str) -> Column:
        with self._guard:
            if names not in self._columns:
                self._columns[names] = Column.read(self._library, names)
            return self._columns[names]

    def _all_present(self) -> Mask:
        """Which ids are those of present photos."""
        if self._present is None:
            ids = self._column(_DAY).ids
            self._present = _mask([ids], 1 + int(ids.max(initial=0)))
        return self._present

    def _below(self, folder: Path) -> Ids:
        """Ids of the present photos in or below a folder."""
        with self._guard:
            if folder not in self._folders:
                if len(self._folders) >= MAX_FOLDERS:
                    self._folders.clear()
                lists = [
                    _ids(
                        self._library,
                        "SELECT id FROM photo INDEXED BY photo_folder "
                        f"WHERE {condition} AND {PRESENT}",
                        values,
                    )
                    for condition, values in _ranges(folder)
                ]
                self._folders[folder] = np.unique(np.concatenate(lists))
            return self._folders[folder]


def searchable_ids(library: Database, fingerprint: str) -> Ids:
    """Ids of all present photos with a vector of an encoder, in growing order.

    Each list is read from an index alone; a join would look at every photo's row.
    """
    present = _ids(library, f"SELECT id FROM photo INDEXED BY photo_camera WHERE {PRESENT}")
    embedded = _ids(
        library, "SELECT photo_id AS id FROM vector WHERE fingerprint = ?", [fingerprint]
    )
    size = 1 + int(present.max(initial=0))
    ids: Ids = np.flatnonzero(_mask([present], size) & _mask([embedded], size))
    return ids


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
        if len(ids) and (int(ids.min()) < 0 or int(ids.max()) >= size):
            ids = ids[(ids >= 0) & (ids < size)]
        mask[ids] = True
    return mask


def _text(day: date | None) -> str | None:
    """A day as it is stored, as text that sorts as days do."""
    return None if day is None else day.isoformat()


def _in_dates(day: str | None, ranges: tuple[DateRange, ...]) -> bool:
    """Whether a day, in ISO 8601, is known and lies in any of the ranges."""
    return day is not None and any(date.fromisoformat(day) in one for one in ranges)


def _in_places(place: Place, wanted: tuple[Place, ...]) -> bool:
    """Whether a place is known and any that is wanted covers it."""
    return bool(place) and any(one.covers(place) for one in wanted)


def _ranges(folder: Path) -> Iterable[tuple[str, list[Any]]]:
    """SQL for the paths in or below a folder; by bytes too, for names that are no valid text."""
    absolute = folder.expanduser().absolute()
    # The library keeps real paths, except below links to folders.
    for one in dict.fromkeys((absolute, real_path(absolute))):
        yield "path = ?", [stored_path(one)]
        below = os.path.join(one, "")
        after = below[:-1] + chr(ord(below[-1]) + 1)
        if isinstance(stored_path(one), str):
            yield "path >= ? AND path < ?", [below, after]
        yield "path >= ? AND path < ?", [os.fsencode(below), os.fsencode(after)]
