"""What can go wrong with a history while people chat, in the real page."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.history import History
from bot.history.schema import latest_version
from tests.e2e.conftest import PageServer
from tests.e2e.test_page import Visitor, visit
from tests.e2e.test_page_history import back, kept
from tests.support.small_disk import small_disk
from tests.support.waiting import eventually

__all__ = ["small_disk", "visit"]  # fixtures

pytestmark = pytest.mark.timeout(300)

Visit = Callable[..., Visitor]


def said_by_person(path: Path) -> list[str]:
    with History.open(path) as history:
        (chat,) = history.chats()
        return [one.text for one in history.messages(chat.id) if one.author == "user"]


def test_a_full_disk_costs_one_notice_and_no_message(
    start_page: Callable[..., PageServer], visit: Visit, small_disk: Path
) -> None:
    path = small_disk / "history.db"
    server = start_page("full-disk", PHOTOPAL_HISTORY=str(path))
    visitor = visit(server).open()
    visitor.say("show me the temple")
    filling = small_disk / "filling"
    with pytest.raises(OSError), open(filling, "wb", buffering=0) as file:
        while True:
            file.write(bytes(512))
    # Some room is left in the files themselves.
    long = "show me the rocket, " + "it was so loud " * 1_000
    visitor.say(long)
    notice = visitor.page.get_by_text("the disk is full")
    notice.wait_for()
    visitor.say("show me the cat")
    assert visitor.alts() and notice.count() == 1
    # Who reloads now finds the whole chat all the same: the server has it still.
    visitor.page.reload()
    back(visitor, 3)
    filling.unlink()
    visitor.say("show me the moon")
    visitor.page.reload()
    back(visitor, 4)
    assert "Traceback" not in server.log
    server.stop()
    said = said_by_person(path)
    assert [one[:15] for one in said] == [f"show me the {one}"[:15] for one in THINGS]


THINGS = ("temple", "rocket", "cat", "moon")


@pytest.mark.parametrize("trouble", ["newer", "damaged"])
def test_a_history_that_goes_bad_while_people_chat(
    start_page: Callable[..., PageServer], visit: Visit, trouble: str
) -> None:
    server = start_page(f"goes-{trouble}")
    visitor = visit(server).open()
    visitor.say("show me the temple")
    eventually(lambda: len(kept(server)) == 1)
    path = server.home / "history.db"
    with sqlite3.connect(path) as other:
        if trouble == "newer":
            other.execute(f"PRAGMA user_version = {latest_version() + 1}")
        else:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    if trouble == "damaged":
        with open(path, "r+b") as file:
            file.seek(100)
            file.write(b"\xff" * (path.stat().st_size - 100))
        path.with_name("history.db-wal").write_bytes(b"")
        # As it is read again, not as this process has it in memory.
        server.stop()
        server.start()
        visitor.open()
    else:
        visitor.say("show me the rocket")
    told = {"newer": "upgrade Photopal", "damaged": "is damaged"}[trouble]
    visitor.page.get_by_text(told).first.wait_for()
    visitor.say("show me the cat")
    assert visitor.alts()
    visitor.page.reload()
    if trouble == "newer":
        # It can still be read, and the server has the rest.
        back(visitor, 3)
    else:
        visitor.wait()
    assert "Traceback" not in server.log
