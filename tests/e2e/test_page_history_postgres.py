"""Chats on a PostgreSQL server, in the real page: all comes back, and a server that is away."""

from collections.abc import Callable, Iterator

import pytest

from bot.history import History
from tests.e2e.conftest import PageServer
from tests.e2e.test_page import Visitor, visit
from tests.e2e.test_page_history import all_said, back, chats, pictures
from tests.support.postgres_server import MISSING, PASSWORD, PostgresServer, binaries
from tests.support.waiting import eventually

__all__ = ["visit"]  # the fixture

pytestmark = pytest.mark.timeout(300)

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    """A server of these tests alone, which they stop."""
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    server = PostgresServer(found)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def page_server(
    start_module_page: Callable[..., PageServer], database: PostgresServer
) -> PageServer:
    return start_module_page("postgres", PHOTOPAL_HISTORY=database.address)


@pytest.fixture
def server(page_server: PageServer, database: PostgresServer) -> PageServer:
    """The page, without any chat."""
    with History.open(database.address) as history:
        history.delete_all()
    return page_server


def test_all_comes_back(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    visitor.say("show me the rocket launch in 2012")
    eventually(lambda: len(chats(visitor)) == 1 and "rocket" in chats(visitor)[0])
    said, shown = all_said(visitor), pictures(visitor)
    visitor.page.reload()
    back(visitor, 2)
    assert (all_said(visitor), pictures(visitor)) == (said, shown)
    server.stop()
    server.start()
    other = Visitor(visitor.page.context.new_page(), server).watch()
    other.page.goto(visitor.page.url)
    back(other, 2)
    assert (all_said(other), pictures(other)) == (said, shown)
    other.page.locator("#search-chats-button").click()
    other.page.get_by_placeholder("What was it about?").fill("TEMPLE")
    found = other.page.get_by_role("option")
    eventually(lambda: found.count() == 1)
    assert not (server.home / "history.db").exists()
    assert PASSWORD not in server.log


def test_the_server_is_away_for_a_while(
    server: PageServer, visit: Visit, database: PostgresServer
) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    database.stop()
    try:
        visitor.say("show me the rocket")
        notice = visitor.page.get_by_text("This chat cannot be kept for now")
        notice.wait_for()
        assert "cannot be reached" in notice.inner_text()
        assert PASSWORD not in notice.inner_text()
        visitor.say("show me the cat")
        assert notice.count() == 1
        # Who comes now is told at once; the chat works.
        other = visit(server).open()
        other.page.get_by_text("Chats are not kept").wait_for()
        other.say("show me the moon")
        assert other.alts()
    finally:
        database.start()

    def texts() -> list[list[str]]:
        with History.open(database.address) as history:
            all_chats = [history.messages(one.id) for one in history.chats()]
        return [[one.text for one in each if one.author == "user"] for each in all_chats]

    # Both are kept by themselves, also the one whose window is closed.
    other.page.context.close()
    expected = [["show me the moon"], [f"show me the {one}" for one in ("temple", "rocket", "cat")]]
    eventually(lambda: sorted(texts()) == expected, seconds=60)
    assert "Traceback" not in server.log and PASSWORD not in server.log
    visitor.page.reload()
    back(visitor, 3)


def test_a_server_that_hangs_stops_no_chat(
    server: PageServer, visit: Visit, database: PostgresServer
) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    with database.frozen():
        visitor.say("show me the rocket")
        visitor.page.get_by_text("it does not answer").wait_for()
        visitor.say("show me the cat")
        assert visitor.alts()
    visitor.say("show me the moon")
    visitor.page.reload()
    back(visitor, 4)


def test_the_page_starts_before_the_server(
    start_page: Callable[..., PageServer], visit: Visit, database: PostgresServer
) -> None:
    database.stop()
    try:
        early = start_page("early", PHOTOPAL_HISTORY=database.address)
        assert "cannot be reached" in early.log and PASSWORD not in early.log
        visitor = visit(early).open()
        visitor.page.get_by_text("Chats are not kept").wait_for()
        visitor.say("show me the temple")
        assert chats(visitor) == []
    finally:
        database.start()
    # Nobody says anything more: the chat is kept by itself, and the page shows that it is.
    eventually(lambda: chats(visitor) == ["The temple"], seconds=60)
    visitor.say("show me the moon")
    visitor.page.reload()
    back(visitor, 2)
    early.stop()
