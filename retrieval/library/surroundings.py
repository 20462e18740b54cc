"""What the library keeps of files besides photos: companions, drives, what was passed over."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from retrieval.library.connection import Database, now, path_of, stored_path
from retrieval.library.records import Companion, PassedOver

FileNote = tuple[int, int | None, int | None]
"""A photo's id, and the inode and change time (nanoseconds) of its file."""


class Surroundings(Database):
    """The part of the library that belongs to looking through folders."""

    def roots(self) -> list[Path]:
        """The folders that were indexed, in the order in which they were added."""
        return [path_of(row[0]) for row in self._all("SELECT path FROM root ORDER BY id")]

    def set_roots(self, folders: Sequence[Path]) -> None:
        """Remember exactly these folders as the indexed ones."""
        with self.transaction(alters_search=False):
            kept = [stored_path(folder) for folder in folders]
            for (path,) in self._all("SELECT path FROM root"):
                if path not in kept:
                    self._execute("DELETE FROM root WHERE path = ?", (path,))
            for path in kept:
                self._execute(
                    "INSERT INTO root (path, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (path, now()),
                )

    def companions(self) -> dict[Path, Companion]:
        """RAW files that are the same shot as a photo beside them, by their path."""
        rows = self._all("SELECT path, photo_path, size, mtime_ns FROM companion")
        return {path_of(row[0]): Companion(path_of(row[1]), row[2], row[3]) for row in rows}

    def set_companions(self, companions: Mapping[Path, Companion]) -> None:
        """Remember exactly these."""
        rows = [
            (stored_path(path), stored_path(one.photo), one.size, one.mtime_ns)
            for path, one in companions.items()
        ]
        self._hold("companion", ("path", "photo_path", "size", "mtime_ns"), rows)

    def passed_over(self) -> PassedOver:
        """What the last look through each indexed folder passed over, all together."""
        result = PassedOver()
        for kind, what, files in self._all(
            "SELECT kind, what, sum(files) FROM passed_over "
            "WHERE root IN (SELECT path FROM root) GROUP BY kind, what ORDER BY kind, what"
        ):
            result.of(kind)[what] = files
        return result

    def set_passed_over(self, root: Path, passed: PassedOver) -> None:
        """Remember what was passed over in an indexed folder."""
        kept = stored_path(root)
        rows = [(kept, *row) for row in passed.rows()]
        self._hold("passed_over", ("root", "kind", "what", "files"), rows, root=kept)

    def mounts(self) -> list[Path]:
        """Folders where another drive began when they were looked through."""
        return [path_of(row[0]) for row in self._all("SELECT path FROM mount ORDER BY path")]

    def set_mounts(self, mounts: Collection[Path]) -> None:
        """Remember exactly these."""
        self._hold("mount", ("path",), [(stored_path(path),) for path in mounts])

    def _hold(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        *,
        root: str | bytes | None = None,
    ) -> None:
        """Make a table, or its rows of one root, hold exactly these.

        Where it does already nothing is written: a look at unchanged folders needs no room.
        """
        where, values = ("", ()) if root is None else (" WHERE root = ?", (root,))
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self.transaction(alters_search=False):
            if set(self._all(f"SELECT {names} FROM {table}{where}", values)) == set(rows):
                return
            self._execute(f"DELETE FROM {table}{where}", values)
            self._many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def note_files(self, notes: Iterable[FileNote]) -> None:
        """Write what tells unchanged files from others with the same size and time."""
        rows = [(inode, ctime, number) for number, inode, ctime in notes]
        if rows:
            with self.transaction(alters_search=False):
                self._many("UPDATE photo SET inode = ?, ctime_ns = ? WHERE id = ?", rows)

    def touch_photo(
        self,
        photo_id: int,
        *,
        size: int,
        mtime_ns: int,
        inode: int | None = None,
        ctime_ns: int | None = None,
    ) -> None:
        """The photo's file has another time of change, with the same content."""
        with self.transaction(alters_search=False):
            self._execute(
                "UPDATE photo SET size = ?, mtime_ns = ?, inode = ?, ctime_ns = ? WHERE id = ?",
                (size, mtime_ns, inode, ctime_ns, photo_id),
            )
