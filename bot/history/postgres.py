"""The history on a PostgreSQL server, for pages of several machines and for backups by others.

All tables stand in a schema of their own, ``photopal``, so that any database will do. What is
deleted there is gone for every reader; when its bytes on the server's disk are overwritten is up
to the server.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from bot.errors import HistoryBusy, HistoryError, HistoryNotFound, HistoryTooNew, HistoryUnreachable
from bot.history.schema import latest_version, migrations

try:
    import psycopg
    from psycopg import errors, pq
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as error:  # pragma: no cover - the tests have it
    raise HistoryError(
        "a history on PostgreSQL needs one more package: pip install 'photopal[postgres]'"
    ) from error

if TYPE_CHECKING:
    from psycopg.abc import PQGen

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 4
CONNECT_SECONDS = 3
LOCK_SECONDS = 1
"""How long a statement waits for another program's; short, since a chat waits with it."""
STATEMENT_SECONDS = 5
ANSWER_SECONDS = 7.0
"""After this the server counts as gone: it should have ended the statement by itself."""
MIGRATION_SECONDS = 120
AGAIN_SECONDS = 1.0
"""So long nobody else tries a server that did not answer: the chats would wait in a queue."""

LOCK_KEY = 0x50484348
"""Of the advisory lock that is held while the tables are made: ``PHCH``."""

SCHEMA = "photopal"

AWAY = ("08", "28", "3D", "57")
"""Classes of SQLSTATE: no connection, no such user, no such database, the server is stopped."""
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that gives up on a server that has stopped answering without hanging up."""

    patience: float = ANSWER_SECONDS

    def wait(self, gen: "PQGen[Any]", interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server's answer, but not for ever."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
                # Its answer may still come, and would be taken for that of a later statement.
                self.pgconn.finish()
            raise


class PostgresEngine:
    """A database of PostgreSQL and a bounded number of connections to it.

    A transaction belongs to the thread that began it.

    Attributes:
        name: the address without user and password.
        generation: grows when the tables were taken away and had to be made anew.
    """

    def __init__(self, address: str) -> None:
        """Use :meth:`open` instead."""
        parts = _read(address)
        self.name = _shown(parts)
        self.generation = 0
        self._address = _with_time_limits(address, parts)
        self._secret = str(parts.get("password") or "")
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._idle: list[_Connection] = []
        self._guard = threading.Lock()
        self._local = threading.local()
        self._closed = False
        self._known = False
        self._trouble: tuple[float, str] = (0.0, "")

    @classmethod
    def open(cls, address: str, *, create: bool, later: bool = False) -> Self:
        """See :meth:`bot.history.database.Database.open`."""
        engine = cls(address)
        try:
            with engine._connection(create=create):
                return engine
        except HistoryUnreachable as error:
            if not later:
                raise
            log.warning("%s", error)
            return engine

    def close(self) -> None:
        """Close all connections; harmless when done twice."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """See :class:`bot.history.database.Engine`."""
        if self._current() is not None:
            yield
            return
        with self._connection() as connection, self._errors():
            connection.execute("BEGIN")
            self._local.connection = connection
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._local.connection = None

    def run(self, sql: str, values: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int]:
        """See :class:`bot.history.database.Engine`."""
        current = self._current()
        with (
            self._errors(),
            contextlib.nullcontext(current) if current else self._connection() as connection,
        ):
            # psycopg's own marks; there is no other "?" and no "%" in our SQL.
            cursor = connection.execute(sql.replace("%", "%%").replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else [], cursor.rowcount

    def overwrite_deleted(self) -> None:
        """Left to the server."""

    # -- connections -----------------------------------------------------------------------

    def _current(self) -> _Connection | None:
        current: _Connection | None = getattr(self._local, "connection", None)
        return current

    @contextlib.contextmanager
    def _connection(self, *, create: bool = True) -> Iterator[_Connection]:
        """A connection that answers, over tables that are there and up to date.

        Not psycopg's pool: that one connects behind the scenes, so that whoever waits learns
        after a time-out only that there is no connection, not why.
        """
        if not self._slots.acquire(timeout=ANSWER_SECONDS):
            raise HistoryBusy(f"too much is asked of the history {self.name} at once")
        connection = None
        try:
            with self._errors():
                connection = self._ready(create)
            yield connection
        finally:
            if connection is not None:
                self._give_back(connection)
            self._slots.release()

    def _ready(self, create: bool) -> _Connection:
        with self._guard:
            idle = self._idle.pop() if self._idle else None
        if idle is not None:
            try:
                self._bring_up_to_date(idle, create)
                return idle
            except psycopg.OperationalError:
                # The server was started again, or something between has hung up.
                idle.close()
            except BaseException:
                idle.close()
                raise
        until, problem = self._trouble
        if time.monotonic() < until:
            raise HistoryUnreachable(problem)
        try:
            connection = _Connection.connect(self._address, autocommit=True)
        except psycopg.Error as error:
            failed = self._history_error(error)
            self._trouble = (time.monotonic() + AGAIN_SECONDS, str(failed))
            raise failed from error
        # A connection through a pooler must not rely on what an earlier statement prepared.
        connection.prepare_threshold = None
        try:
            self._bring_up_to_date(connection, create)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: _Connection) -> None:
        if connection.info.transaction_status == pq.TransactionStatus.IDLE:
            with self._guard:
                if not self._closed:
                    self._idle.append(connection)
                    return
        connection.close()

    # -- tables ----------------------------------------------------------------------------

    def _bring_up_to_date(self, connection: _Connection, create: bool) -> None:
        """Make the tables, or what is new in them. Asked anew each time: others may change them."""
        version = self._version(connection)
        if version == 0 and not create:
            raise HistoryNotFound(f"there is no history at {self.name}: no chat was kept yet")
        if version < latest_version("postgres"):
            self._migrate(connection)
            if version == 0 and self._known:
                self.generation += 1
        self._known = True

    def _migrate(self, connection: _Connection) -> None:
        connection.patience = MIGRATION_SECONDS + ANSWER_SECONDS
        try:
            with connection.transaction():
                for limit in ("lock_timeout", "statement_timeout"):
                    connection.execute(f"SET LOCAL {limit} = '{MIGRATION_SECONDS}s'")
                # Another process that starts at the same time waits here, and finds it done.
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
                version = self._begun(connection)
                for number, script in migrations(after=version, dialect="postgres"):
                    connection.execute(script.encode())
                    connection.execute("UPDATE schema_version SET number = %s", (number,))
        finally:
            connection.patience = ANSWER_SECONDS

    def _begun(self, connection: _Connection) -> int:
        """The version of the tables, for which there is a place afterwards."""
        if _one(connection, "SELECT to_regclass('schema_version')") is not None:
            return self._version(connection)
        if _one(connection, "SHOW server_encoding") != "UTF8":
            raise HistoryError(
                f"the database {self.name} cannot hold every text: make one with ENCODING 'UTF8'"
            )
        # An administrator may have made it for a user who may not.
        if _one(connection, f"SELECT to_regnamespace('{SCHEMA}')") is None:
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute("CREATE TABLE schema_version (number INTEGER NOT NULL)")
        connection.execute("INSERT INTO schema_version VALUES (0)")
        return 0

    def _version(self, connection: _Connection) -> int:
        """The version of the tables; 0 where there are none."""
        try:
            version = int(_one(connection, "SELECT number FROM schema_version") or 0)
        except errors.UndefinedTable:
            return 0
        if version > latest_version("postgres"):
            raise HistoryTooNew(
                f"the history {self.name} was written by a newer version of Photopal (schema "
                f"{version}, this one knows {latest_version('postgres')}): upgrade Photopal; the "
                "history is left untouched"
            )
        return version

    # -- what can go wrong -----------------------------------------------------------------

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._history_error(error) from error

    def _history_error(self, error: psycopg.Error) -> HistoryError:
        place = f"the history {self.name}"
        if isinstance(error, errors.TooManyConnections):
            return HistoryBusy(f"the server of {place} has too many connections: try again later")
        if isinstance(error, errors.QueryCanceled):
            return HistoryBusy(f"{place} takes too long to answer: try again later")
        if isinstance(error, BUSY):
            return HistoryBusy(f"another program is writing to {place}: try again later")
        if isinstance(error, errors.DiskFull):
            return HistoryError(
                f"the server's disk is full, so {place} cannot be written: make room"
            )
        if isinstance(error, errors.InsufficientPrivilege):
            return HistoryError(
                f"the user may not write to {place}: GRANT CREATE, CONNECT ON DATABASE to it"
            )
        if isinstance(error, errors.ReadOnlySqlTransaction):
            return HistoryError(f"{place} can only be read: name the main server, not a copy of it")
        reason = self._reason(error)
        if isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08")[:2] in AWAY:
            return HistoryUnreachable(f"{place} cannot be reached: {reason}")
        return HistoryError(f"{place} cannot be used: {reason}")

    def _reason(self, error: psycopg.Error) -> str:
        """What the server or the driver says, on one line and without the password."""
        text = error.diag.message_primary or str(error).strip().partition("\n")[0]
        if isinstance(error, psycopg.errors.ConnectionTimeout) or "timeout expired" in text:
            text = "it does not answer"
        # "connection failed: connection to server at …, port … failed: FATAL: …"
        text = text.rpartition(" failed: ")[2].removeprefix("FATAL:").strip()
        if self._secret:
            text = text.replace(self._secret, "***")
        return " ".join(text.split())


def _one(connection: _Connection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return None if row is None else row[0]


def _read(address: str) -> dict[str, Any]:
    try:
        parts = conninfo_to_dict(address)
        ports = str(parts.get("port") or "0").split(",")
        host, database = (str(parts.get(name) or "") for name in ("host", "dbname"))
        # A piece of a password that was not quoted would be taken for another part, and shown.
        if "@" not in host.lstrip("@") + database and all(one.isdecimal() for one in ports):
            return dict(parts)
    except psycopg.ProgrammingError:
        # Its text may hold the password.
        pass
    raise HistoryError(
        "the address of the history cannot be read: it must look like "
        "postgresql://user:password@host/database, with %40 for an @ and %2F for a / in the "
        "password"
    ) from None


def shown_address(address: str) -> str:
    """An address without user, password and options."""
    return _shown(_read(address))


def _shown(parts: dict[str, Any]) -> str:
    """The address without user, password and options."""
    host = str(parts.get("host") or parts.get("hostaddr") or "")
    port = f":{parts['port']}" if parts.get("port") else ""
    if host.startswith(("/", "@")):
        # A socket of this machine.
        host = port = ""
    return f"postgresql://{host}{port}/{quote(str(parts.get('dbname') or ''))}"


def _with_time_limits(address: str, parts: dict[str, Any]) -> str:
    """The address with all that bounds a wait; what it says itself stands."""
    limits = {
        "search_path": SCHEMA,
        "lock_timeout": f"{LOCK_SECONDS}s",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        # The server lets go of what a machine that died was doing.
        "idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS}s",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    defaults: dict[str, str | int] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "photopal",
        "client_encoding": "UTF8",
    }
    return make_conninfo(
        address,
        options=f"{options} {parts.get('options') or ''}".strip(),
        **{name: value for name, value in defaults.items() if not parts.get(name)},
    )
