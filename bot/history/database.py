"""The database that the history is kept in: a file of SQLite, or PostgreSQL by its address.

What the two do differently stands in :mod:`bot.history.sqlite` and :mod:`bot.history.postgres`;
all SQL besides is the same for both.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, Self

from bot.history.schema import latest_version, migrations
from bot.history.sqlite import SqliteEngine
from bot.history.text import folded, storable, without_place
from bot.settings import POSTGRES_SCHEMES

__all__ = ["Database", "Engine", "folded", "latest_version", "migrations"]


class Engine(Protocol):
    """One kind of database; safe to use from several threads."""

    @property
    def name(self) -> str:
        """The file, or the address without user and password: safe to show and to log."""
        ...

    @property
    def generation(self) -> int:
        """Grows when all that was kept is found gone, and a new history was begun."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is kept together, or none of it; may be nested.

        Raises HistoryBusy when others write for too long, HistoryError when the database cannot
        be used.
        """
        ...

    def run(self, sql: str, values: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int]:
        """Run one statement with "?" for each value: its rows, and how many it changed."""
        ...

    def overwrite_deleted(self) -> None:
        """See to it that what was deleted cannot be read from the disk any more."""
        ...

    def close(self) -> None:
        """Close it; harmless when done twice."""
        ...


class Database:
    """What is kept, by SQL. Use it from any thread.

    SQL that is handed over must mean the same to SQLite and PostgreSQL: "?" for each value, and
    no other "?" in it.

    Attributes:
        path: of the file; None for a server.
    """

    def __init__(self, engine: Engine, path: Path | None = None) -> None:
        """Use :meth:`open` instead."""
        self.path = path
        self._engine = engine

    @classmethod
    def open(cls, where: Path | str, *, create: bool = True, later: bool = False) -> Self:
        """Open a history, and bring one of an earlier version up to date.

        Args:
            where: the file of an SQLite database, or the address of one of PostgreSQL, such as
                ``postgresql://user:password@host/database``.
            create: make a new one when there is none.
            later: open it also where its server cannot be reached now; each use tries again.

        Raises:
            HistoryUnreachable: its server does not answer, or does not let us in.
            HistoryNotFound: there is none and ``create`` is off.
            HistoryTooNew: a newer version wrote it; it is left untouched.
            HistoryBusy: another process writes to it for too long.
            HistoryError: it is no history, is damaged, or cannot be written.
        """
        if is_address(where):
            from bot.history.postgres import PostgresEngine

            return cls(PostgresEngine.open(str(where), create=create, later=later))
        path = Path(where).expanduser().absolute()
        return cls(SqliteEngine.open(path, create=create), path)

    @property
    def name(self) -> str:
        """The file, or the address without user and password."""
        return self._engine.name

    def told(self, error: Exception) -> str:
        """What went wrong, without the path or the address, which are nobody's on a page."""
        return without_place(str(error), self.name)

    @property
    def generation(self) -> int:
        """Grows when all that was kept is found gone, and a new history was begun."""
        return self._engine.generation

    def close(self) -> None:
        """Close the database; harmless when done twice."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is kept together, or none of it; may be nested.

        Raises:
            HistoryBusy: others write for too long.
            HistoryError: the disk is full, or the database cannot be used.
        """
        return self._engine.transaction()

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; how many rows it changed."""
        return self._engine.run(sql, [storable(value) for value in values])[1]

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows that a statement reads."""
        return self._engine.run(sql, [storable(value) for value in values])[0]

    def _overwrite_deleted(self) -> None:
        """See to it that what was deleted cannot be read from the disk any more."""
        self._engine.overwrite_deleted()


def place_name(where: Path | str) -> str:
    """The file, or the address without user and password. Raises HistoryError as ``open`` does."""
    if is_address(where):
        from bot.history.postgres import shown_address

        return shown_address(str(where))
    return str(Path(where).expanduser().absolute())


def is_address(where: Path | str) -> bool:
    """Whether a history is named by a server's address, not by a path."""
    return str(where).lower().startswith(POSTGRES_SCHEMES)
