"""What the library keeps of files besides photos: companions, drives, what was passed over."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

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
        with self.transaction(alters_search=False):
            self._execute("DELETE FROM companion")
            self._many(
                "INSERT INTO companion (path, photo_path, size, mtime_ns) VALUES (?, ?, ?, ?)",
                [
                    (stored_path(path), stored_path(one.photo), one.size, one.mtime_ns)
                    for path, one in companions.items()
                ],
            )

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
        with self.transaction(alters_search=False):
            self._execute("DELETE FROM passed_over WHERE root = ?", (stored_path(root),))
            self._many(
                "INSERT INTO passed_over (root, kind, what, files) VALUES (?, ?, ?, ?)",
                [(stored_path(root), *row) for row in passed.rows()],
            )

    def mounts(self) -> list[Path]:
        """Folders where another drive began when they were looked through."""
        return [path_of(row[0]) for row in self._all("SELECT path FROM mount ORDER BY path")]

    def set_mounts(self, mounts: Collection[Path]) -> None:
        """Remember exactly these."""
        with self.transaction(alters_search=False):
            self._execute("DELETE FROM mount")
            self._many(
                "INSERT INTO mount (path) VALUES (?)", [(stored_path(path),) for path in mounts]
            )

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
