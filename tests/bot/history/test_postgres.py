"""The history on a real server that refuses, restarts, hangs, fills up, and is made anew."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.errors import ChatNotFound, HistoryBusy, HistoryError, HistoryTooNew
from bot.history import History
from bot.history import postgres as module
from bot.history.schema import latest_version
from tests.bot.history.conftest import ANNA, make_chat, said
from tests.support.postgres_server import PASSWORD, USER, PostgresServer


@pytest.fixture
def place(postgres: PostgresServer) -> str:
    """The server alone."""
    return postgres.address


@pytest.fixture
def own_server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    server = PostgresServer(postgres_server.binaries)
    yield server
    server.remove()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)


def test_the_server_is_started_again(own_server: PostgresServer) -> None:
    with History.open(own_server.address) as history:
        history.begin(make_chat())
        own_server.stop()
        with pytest.raises(HistoryError, match=r"cannot be reached: .*refused"):
            history.add(ANNA, said(1, "hello"))
        own_server.start()
        history.add(ANNA, said(1, "hello"))
        # In mid-transaction: nothing of it is kept.
        with pytest.raises(HistoryError, match="cannot be reached"), history.transaction():
            history.add(ANNA, said(2, "half"))
            own_server.stop()
            own_server.start()
            history.add(ANNA, said(3, "other half"))
        assert [one.text for one in history.messages(ANNA)] == ["hello"]
        assert history.generation == 0


def test_a_server_that_hangs_is_given_up(
    own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module._Connection, "patience", 0.2)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 2)
    with History.open(own_server.address) as history:
        history.begin(make_chat())
        with own_server.frozen():
            for _ in range(2):
                with pytest.raises(HistoryError, match="cannot be reached: it does not answer"):
                    history.add(ANNA, said(1, "hello"))
        monkeypatch.setattr(module._Connection, "patience", 10.0)
        history.add(ANNA, said(1, "hello"))
        assert history.count_messages(ANNA) == 1


def test_others_do_not_queue_up_for_a_server_that_is_gone(
    own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 1_000.0)
    with History.open(own_server.address) as history:
        own_server.stop()
        tries = []
        monkeypatch.setattr(
            module._Connection,
            "connect",
            lambda *_, **__: tries.append(1) or _refuse(),
        )
        for _ in range(3):
            with pytest.raises(HistoryError, match="cannot be reached"):
                history.chats()
        assert len(tries) == 1


def _refuse() -> None:
    raise psycopg.OperationalError("connection failed: no")


def test_another_program_holds_the_chat(
    history: History, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.begin(make_chat())
    with psycopg.connect(postgres.address) as other:
        other.execute("UPDATE photopal.chat SET title = 'mine'")
        with pytest.raises(HistoryBusy, match="another program is writing"):
            history.add(ANNA, said(1, "hello"))
        # Reading goes on, and so do other chats.
        assert history.chat(ANNA).title == "The cat"
        history.begin(make_chat("another"))
        other.rollback()
    history.add(ANNA, said(1, "hello"))
    assert history.count_messages(ANNA) == 1


def test_the_tables_are_taken_away(history: History, postgres: PostgresServer) -> None:
    history.begin(make_chat())
    postgres.sql("DROP SCHEMA photopal CASCADE")
    with pytest.raises(ChatNotFound):
        history.add(ANNA, said(1, "hello"))
    assert history.generation == 1
    history.begin(make_chat())
    history.add(ANNA, said(1, "hello"))
    assert history.count_messages(ANNA) == 1


def test_a_newer_version_is_left_untouched(postgres: PostgresServer) -> None:
    newer = latest_version("postgres") + 1
    with History.open(postgres.address) as history:
        history.begin(make_chat())
        postgres.sql(f"UPDATE photopal.schema_version SET number = {newer}")
        for _ in range(2):
            with pytest.raises(HistoryTooNew, match="upgrade Photopal"):
                history.add(ANNA, said(1, "hello"))
    with pytest.raises(HistoryTooNew):
        History.open(postgres.address)
    assert postgres.sql("SELECT count(*) FROM photopal.message") == [(0,)]


def test_the_disk_of_the_server_is_full(postgres_server: PostgresServer, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=160m", small_disk], check=True)
    server = PostgresServer(postgres_server.binaries, small_disk)
    try:
        with History.open(server.address) as history:
            history.begin(make_chat())
            history.add(ANNA, said(1, "before"))
            filling = small_disk / "filling"
            with pytest.raises(OSError), open(filling, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            with pytest.raises(HistoryError, match="disk is full"):
                for number in range(2, 100):
                    history.add(ANNA, said(number, "".join(map(chr, range(0x4E00, 0x9E00)))))
            filling.unlink()
            history.add(ANNA, said(100, "after"))
            kept = [one.text for one in history.messages(ANNA)]
            assert (kept[0], kept[-1]) == ("before", "after")
    finally:
        server.remove()


def test_many_more_threads_than_connections(history: History, postgres: PostgresServer) -> None:
    from tests.bot.history.test_store import together

    history.begin(make_chat())
    together([lambda one=one: history.add(ANNA, said(one, str(one))) for one in range(40)])
    assert history.count_messages(ANNA) == 40
    used = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'photopal'"
    assert 0 < postgres.sql(used)[0][0] <= module.MAX_CONNECTIONS  # type: ignore[operator]


# -- users and addresses ----------------------------------------------------------------------


def test_a_user_who_may_do_nothing_but_what_was_granted(postgres: PostgresServer) -> None:
    postgres.sql("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'x'")
    address = postgres.address_of("guest", "x")
    with pytest.raises(HistoryError, match="may not write"):
        History.open(address)
    # The administrator made the schema; the user makes the tables.
    postgres.sql("CREATE SCHEMA photopal AUTHORIZATION guest")
    with History.open(address) as history:
        history.begin(make_chat())
        assert history.chat(ANNA).title == "The cat"


@pytest.mark.parametrize("wrong", ["password", "database", "encoding", "host"])
def test_an_address_that_leads_nowhere_is_told_in_one_line_without_the_password(
    postgres: PostgresServer, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address, told = postgres.address, "no line"
    if wrong == "password":
        address, told = postgres.address_of(USER, PASSWORD + "?"), "password authentication failed"
    elif wrong == "database":
        address = postgres.address_of(USER, PASSWORD, "nowhere")
        told = 'database "nowhere" does not exist'
    elif wrong == "encoding":
        postgres.sql(
            "DROP DATABASE IF EXISTS old",
            "CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
        )
        address, told = postgres.address_of(USER, PASSWORD, "old"), "ENCODING 'UTF8'"
    else:
        address = address.replace("127.0.0.1", "nobody.invalid")
        told = "nobody.invalid"
    with pytest.raises(HistoryError) as caught:
        History.open(address)
    line = str(caught.value)
    assert told in line and "\n" not in line
    for secret in (PASSWORD, PASSWORD[:8], "s3cret%2F"):
        assert secret not in line + caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:top-secret@[host/x",
        "postgresql://me:top-secret@h/x?y=z",
        "postgresql://me:not@top-secret@host/x",
        "postgresql://me:not/top-secret@host/x",
        "postgresql://me:top-secret@host:port/x",
    ],
)
def test_an_address_that_cannot_be_read(address: str) -> None:
    with pytest.raises(HistoryError, match="must look like postgresql://") as caught:
        History.open(address)
    assert "top-secret" not in str(caught.value)


def test_what_the_address_says_itself_stands(postgres: PostgresServer) -> None:
    address = f"{postgres.address}?application_name=mine&options=-c%20work_mem%3D5MB"
    with History.open(address) as history:
        for setting, value in (
            ("application_name", "mine"),
            ("work_mem", "5MB"),
            ("search_path", "photopal"),
            ("lock_timeout", "1s"),
        ):
            assert history._all(f"SHOW {setting}") == [(value,)]
        assert "photopal" not in history.name and history.name.endswith("/postgres")


def test_without_the_package_the_line_says_what_to_install(postgres: PostgresServer) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from bot.errors import HistoryError\n"
        "from bot.history import History\n"
        "try: History.open('postgresql://me:top-secret@host/x')\n"
        "except HistoryError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install 'photopal[postgres]'" in done.stdout
    assert "top-secret" not in done.stdout + done.stderr
