"""SQLite's write-ahead log, with which a database is read while it is written."""

import sqlite3

from tenacity import retry, retry_if_exception_message, stop_after_delay, wait_random

PATIENCE_SECONDS = 10.0


@retry(
    retry=retry_if_exception_message(match=".*(locked|busy)"),
    stop=stop_after_delay(PATIENCE_SECONDS),
    wait=wait_random(0.01, 0.1),
    reraise=True,
)
def keep_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let a database keep a write-ahead log from now on.

    Whatever its time-out, SQLite does not wait where two processes do this at once: it tells one
    of them that the file is locked.

    Raises:
        sqlite3.OperationalError: it stays locked, or cannot be written.
    """
    connection.execute("PRAGMA journal_mode = WAL")
