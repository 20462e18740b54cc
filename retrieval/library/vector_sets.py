"""Vectors of several encoders in one library: one set is searched, the others are kept.

What is searched lies in the table ``vector``, so that reading it costs the same however many sets
there are. A set that is being made, or was searched before, lies in a table of its own. A vector in
any of them belongs to the content that its photo has now: it goes when the content changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import LibraryError
from retrieval.library.connection import path_of
from retrieval.library.surroundings import Surroundings
from retrieval.photos.scan import ScannedFile


@dataclass(frozen=True)
class VectorSet:
    """The vectors of one encoder.

    Attributes:
        encoder: what a person calls the encoder.
        fingerprint: of the encoder.
        dim: length of a vector.
        photos: how many vectors there are, those of removed photos counted too.
        searched: whether these are the ones that are searched.
    """

    encoder: str
    fingerprint: str
    dim: int
    photos: int
    searched: bool

    @property
    def bytes(self) -> int:
        """What the vectors take up, without the database's own needs."""
        return 4 * self.dim * self.photos


@dataclass(frozen=True)
class ToEmbed:
    """A photo that a set lacks: its id, the hash of its content, and its file."""

    photo_id: int
    content_hash: str
    file: ScannedFile


class VectorSets(Surroundings):
    """The part of the library that holds vectors of other encoders than the searched one."""

    def vector_sets(self) -> list[VectorSet]:
        """All sets, the searched one first, the others in the order in which they were begun."""
        with self.snapshot():
            searched = self._setting("fingerprint")
            sets = []
            if searched is not None:
                name, dim = self._setting("encoder_name") or "", int(self._setting("dim") or 0)
                photos = self._set_size("vector", searched)
                sets.append(VectorSet(name, searched, dim, photos, True))
            for number, fingerprint, name, dim in self._all(
                "SELECT id, fingerprint, encoder_name, dim FROM vector_set ORDER BY id"
            ):
                photos = self._set_size(_table(number), fingerprint)
                sets.append(VectorSet(name, fingerprint, dim, photos, False))
        return sets

    @property
    def coming(self) -> str | None:
        """Fingerprint of the encoder that is to be searched once all photos are embedded."""
        return self._setting("coming_fingerprint") or None

    def begin_set(self, name: str, fingerprint: str, dim: int) -> None:
        """Make room for the vectors of an encoder that is to be searched, unless there is.

        Raises:
            LibraryError: it is the encoder whose vectors are searched.
        """
        if fingerprint == self._setting("fingerprint"):
            raise LibraryError(f"the vectors of {name} are the ones that are searched")
        with self.transaction(alters_search=False):
            self._set("coming_fingerprint", fingerprint)
            if self._set_number(fingerprint) is None:
                self._new_set(name, fingerprint, dim)
            else:
                self._execute(
                    "UPDATE vector_set SET encoder_name = ? WHERE fingerprint = ?",
                    (name, fingerprint),
                )

    def lacking(self, fingerprint: str, *, after: int = 0, limit: int = 1000) -> list[ToEmbed]:
        """Present photos without a vector in a set that was begun, in the order of their ids.

        Args:
            fingerprint: of the set's encoder.
            after: only photos with a greater id.
            limit: how many at most.
        """
        table = self._table_of(fingerprint)
        rows = self._all(
            "SELECT p.id, p.content_hash, p.path, p.size, p.mtime_ns FROM photo p "
            "WHERE p.id > ? AND p.status = 'present' AND p.content_hash IS NOT NULL AND "
            f"NOT EXISTS (SELECT 1 FROM {table} v WHERE v.photo_id = p.id AND v.fingerprint = ?) "
            "ORDER BY p.id LIMIT ?",
            (after, fingerprint, limit),
        )
        return [
            ToEmbed(row[0], row[1], ScannedFile(path_of(row[2]), row[3] or 0, row[4] or 0))
            for row in rows
        ]

    def count_lacking(self, fingerprint: str) -> int:
        """How many present photos have no vector in a set that was begun."""
        table = self._table_of(fingerprint)
        row = self._one(
            "SELECT count(*) FROM photo p WHERE p.status = 'present' AND "
            "p.content_hash IS NOT NULL AND "
            f"NOT EXISTS (SELECT 1 FROM {table} v WHERE v.photo_id = p.id AND v.fingerprint = ?)",
            (fingerprint,),
        )
        return int(row[0]) if row else 0

    def put_vectors(self, fingerprint: str, vectors: Mapping[str, NDArray[np.float32]]) -> int:
        """Write vectors [dim] into a set, by the hash of the content that they were made of.

        Every present photo with that content gets the vector; one that has other content by now,
        or is gone, gets none. Returns how many photos got theirs.
        """
        written = 0
        with self.transaction(alters_search=False):
            table = self._table_of(fingerprint)
            change = int(self._setting("change") or 0)
            for content_hash, vector in vectors.items():
                data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
                written += self._execute(
                    f"INSERT OR REPLACE INTO {table} (photo_id, fingerprint, change, data) "
                    # The plus keeps SQLite from looking through all present photos each time.
                    "SELECT id, ?, ?, ? FROM photo WHERE content_hash = ? AND +status = 'present'",
                    (fingerprint, change, data, content_hash),
                ).rowcount
        return written

    def search_set(self, fingerprint: str) -> None:
        """From now on this set is searched; the one that was is kept. Costs the same at any size.

        Raises:
            LibraryError: there is no such set.
        """
        with self.transaction():
            row = self._one(
                "SELECT id, encoder_name, dim FROM vector_set WHERE fingerprint = ?", (fingerprint,)
            )
            if row is None:
                raise LibraryError(f"the library {self.path} has no vectors of that encoder")
            number, name, dim = row
            old = self._setting("fingerprint")
            self._execute("DELETE FROM vector_set WHERE id = ?", (number,))
            if old is None:
                self._execute("DROP TABLE vector")
            else:
                kept = self._execute(
                    "INSERT INTO vector_set (fingerprint, encoder_name, dim) VALUES (?, ?, ?)",
                    (old, self._setting("encoder_name") or "", int(self._setting("dim") or 0)),
                ).lastrowid
                self._execute(f"ALTER TABLE vector RENAME TO {_table(int(kept or 0))}")
            self._execute(f"ALTER TABLE {_table(number)} RENAME TO vector")
            self._execute("DELETE FROM setting WHERE name = 'coming_fingerprint'")
            for key, value in (("encoder_name", name), ("fingerprint", fingerprint), ("dim", dim)):
                self._set(key, value)

    def forget_set(self, fingerprint: str) -> None:
        """Delete the vectors of an encoder whose vectors are not searched, if there are any."""
        number = self._set_number(fingerprint)
        if number is None:
            return
        with self.transaction(alters_search=False):
            self._execute(f"DROP TABLE {_table(number)}")
            self._execute("DELETE FROM vector_set WHERE id = ?", (number,))
            self._execute(
                "DELETE FROM setting WHERE name = 'coming_fingerprint' AND value = ?",
                (fingerprint,),
            )

    def add_kept_sets(self, other: "VectorSets", ids: Mapping[int, int]) -> None:
        """Add the vectors of another library's sets that are not searched there.

        Args:
            other: the other library.
            ids: of photos in this library, by their ids in the other one; others are left out.
        """
        with self.transaction(alters_search=False):
            change = int(self._setting("change") or 0)
            for number, name, fingerprint, dim in other._all(
                "SELECT id, encoder_name, fingerprint, dim FROM vector_set ORDER BY id"
            ):
                if fingerprint == self._setting("fingerprint"):
                    table = "vector"
                else:
                    if self._set_number(fingerprint) is None:
                        self._new_set(name, fingerprint, dim)
                    table = self._table_of(fingerprint)
                self._many(
                    f"INSERT INTO {table} (photo_id, fingerprint, change, data) "
                    "VALUES (?, ?, ?, ?)",
                    [
                        (ids[photo], fingerprint, change, data)
                        for photo, data in other._all(
                            f"SELECT photo_id, data FROM {_table(number)} WHERE fingerprint = ?",
                            (fingerprint,),
                        )
                        if photo in ids
                    ],
                )

    def misfitting_vectors(self) -> int:
        """How many vectors, of any set, are not as long as those of its encoder."""
        sets = [("vector", self._setting("fingerprint") or "", int(self._setting("dim") or 0))]
        sets += [
            (_table(number), fingerprint, dim)
            for number, fingerprint, dim in self._all("SELECT id, fingerprint, dim FROM vector_set")
        ]
        found = 0
        for table, fingerprint, dim in sets:
            row = self._one(
                f"SELECT count(*) FROM {table} WHERE fingerprint = ? AND length(data) <> ?",
                (fingerprint, 4 * dim),
            )
            found += int(row[0]) if row else 0
        return found

    def give_back_room(self) -> None:
        """Give the disk back what deleted vectors took up; copies the file once.

        Raises:
            LibraryError: the disk has no room for the copy. Nothing is lost then.
        """
        with self.writing(), self._guard:
            self._execute("VACUUM")
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- inside ----------------------------------------------------------------------------

    def _content_changes(self, photo_id: int, content_hash: str | None) -> None:
        """The photo is about to get this content: vectors of other content go from all sets."""
        row = self._one("SELECT content_hash FROM photo WHERE id = ?", (photo_id,))
        if row is None or row[0] == content_hash:
            return
        for (number,) in self._all("SELECT id FROM vector_set"):
            self._execute(f"DELETE FROM {_table(number)} WHERE photo_id = ?", (photo_id,))

    def _new_set(self, name: str, fingerprint: str, dim: int) -> None:
        number = self._execute(
            "INSERT INTO vector_set (fingerprint, encoder_name, dim) VALUES (?, ?, ?)",
            (fingerprint, name, dim),
        ).lastrowid
        for statement in table_of_set(int(number or 0)):
            self._execute(statement)

    def _set_number(self, fingerprint: str) -> int | None:
        row = self._one("SELECT id FROM vector_set WHERE fingerprint = ?", (fingerprint,))
        return int(row[0]) if row else None

    def _table_of(self, fingerprint: str) -> str:
        number = self._set_number(fingerprint)
        if number is None:
            raise LibraryError(f"the library {self.path} has no vectors of that encoder")
        return _table(number)

    def _set_size(self, table: str, fingerprint: str) -> int:
        row = self._one(f"SELECT count(*) FROM {table} WHERE fingerprint = ?", (fingerprint,))
        return int(row[0]) if row else 0


def table_of_set(number: int) -> tuple[str, str]:
    """The statements that make the table of the set with this id."""
    table = _table(number)
    return (
        f"CREATE TABLE {table} ("
        "photo_id INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE, "
        "fingerprint TEXT NOT NULL, change INTEGER NOT NULL, data BLOB NOT NULL)",
        f"CREATE INDEX {table}_change ON {table} (fingerprint, change)",
    )


def _table(number: int) -> str:
    return f"vector_set_{int(number)}"
