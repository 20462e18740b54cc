"""The photo library: one SQLite file that is the truth about every photo and its vector.

Readers that keep something in memory watch :attr:`Library.change`, a number that grows with
every transaction that alters what can be searched.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import retrieval.library.finding as finding
from retrieval.backups import ALL, remove_backups
from retrieval.errors import FolderNotFound, LibraryBusy, LibraryError, PhotoNotFound
from retrieval.filters import Filter, Place
from retrieval.library.connection import chunks, now, path_of, stored_path
from retrieval.library.derived import (
    DERIVED_VERSION,
    day_of,
    derive_all,
    names_of,
    place_at,
    places_from_folders,
)
from retrieval.library.postings import Postings, searchable_ids
from retrieval.library.records import Counts, Facts, KnownFile, Photo, Status
from retrieval.library.texts import Texts
from retrieval.library.vector_sets import VectorSets
from retrieval.photos.metadata import Metadata
from retrieval.photos.names import words_of_path

_PHOTO_COLUMNS = (
    "id, path, content_hash, size, mtime_ns, width, height, taken_at, camera, latitude, "
    "longitude, status, reason, indexed_at, taken_on, city, region, country, favourite, hidden, "
    "inode, ctime_ns, remark"
)


MAX_KEPT = 20_000
"""Photos that a reader keeps in memory, about 1 kB each."""


class Library(VectorSets, Texts):
    """A library on disk. Use :meth:`open` to write, :meth:`read` to look things up."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, writable: bool) -> None:
        """Use :meth:`open` or :meth:`read` instead."""
        super().__init__(path, connection, writable=writable)
        self._kept: dict[int, Photo] = {}
        self._kept_version = 0
        self._postings: Postings | None = None

    # -- what the library is ---------------------------------------------------------------

    @property
    def uid(self) -> str:
        """Tells this library from any other that was at the same path before."""
        return self._setting("uid") or ""

    @property
    def change(self) -> int:
        """Grows with every transaction that alters what can be searched."""
        return int(self._setting("change") or 0)

    @property
    def fingerprint(self) -> str | None:
        """Of the encoder whose vectors are searched; None while nothing was embedded."""
        return self._setting("fingerprint")

    @property
    def encoder_name(self) -> str | None:
        """What a person calls that encoder."""
        return self._setting("encoder_name")

    @property
    def dim(self) -> int | None:
        """Length of its vectors."""
        value = self._setting("dim")
        return int(value) if value else None

    @property
    def vector_server(self) -> str | None:
        """Address, without a token, of the server that keeps its index; None: it lies beside it."""
        return self._setting("vector_server") or None

    def set_vector_server(self, address: str | None) -> None:
        """Remember the server that keeps the index; None for the one beside the library."""
        if address != self.vector_server:
            with self.transaction(alters_search=False):
                self._set("vector_server", address or "")

    def counts(self) -> Counts:
        """How many photos are in which state."""
        by_status = dict(self._all("SELECT status, count(*) FROM photo GROUP BY status"))
        remarked = self._one(
            "SELECT count(*) FROM photo WHERE remark IS NOT NULL AND status = 'present'"
        )
        return Counts(
            present=by_status.get("present", 0),
            removed=by_status.get("removed", 0),
            failed=by_status.get("failed", 0),
            searchable=self.searchable_count(),
            remarked=int(remarked[0]) if remarked else 0,
        )

    def searchable_count(self) -> int:
        """Photos that are present, not hidden, and have a vector of the library's encoder."""
        return len(self.searchable_ids())

    # -- photos ----------------------------------------------------------------------------

    def photo(self, photo_id: int) -> Photo:
        """A photo that is in the library now.

        Raises:
            PhotoNotFound: there is none with this id, or it was removed, hidden or unreadable.
        """
        photo = self.photos([photo_id]).get(photo_id)
        if photo is None or photo.status != "present" or photo.hidden:
            raise PhotoNotFound(f"no photo {photo_id} in the library")
        return photo

    def photos(self, photo_ids: Iterable[int]) -> dict[int, Photo]:
        """The photos with these ids, whatever their status; unknown ids are left out."""
        kept = self._kept_photos()
        asked = [int(photo_id) for photo_id in photo_ids]
        found = {one: kept[one] for one in asked if one in kept}
        for some in chunks([one for one in asked if one not in found]):
            marks = ",".join("?" * len(some))
            for row in self._all(f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE id IN ({marks})", some):
                found[row[0]] = kept[row[0]] = _photo(row)
        return found

    def _kept_photos(self) -> dict[int, Photo]:
        """Photos that were read since another connection last wrote; a reader's are kept.

        The same few hundred photos answer most questions, and reading them anew took a sixth of
        the time of an answer.
        """
        if self.writable:
            return {}
        row = self._one("PRAGMA data_version")
        version = int(row[0]) if row else 0
        if self._kept_version != version or len(self._kept) > MAX_KEPT:
            # A new one: another thread may be putting what it read before into the old one.
            self._kept, self._kept_version = {}, version
        return self._kept

    def photos_with(self, status: Status) -> list[Photo]:
        """All photos in this state, in the order of their ids."""
        rows = self._all(
            f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE status = ? ORDER BY id", (status,)
        )
        return [_photo(row) for row in rows]

    def known_files(self) -> dict[Path, KnownFile]:
        """All files that are present or failed, for telling what changed."""
        with self.snapshot():
            rows = self._all(
                "SELECT path, id, size, mtime_ns, content_hash, status, reason, inode, ctime_ns "
                "FROM photo WHERE status <> 'removed'"
            )
            # By themselves, from an index alone: joined they take twice as long.
            of_vectors = self._all(
                "SELECT photo_id FROM vector WHERE fingerprint = ?", (self.fingerprint,)
            )
        current = {row[0] for row in of_vectors}
        return {
            path_of(path): KnownFile(
                number, size, mtime, content, status, reason, number in current, inode, ctime
            )
            for path, number, size, mtime, content, status, reason, inode, ctime in rows
        }

    def id_at(self, path: Path) -> int | None:
        """The present photo whose file has this path, or None."""
        row = self._one(
            "SELECT id FROM photo WHERE path = ? AND status = 'present'", (stored_path(path),)
        )
        return int(row[0]) if row else None

    def hidden_photos(self) -> list[Photo]:
        """All photos that the person hid, in the order of their ids."""
        rows = self._all(
            f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE hidden <> 0 AND status = 'present' "
            "ORDER BY id"
        )
        return [_photo(row) for row in rows]

    def photos_by_content(self, content_hash: str, *, embedded: bool = True) -> list[Photo]:
        """Photos with these bytes, removed ones too.

        Args:
            content_hash: of the bytes.
            embedded: only those with a vector of the library's encoder.
        """
        query = f"SELECT {_PHOTO_COLUMNS} FROM photo WHERE content_hash = ? AND status <> 'failed'"
        values = [content_hash]
        if embedded:
            # Not IN: SQLite would gather the ids of all vectors first, each time it is asked.
            query += (
                " AND EXISTS (SELECT 1 FROM vector v WHERE v.photo_id = photo.id "
                "AND v.fingerprint = ?)"
            )
            values.append(self.fingerprint or "")
        return [_photo(row) for row in self._all(f"{query} ORDER BY id", values)]

    def embedded_hashes(self) -> set[str]:
        """Content hashes that have a vector of the library's encoder, removed photos too."""
        rows = self._all(
            "SELECT p.content_hash FROM vector v JOIN photo p ON p.id = v.photo_id "
            "WHERE v.fingerprint = ? AND p.status <> 'failed' AND p.content_hash IS NOT NULL",
            (self.fingerprint or "",),
        )
        return {row[0] for row in rows}

    # -- finding ---------------------------------------------------------------------------

    def ids_matching(self, wanted: Filter) -> NDArray[np.int64]:
        """Ids of the present photos that a filter lets through, in growing order."""
        with self.snapshot():
            return self._current_postings().matching(wanted)

    def ids_in_order_of_time(self, wanted: Filter) -> NDArray[np.int64]:
        """The same by day, the earliest first; those of an unknown day come before."""
        with self.snapshot():
            return self._current_postings().in_order_of_time(wanted)

    def _current_postings(self) -> Postings:
        change = self.change
        # A writer may alter what is read again within one change.
        if self._postings is None or self._postings.change != change or self.writable:
            self._postings = Postings(self, change)
        return self._postings

    def search_names(
        self, words: str | Iterable[str], ids: Collection[int] | None = None
    ) -> dict[int, float]:
        """Photos whose file or folder names hold any of these words, the best first.

        Args:
            words: any text; what is no word in it is left aside.
            ids: only these photos.

        Returns:
            BM25 scores by photo id, all above 0; the rarer a word is, the more it counts.
        """
        return finding.search_names(self, words, ids)

    def places(self) -> dict[Place, int]:
        """How many photos each place has, the most first."""
        return finding.places(self)

    def cameras(self) -> dict[str, int]:
        """How many photos each camera took, the most first."""
        return finding.cameras(self)

    def facts(self) -> Facts:
        """Count, days, years, places, folders and cameras of all photos."""
        with self.snapshot():
            return finding.facts(self)

    # -- vectors ---------------------------------------------------------------------------

    def searchable_ids(self) -> NDArray[np.int64]:
        """Ids of all photos that can be searched, in growing order."""
        with self.snapshot():
            return searchable_ids(self, self.fingerprint or "")

    def ids_changed_since(self, change: int) -> set[int]:
        """Photos whose vector was written after this state of the library."""
        rows = self._all(
            "SELECT photo_id FROM vector WHERE fingerprint = ? AND change > ?",
            (self.fingerprint or "", change),
        )
        return {row[0] for row in rows}

    def vectors(self, photo_ids: Sequence[int]) -> NDArray[np.float32]:
        """Vectors [n, dim] of these photos, in this order.

        Raises:
            PhotoNotFound: one of them has none.
        """
        dim = self.dim or 0
        result = np.empty((len(photo_ids), dim), dtype=np.float32)
        places = {int(photo_id): place for place, photo_id in enumerate(photo_ids)}
        found = 0
        for some in chunks(list(places)):
            marks = ",".join("?" * len(some))
            query = f"SELECT photo_id, data FROM vector WHERE photo_id IN ({marks})"
            for photo_id, data in self._all(query, some):
                if len(data) != 4 * dim:
                    raise LibraryError(
                        f"the vector of photo {photo_id} is damaged: run photopal index --rebuild"
                    )
                result[places[photo_id]] = np.frombuffer(data, dtype="<f4")
                found += 1
        if found != len(places):
            raise PhotoNotFound(f"{len(places) - found} photos have no vector in the library")
        return result

    # -- writing ---------------------------------------------------------------------------

    def set_encoder(self, name: str, fingerprint: str, dim: int) -> None:
        """From now on, vectors of this encoder are the ones that are searched."""
        with self.transaction():
            # They are made anew, so that those of an earlier day are of no use.
            self.forget_set(fingerprint)
            for key, value in (("encoder_name", name), ("fingerprint", fingerprint), ("dim", dim)):
                self._set(key, value)

    def forget_folder(self, folder: Path) -> int:
        """Take an indexed folder and its photos out; their files are not touched.

        Nothing is kept of the photos, not even their vectors. Indexed folders below this one are
        forgotten too.

        Returns:
            How many photos were forgotten, those that could not be read not counted.

        Raises:
            FolderNotFound: neither this folder nor one below it is indexed.
        """
        roots = self.roots()
        gone = [root for root in roots if root == folder or root.is_relative_to(folder)]
        if not gone:
            known = ", ".join(str(root) for root in roots) or "none"
            raise FolderNotFound(f"{folder} is no indexed folder: choose one of these: {known}")
        rows = self._all("SELECT id, path, status FROM photo")
        photos = [
            (number, status)
            for number, stored, status in rows
            if any(path_of(stored).is_relative_to(root) for root in gone)
        ]
        with self.transaction():
            self.set_roots([root for root in roots if root not in gone])
            self._many("DELETE FROM photo WHERE id = ?", [(number,) for number, _ in photos])
        remove_backups(self.path, older_than=ALL)
        return sum(status == "present" for _, status in photos)

    def put_photo(
        self,
        path: Path,
        *,
        photo_id: int | None,
        content_hash: str,
        size: int,
        mtime_ns: int,
        metadata: Metadata,
        vector: NDArray[np.float32],
        inode: int | None = None,
        ctime_ns: int | None = None,
        remark: str | None = None,
    ) -> int:
        """Write a photo with its vector: a new one, or new content of the one with this id."""
        fields = {
            "path": stored_path(path),
            "content_hash": content_hash,
            "size": size,
            "mtime_ns": mtime_ns,
            "width": metadata.width,
            "height": metadata.height,
            "taken_at": metadata.taken_at,
            "camera": metadata.camera,
            "latitude": metadata.latitude,
            "longitude": metadata.longitude,
            "status": "present",
            "reason": None,
            "inode": inode,
            "ctime_ns": ctime_ns,
            "remark": remark,
            "indexed_at": now(),
            **_place_columns(place_at(metadata.latitude, metadata.longitude)),
        }
        with self.transaction():
            if photo_id is not None:
                self._content_changes(photo_id, content_hash)
            photo_id = self._put(photo_id, fields)
            self._derive_from_path(photo_id, path, metadata.taken_at)
            self._execute(
                "INSERT OR REPLACE INTO vector (photo_id, fingerprint, change, data) "
                "VALUES (?, ?, ?, ?)",
                (
                    photo_id,
                    self.fingerprint or "",
                    self.change,
                    np.ascontiguousarray(vector, dtype="<f4").tobytes(),
                ),
            )
        return photo_id

    def put_failure(
        self,
        path: Path,
        *,
        photo_id: int | None,
        reason: str,
        content_hash: str | None = None,
        size: int | None = None,
        mtime_ns: int | None = None,
        inode: int | None = None,
        ctime_ns: int | None = None,
    ) -> int:
        """Write that a file could not be read.

        With a content hash the content itself is at fault: what was known of older content is
        forgotten, and the file is left alone until it changes. Without one it was out of reach:
        it is tried again next time, and a vector it had is kept for that day.
        """
        fields: dict[str, Any] = {
            "path": stored_path(path),
            "size": size if content_hash else None,
            "mtime_ns": mtime_ns if content_hash else None,
            "inode": inode,
            "ctime_ns": ctime_ns,
            "status": "failed",
            "reason": reason,
            "indexed_at": now(),
        }
        if content_hash:
            fields["content_hash"] = content_hash
        with self.transaction():
            if photo_id is not None and content_hash:
                self._content_changes(photo_id, None)
            photo_id = self._put(photo_id, fields)
            if content_hash:
                self._execute("DELETE FROM vector WHERE photo_id = ?", (photo_id,))
        return photo_id

    def move_photo(
        self,
        photo_id: int,
        path: Path,
        *,
        size: int,
        mtime_ns: int,
        inode: int | None = None,
        ctime_ns: int | None = None,
    ) -> None:
        """The photo's file has another path now; one that was out of reach is present again."""
        with self.transaction():
            self._execute(
                "UPDATE photo SET path = ?, size = ?, mtime_ns = ?, inode = ?, ctime_ns = ?, "
                "status = 'present', reason = NULL WHERE id = ?",
                (stored_path(path), size, mtime_ns, inode, ctime_ns, photo_id),
            )
            row = self._one("SELECT taken_at FROM photo WHERE id = ?", (photo_id,))
            self._derive_from_path(photo_id, path, row[0] if row else None)

    def exchange_names(self, names: Mapping[int, tuple[Path, Mapping[str, Any]]]) -> None:
        """Give photos new paths all at once; some may take those that others of them had.

        Args:
            names: by the photo's id its new path and what :meth:`move_photo` takes besides.
        """
        with self.transaction():
            # No two present photos may have one path, not even on the way.
            self._many(
                "UPDATE photo SET path = 'on its way ' || id WHERE id = ?",
                [(photo_id,) for photo_id in names],
            )
            for photo_id, (path, stamp) in names.items():
                self.move_photo(photo_id, path, **stamp)

    def hand_on_marks(self, source: int, target: int) -> None:
        """What a person said of one photo holds for another one, too: a favourite, or hidden."""
        marks = self._one(
            "SELECT favourite, hidden FROM photo WHERE id = ? AND (favourite <> 0 OR hidden <> 0)",
            (source,),
        )
        if marks is not None and source != target:
            with self.transaction():
                self._execute(
                    "UPDATE photo SET favourite = max(favourite, ?), hidden = max(hidden, ?) "
                    "WHERE id = ?",
                    (*marks, target),
                )

    def update_places(self) -> None:
        """Give photos without a position the place that their folders name; after indexing."""
        with self.transaction(alters_search=False):
            places_from_folders(self)

    def set_favourite(self, photo_id: int, favourite: bool) -> None:
        """Mark a photo as a favourite, or take the mark away.

        Raises:
            PhotoNotFound: there is no such photo.
        """
        with self.transaction(alters_search=False, beside=True):
            self._mark(photo_id, "favourite", favourite)

    def set_hidden(self, photo_id: int, hidden: bool) -> None:
        """Hide a photo from every search, count and gallery, or show it again.

        Raises:
            PhotoNotFound: there is no such photo.
        """
        with self.transaction(beside=True):
            self._mark(photo_id, "hidden", hidden)

    def remove_photos(self, photo_ids: Sequence[int]) -> None:
        """These files are gone. Their vectors are kept for a while: files come back.

        A copy of the same bytes that is still there takes over what the person said of them.
        """
        if not photo_ids:
            return
        with self.transaction():
            self._many(
                "UPDATE photo SET status = 'removed', indexed_at = ? WHERE id = ?",
                [(now(), int(photo_id)) for photo_id in photo_ids],
            )
            for some in chunks([int(one) for one in photo_ids]):
                marks = ",".join("?" * len(some))
                for source, target in self._all(
                    "SELECT gone.id, copy.id FROM photo gone JOIN photo copy "
                    "ON copy.content_hash = gone.content_hash AND +copy.status = 'present' "
                    f"WHERE gone.id IN ({marks}) AND (gone.favourite <> 0 OR gone.hidden <> 0)",
                    some,
                ):
                    self.hand_on_marks(source, target)

    def forget_removed(self, before: datetime) -> int:
        """Delete all trace of photos that were removed before this moment; how many."""
        with self.transaction(alters_search=False):
            cursor = self._execute(
                "DELETE FROM photo WHERE status = 'removed' AND indexed_at < ?",
                (before.astimezone(UTC).isoformat(timespec="seconds"),),
            )
        return cursor.rowcount

    # -- inside ----------------------------------------------------------------------------

    def _bring_up_to_date(self) -> None:
        """Fill in the facts of photos that an earlier version wrote."""
        if int(self._setting("derived") or 0) >= DERIVED_VERSION:
            return
        if not self.writable:
            # A copy in memory, which nobody else sees.
            derive_all(self, self.roots())
            return
        # While another process writes, it waits for the next time.
        with contextlib.suppress(LibraryBusy), self.transaction(alters_search=False):
            derive_all(self, self.roots())

    def _mark(self, photo_id: int, column: str, value: bool) -> None:
        cursor = self._execute(
            f"UPDATE photo SET {column} = ? WHERE id = ? AND status <> 'removed'",
            (int(value), photo_id),
        )
        if not cursor.rowcount:
            raise PhotoNotFound(f"no photo {photo_id} in the library")

    def _put(self, photo_id: int | None, fields: dict[str, Any]) -> int:
        names = list(fields)
        if photo_id is None:
            marks = ", ".join("?" * len(names))
            cursor = self._execute(
                f"INSERT INTO photo ({', '.join(names)}) VALUES ({marks})", list(fields.values())
            )
            return int(cursor.lastrowid or 0)
        assignments = ", ".join(f"{name} = ?" for name in names)
        self._execute(f"UPDATE photo SET {assignments} WHERE id = ?", [*fields.values(), photo_id])
        return photo_id

    def _derive_from_path(self, photo_id: int, path: Path, taken_at: str | None) -> None:
        """Write the day and the words that follow from a photo's path."""
        self._execute(
            "UPDATE photo SET taken_on = ? WHERE id = ?", (day_of(taken_at, path), photo_id)
        )
        self._execute("DELETE FROM photo_name WHERE rowid = ?", (photo_id,))
        self._execute(
            "INSERT INTO photo_name (rowid, words) VALUES (?, ?)",
            (photo_id, " ".join(words_of_path(path, self.roots()))),
        )


def _place_columns(place: Place) -> dict[str, str]:
    return dict(zip(("city", "region", "country"), names_of(place), strict=True))


def _photo(row: tuple[Any, ...]) -> Photo:
    *columns, taken_on, city, region, country, favourite, hidden, inode, ctime_ns, remark = row
    day = date.fromisoformat(taken_on) if taken_on else None
    place = Place(city, region, country) or None
    marks = bool(favourite), bool(hidden)
    return Photo(
        columns[0],
        path_of(columns[1]),
        *(*columns[2:], day, place, *marks, inode, ctime_ns, remark),
    )
