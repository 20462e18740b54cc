"""The history in a file: on a real disk, with all that can go wrong with a file."""

import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from bot.errors import ChatNotFound, HistoryBusy, HistoryError, HistoryNotFound, HistoryTooNew
from bot.history import History, database
from retrieval.backups import backups
from tests.bot.history.conftest import ANNA, BERT, answered, make_chat, said


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file alone."""
    return tmp_path / "history.db"


def files(history: History) -> list[Path]:
    assert history.path is not None
    return list(history.path.parent.glob("history.db*"))


def test_no_path_is_kept(history: History) -> None:
    history.begin(make_chat())
    history.add(ANNA, answered(2, 7, shared=(7,)))
    history.close()
    everything = b"".join(one.read_bytes() for one in files(history))
    assert b"7.jpg" in everything  # the name of the copy that was shared
    assert b"secret" not in everything
    assert b"folder" not in everything.replace(b"name folders", b"")


def test_deleted_for_good(history: History) -> None:
    secret = "a very private sentence"
    history.begin(make_chat(title=secret))
    for number in range(200):
        history.add(ANNA, said(number, f"{secret} {number}"))
    history.begin(make_chat(BERT))
    history.delete(ANNA)
    with pytest.raises(ChatNotFound):
        history.chat(ANNA)
    assert history.messages(ANNA) == []
    for file in files(history):
        assert secret.encode() not in file.read_bytes(), file.name
    with pytest.raises(ChatNotFound):
        history.delete(ANNA)
    assert history.delete_all("owner") == 1


def test_another_process_holds_the_lock(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.begin(make_chat())
    history._execute("PRAGMA busy_timeout = 1")
    assert history.path is not None
    other = sqlite3.connect(history.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryBusy, match="try again later"):
        history.add(ANNA, said(1, "hello"))
    # Reading goes on.
    assert history.chat(ANNA).title == "The cat"
    other.execute("ROLLBACK")
    history.add(ANNA, said(1, "hello"))
    assert history.count_messages(ANNA) == 1


def test_a_full_disk(small_disk: Path) -> None:
    with History.open(small_disk / "history.db") as history:
        history.begin(make_chat())
        history.add(ANNA, said(1, "before"))
        filling = small_disk / "filling"
        with pytest.raises(OSError), open(filling, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with pytest.raises(HistoryError, match="disk is full"):
            history.add(ANNA, said(2, "x" * 100_000))
        # Nothing is lost: neither what was there, nor what could not be written.
        assert [one.text for one in history.messages(ANNA)] == ["before"]
        filling.unlink()
        history.add(ANNA, said(2, "x" * 100_000))
        assert history.count_messages(ANNA) == 2


def test_a_file_that_is_damaged_while_it_is_open(history: History) -> None:
    history.begin(make_chat())
    for number in range(200):
        history.add(ANNA, said(number, "x" * 1_000))
    history._execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert history.path is not None
    with open(history.path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (history.path.stat().st_size - 4096))
    with History.open(history.path) as again, pytest.raises(HistoryError, match="damaged"):
        again.add(ANNA, said(900, "hello"))


def test_a_newer_version_takes_over_while_it_is_open(history: History) -> None:
    history.begin(make_chat())
    assert history.path is not None
    with sqlite3.connect(history.path) as other:
        other.execute(f"PRAGMA user_version = {database.latest_version() + 1}")
    other.close()
    with pytest.raises(HistoryTooNew, match="upgrade Photopal"):
        history.add(ANNA, said(1, "hello"))
    assert history.count_messages(ANNA) == 0


def test_a_history_of_the_first_version_is_searched_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as old:
        old.executescript(database.migrations()[0][1] + "PRAGMA user_version = 1;")
        moment = "2026-11-01T10:00:00.000Z"
        old.execute(
            "INSERT INTO chat VALUES (?, 'owner', 'album', 'Das Café', 0, ?, ?, '{}', '{}')",
            (ANNA, moment, moment),
        )
        old.execute(
            "INSERT INTO message (id, chat_id, author, text, said_at) "
            "VALUES ('1', ?, 'user', 'STRASSE', ?)",
            (ANNA, moment),
        )
    old.close()
    with History.open(path) as history:
        for word in ("cafe", "straße"):
            assert [one.id for one in history.chats(search=word)] == [ANNA]
        history.add(ANNA, said(2, "more"))
        assert [one.text for one in history.messages(ANNA)] == ["STRASSE", "more"]
        # A copy of it is kept, until something is deleted for good.
        (copy,) = backups(path)
        with sqlite3.connect(copy.path) as kept:
            assert kept.execute("SELECT text FROM message").fetchall() == [("STRASSE",)]
        kept.close()
        history.delete(ANNA)
        assert list(backups(path)) == []


def test_without_room_for_a_copy_a_history_is_left_as_it_was(small_disk: Path) -> None:
    path = small_disk / "history.db"
    with sqlite3.connect(path) as old:
        old.executescript(database.migrations()[0][1] + "PRAGMA user_version = 1;")
    old.close()
    before = path.read_bytes()
    filling = small_disk / "filling"
    with pytest.raises(OSError), open(filling, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with pytest.raises(HistoryError, match=r"no room for a copy.*left as it was"):
        History.open(path)
    assert path.read_bytes() == before
    filling.unlink()
    History.open(path).close()


def test_the_file_is_taken_away(history: History) -> None:
    history.begin(make_chat())
    for file in files(history):
        file.unlink()
    with pytest.raises(ChatNotFound):
        history.add(ANNA, said(1, "hello"))
    assert history.generation == 1
    history.begin(make_chat())
    history.add(ANNA, said(1, "hello"))
    assert history.path is not None
    with History.open(history.path) as again:
        assert again.count_messages(ANNA) == 1


def test_a_newer_version_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    History.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {database.latest_version() + 1}")
    other.close()
    before = path.read_bytes()
    with pytest.raises(HistoryTooNew, match="upgrade Photopal"):
        History.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"x"])
def test_something_else_under_that_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(content)
    with pytest.raises(HistoryError):
        History.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(HistoryError, match="not a Photopal history"):
        History.open(path)


def test_none_is_made_for_those_who_only_look(tmp_path: Path) -> None:
    with pytest.raises(HistoryNotFound):
        History.open(tmp_path / "history.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are a POSIX thing")
def test_it_is_the_users_alone(history: History) -> None:
    assert history.path is not None
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600
