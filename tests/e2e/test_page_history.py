"""Chats that are kept, in the real page: what a person finds again, and what is gone for good."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.history import History, KeptChat, KeptMessage
from retrieval.library import Library
from tests.e2e.conftest import PASSWORD, PageServer
from tests.e2e.test_page import Visitor, visit
from tests.support.scripted_llm import ANSWER, Handler, hangs, says, scripted_llm
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["visit"]  # the fixture

pytestmark = pytest.mark.timeout(300)

CAT = "my cat is being dramatic again, you should see his face"
NOBODYS = "11111111-2222-4333-8444-555555555555"
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def history_server(start_module_page: Callable[..., PageServer]) -> PageServer:
    """A page whose chats are those of these tests alone."""
    return start_module_page("history")


@pytest.fixture
def server(history_server: PageServer) -> PageServer:
    """The page, without any chat."""
    with History.open(history_server.home / "history.db") as history:
        history.delete_all()
    return history_server


def chats(visitor: Visitor) -> list[str]:
    """The titles in the sidebar."""
    return visitor.page.locator("#thread-history a").all_inner_texts()


def kept(server: PageServer) -> list[KeptChat]:
    with History.open(server.home / "history.db") as history:
        return history.chats()


def library_uid(server: PageServer) -> str:
    with Library.read(server.home / "samples.db") as library:
        return library.uid


def keep(server: PageServer, chat_id: str, *texts: str, owner: str = "owner") -> None:
    """Put a chat into the history as if it had been had."""
    moment = "2026-03-01T10:00:00.000Z"
    with History.open(server.home / "history.db") as history, history.transaction():
        history.begin(KeptChat(chat_id, owner, library_uid(server), "An old chat", moment, moment))
        for number, text in enumerate(texts):
            author = "bot" if number % 2 else "user"
            history.add(
                chat_id,
                KeptMessage(
                    f"{number:08}-0000-4000-8000-{chat_id[-12:]}",
                    author,  # type: ignore[arg-type]
                    text,
                    moment,
                    markdown=text if number % 2 else "",
                    answers=f"{number - 1:08}-0000-4000-8000-{chat_id[-12:]}",
                ),
            )


def back(visitor: Visitor, answers: int) -> Visitor:
    """Wait until a resumed chat shows so many answers, and can go on."""
    visitor.answers.nth(answers - 1).wait_for()
    visitor.page.wait_for_selector("#chat-settings-header-button")
    visitor.settle()
    return visitor


def all_said(visitor: Visitor) -> list[str]:
    """Every message and folded step, in the order of the page."""
    steps = visitor.page.locator("[data-step-type]").all_inner_texts()
    return [" ".join(step.split()) for step in steps]


def pictures(visitor: Visitor) -> list[str]:
    shown = visitor.page.locator(".pp-gallery .pp-open img, .pp-shared img")
    alts: list[str] = shown.evaluate_all("all => all.map(one => one.alt)")
    return alts


def button(visitor: Visitor, name: str) -> "Locator":
    return visitor.page.locator(".ai-message").get_by_role("button", name=name, exact=True)


# -- coming back ------------------------------------------------------------------------------


def test_reload_a_second_tab_and_a_restart_bring_everything_back(
    server: PageServer, visit: Visit
) -> None:
    visitor = visit(server).open()
    visitor.say(CAT)
    visitor.say("show me the rocket launch in 2012")
    visitor.say("share the first")
    visitor.page.locator(".pp-shared img").wait_for()
    button(visitor, "2012").wait_for()
    visitor.page.wait_for_url(re.compile("/thread/"))
    said, shown = all_said(visitor), pictures(visitor)
    assert len(said) == 8
    assert "cat" in shown[0].lower()

    visitor.page.reload()
    back(visitor, 3)
    visitor.page.locator(".pp-shared img").wait_for()
    assert all_said(visitor) == said
    assert pictures(visitor) == shown
    image = visitor.page.locator(".pp-shared img")
    eventually(lambda: bool(image.evaluate("one => one.complete && one.naturalWidth > 0")))

    server.stop()
    server.start()
    other = Visitor(visitor.page.context.new_page(), server).watch()
    other.page.goto(visitor.page.url)
    back(other, 3)
    other.page.locator(".pp-shared img").wait_for()
    assert all_said(other) == said
    # The session is back, too: it knows what was shown.
    assert "1 photo" in other.say("share the second").inner_text()
    # So are the buttons, and one that was pressed stays away.
    button(other, "2012").click()
    other.answers.nth(4).wait_for()
    other.settle()
    eventually(lambda: button(other, "2012").count() == 0)
    other.page.reload()
    back(other, 5)
    assert button(other, "2012").count() == 0


def test_the_title_says_what_was_looked_for_and_the_search_finds_it(
    server: PageServer, visit: Visit
) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    eventually(lambda: chats(visitor) == ["The temple"])
    visitor.say("and now a cup of coffee")
    eventually(lambda: "coffee" in chats(visitor)[0])
    visitor.page.locator("#new-chat-button").click()
    visitor.wait()
    visitor.say("show me the rocket")
    eventually(lambda: len(chats(visitor)) == 2 and chats(visitor)[0] == "The rocket")

    visitor.page.locator("#search-chats-button").click()
    visitor.page.get_by_placeholder("What was it about?").fill("TEMPLE")
    found = visitor.page.get_by_role("option")
    eventually(lambda: found.count() == 1 and "temple" in found.first.inner_text())
    found.first.click()
    back(visitor, 2)
    assert visitor.page.locator('[data-step-type="user_message"]').count() == 2


def test_renamed_and_deleted_for_good(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple, my very private temple")
    eventually(lambda: len(chats(visitor)) == 1)
    page = visitor.page
    page.locator("#thread-options").click()
    page.locator("#rename-thread").click()
    page.locator("#name").fill("Our trip")
    page.get_by_role("button", name="Confirm").click()
    eventually(lambda: chats(visitor) == ["Our trip"])
    visitor.say("show me the rocket")
    page.reload()
    back(visitor, 2)
    eventually(lambda: chats(visitor) == ["Our trip"])

    page.locator("#thread-options").click()
    page.locator("#delete-thread").click()
    page.get_by_text("deleted for good").wait_for()
    page.get_by_role("button", name="Confirm").click()
    visitor.wait()
    eventually(lambda: kept(server) == [])
    for file in server.home.glob("history.db*"):
        assert b"private temple" not in file.read_bytes()
    eventually(lambda: chats(visitor) == [])


def test_a_photo_that_is_no_longer_there_is_gone_from_the_history(
    server: PageServer, visit: Visit
) -> None:
    visitor = visit(server).open()
    visitor.say("show me the rocket launch")
    before = pictures(visitor)
    assert len(before) > 1
    photos = server.home / "samples"
    names = ("rocket.jpg", "rocket-2.jpg")
    for name in names:
        (photos / name).rename(server.home / name)
    try:
        visitor.page.reload()
        back(visitor, 1)
        visitor.answers.get_by_text("no longer in your library").wait_for()
        assert len(pictures(visitor)) < len(before)
        assert not any("rocket" in one.lower() for one in pictures(visitor))
    finally:
        for name in names:
            (server.home / name).rename(photos / name)


def test_the_server_is_killed_in_mid_answer(
    start_page: Callable[..., PageServer], visit: Visit
) -> None:
    words = "Here they are, pick the one that you like best."

    def hangs_then_speaks(handler: Handler, request: dict[str, object]) -> None:
        behaviour = says(words) if restarted else hangs(60)
        behaviour(handler, request)

    restarted = False
    with scripted_llm(says(json.dumps(ANSWER)), hangs_then_speaks) as llm:
        server = start_page("killed", OPENAI_BASE_URL=llm.url)
        visitor = visit(server).open()
        visitor.send("look at this")
        visitor.tiles.first.wait_for()
        visitor.page.wait_for_url(re.compile("/thread/"))
        server.kill()
        restarted = True
        llm.script[:] = [says(json.dumps(ANSWER)), says(words)]
        server.start()
        visitor.page.goto(visitor.page.url)
        visitor.page.get_by_text("I was stopped before I could answer.").wait_for()
        assert "look at this" in all_said(visitor)[0]
        button(visitor, "Answer now").click()
        visitor.page.get_by_text(words).wait_for()
        eventually(lambda: visitor.page.get_by_text("I was stopped").count() == 0)
        visitor.settle()
        said = all_said(visitor)
        visitor.page.reload()
        visitor.page.get_by_text(words).wait_for()
        assert all_said(visitor) == said


def test_two_tabs_answer_at_once(server: PageServer, visit: Visit) -> None:
    first = visit(server).open()
    first.say("show me the temple")
    first.page.wait_for_url(re.compile("/thread/"))
    second = Visitor(first.page.context.new_page(), server).watch()
    second.page.goto(first.page.url)
    back(second, 1)
    for visitor, text in ((first, "show me the rocket"), (second, "show me the cat")):
        visitor.page.locator("#chat-input").fill(text)
    for visitor in (first, second):
        visitor.page.locator("#chat-input").press("Enter")
    for visitor in (first, second):
        # What is said in one tab is shown in the other, too.
        visitor.answers.nth(2).wait_for()
        visitor.settle()
    first.page.reload()
    back(first, 3)
    said = all_said(first)
    assert len(said) == 9
    for asked, answer in (("show me the rocket", "rocket"), ("show me the cat", "cat")):
        assert answer in said[said.index(asked) + 2].lower()


# -- not keeping ------------------------------------------------------------------------------


def test_do_not_keep_this_chat_is_one_click(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    eventually(lambda: len(chats(visitor)) == 1)
    button(visitor, "Do not keep this chat").click()
    visitor.page.get_by_text("This chat is not kept any more").wait_for()
    eventually(lambda: chats(visitor) == [])
    assert kept(server) == []
    # It goes on, knows what was shown, and leaves nothing.
    assert "Shared" in visitor.say("share the first").inner_text()
    assert button(visitor, "Do not keep this chat").count() == 0
    visitor.page.reload()
    visitor.wait()
    assert kept(server) == []


def test_the_setting_does_the_same(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    eventually(lambda: len(kept(server)) == 1)
    visitor.page.locator("#chat-settings-header-button").click()
    visitor.page.locator("#keep").click()
    visitor.page.get_by_text("This chat is not kept any more").wait_for()
    assert kept(server) == []
    visitor.page.locator("#keep").click()
    visitor.say("show me the rocket")
    eventually(lambda: [one.title for one in kept(server)] != [])
    with History.open(server.home / "history.db") as history:
        texts = [one.text for one in history.messages(kept(server)[0].id)]
    assert texts[0] == "show me the rocket"


# -- whose chat it is -------------------------------------------------------------------------


def test_a_chat_of_nobody_or_of_somebody_else(server: PageServer, visit: Visit) -> None:
    theirs = "99999999-2222-4333-8444-555555555555"
    keep(server, theirs, "a secret of theirs", "an answer", owner="somebody")
    visitor = visit(server)
    for chat_id in (NOBODYS, theirs):
        visitor.page.goto(f"{server.address}/thread/{chat_id}")
        visitor.page.wait_for_url(f"{server.address}/")
        visitor.page.get_by_text("Couldn't resume chat").first.wait_for()
        assert "secret" not in visitor.page.locator("body").inner_text()
        for method, body in (
            ("PUT", {"threadId": chat_id, "name": "mine"}),
            ("DELETE", {"threadId": chat_id}),
        ):
            answer = httpx.request(method, f"{server.address}/project/thread", json=body)
            assert answer.status_code in (401, 404)
    visitor.open()
    assert chats(visitor) == []
    (chat,) = kept(server)
    assert chat.title == "An old chat"


def test_only_with_the_password(start_page: Callable[..., PageServer], visit: Visit) -> None:
    server = start_page("locked-history", PHOTOPAL_PASSWORD=PASSWORD)
    body = {"pagination": {"first": 10}, "filter": {}}
    assert httpx.post(f"{server.address}/project/threads", json=body).status_code == 401
    for method in ("PUT", "DELETE"):
        answer = httpx.request(
            method, f"{server.address}/project/thread", json={"threadId": NOBODYS, "name": "x"}
        )
        assert answer.status_code == 401
    visitor = visit(server)
    visitor.page.goto(server.address)
    visitor.page.locator("#password").wait_for()
    visitor.page.locator("#password").fill(PASSWORD)
    visitor.page.locator("#password").press("Enter")
    visitor.wait()
    visitor.say("show me the temple")
    eventually(lambda: chats(visitor) == ["The temple"])
    visitor.page.reload()
    back(visitor, 1)
    assert visitor.alts()


# -- on a phone -------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_list_of_chats_on_a_phone(server: PageServer, visit: Visit, dark: bool) -> None:
    keep(server, NOBODYS, "hello", "an answer from March")
    visitor = visit(server, size="phone", dark=dark).open()
    visitor.page.locator("#sidebar-trigger-button").click()
    visitor.page.locator("#thread-history").get_by_text("An old chat").click()
    visitor.answers.get_by_text("an answer from March").wait_for()
    assert not visitor.overflows()


def test_a_reload_on_a_phone_brings_the_chat_back(server: PageServer, visit: Visit) -> None:
    visitor = visit(server, size="phone").open()
    visitor.say("show me the temple")
    visitor.page.reload()
    back(visitor, 1)
    assert "temple" in all_said(visitor)[0]


# -- what can go wrong ------------------------------------------------------------------------


@contextmanager
def held(server: PageServer) -> Iterator[None]:
    """Another program writes to the history, and does not stop."""
    other = sqlite3.connect(server.home / "history.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_locked_history_costs_one_notice_and_no_message(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    eventually(lambda: len(kept(server)) == 1)
    with held(server):
        visitor.say("show me the rocket")
        notice = visitor.page.get_by_text("This chat cannot be kept for now")
        notice.wait_for()
        visitor.say("show me the cat")
        visitor.say("show me the coffee")
        assert notice.count() == 1
    visitor.say("show me the moon")
    with History.open(server.home / "history.db") as history:
        said = [one.text for one in history.messages(kept(server)[0].id) if one.author == "user"]
    assert said == [f"show me the {one}" for one in ("temple", "rocket", "cat", "coffee", "moon")]


def test_the_file_is_taken_away(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say("show me the temple")
    eventually(lambda: len(kept(server)) == 1)
    for file in server.home.glob("history.db*"):
        file.unlink()
    visitor.say("show me the rocket")
    visitor.page.get_by_text("This chat is kept from here").wait_for()
    visitor.page.reload()
    back(visitor, 1)
    assert "rocket" in all_said(visitor)[0]


@pytest.mark.parametrize("broken", ["newer", "damaged"])
def test_a_history_that_cannot_be_opened(
    start_page: Callable[..., PageServer], visit: Visit, broken: str
) -> None:
    server = start_page(f"broken-{broken}")
    server.stop()
    path = server.home / "history.db"
    if broken == "newer":
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA user_version = 1000")
        other.close()
    else:
        path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5_000)
    before = path.read_bytes()
    server.start()
    visitor = visit(server).open()
    visitor.page.get_by_text("Chats are not kept").wait_for()
    visitor.say("show me the temple")
    assert visitor.alts()
    assert "Traceback" not in server.log
    server.stop()
    assert path.read_bytes() == before


def test_a_chat_of_five_thousand_messages(server: PageServer, visit: Visit) -> None:
    keep(server, NOBODYS, *(f"message {number}" for number in range(5_000)))
    visitor = visit(server)
    visitor.page.goto(f"{server.address}/thread/{NOBODYS}")
    visitor.page.get_by_text("message 4999", exact=True).wait_for()
    visitor.page.get_by_text("4,900 earlier messages").wait_for()
    assert visitor.page.get_by_text("message 4899", exact=True).count() == 0

    def shown() -> list[str]:
        return [one for one in all_said(visitor) if one.startswith("message")]

    # Pages of the same size: however far back, the browser has as much to do.
    for first in (4_800, 4_700):
        button(visitor, "Show earlier").click()
        visitor.page.get_by_text(f"message {first}", exact=True).wait_for()
        assert shown() == [f"message {number}" for number in range(first, first + 100)]
        assert visitor.page.get_by_text(f"{first:,} earlier messages").count() == 1
        # One reads on where one was: at the end of the page before.
        later = visitor.page.get_by_text(f"{4_900 - first} later messages")
        eventually(lambda later=later: visitor.in_view(later))
    button(visitor, "Show the newest").click()
    visitor.page.get_by_text("message 4999", exact=True).wait_for()
    assert shown()[0] == "message 4900"
    # Who says something on an earlier page is back at the end with it.
    button(visitor, "Show earlier").click()
    visitor.page.get_by_text("message 4800", exact=True).wait_for()
    visitor.send("show me the temple")
    visitor.page.get_by_text("message 4999", exact=True).wait_for()
    visitor.settle()
    assert visitor.alts()
    assert all_said(visitor)[-3] == "show me the temple"
    visitor.say("show me the rocket")
    assert shown()[-1] == "message 4999"
