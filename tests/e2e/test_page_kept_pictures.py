"""A picture that a person showed, when the chat is opened again: there, theirs alone, and gone."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from bot.history import History
from tests.e2e.conftest import PASSWORD, PageServer
from tests.e2e.test_page import SIZES, Visitor, metadata_of, visit
from tests.e2e.test_page_history import back, button, keep, kept
from tests.e2e.test_page_pictures import cropped
from tests.support.scripted_llm import ANSWER, Handler, hangs, says, scripted_llm
from tests.support.waiting import eventually

__all__ = ["visit"]  # the fixture

pytestmark = pytest.mark.timeout(300)

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def picture_server(start_module_page: Callable[..., PageServer]) -> PageServer:
    return start_module_page("kept-pictures")


@pytest.fixture
def server(picture_server: PageServer) -> PageServer:
    """The page, without any chat."""
    with History.open(picture_server.home / "history.db") as history:
        history.delete_all()
    return picture_server


def files(server: PageServer) -> list[Path]:
    return [one for one in (server.home / "history-pictures").rglob("*") if one.is_file()]


def show(visitor: Visitor, text: str = "", *, wait: bool = True) -> None:
    """Send a picture, with words or without."""
    visitor.page.locator("#upload-button-input").set_input_files(
        {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": cropped(visitor.server)}
    )
    eventually(lambda: visitor.page.locator("#chat-submit").is_enabled())
    if text:
        visitor.page.locator("#chat-input").fill(text)
    count = visitor.answers.count()
    visitor.page.locator("#chat-submit").click()
    if wait:
        visitor.answers.nth(count).wait_for()
        visitor.settle()


def addresses(visitor: Visitor, count: int) -> list[str]:
    """Of the pictures in the chat's questions, once they are all seen."""
    images = visitor.page.locator('[data-step-type="user_message"] img, img[src*="/chats/"]')
    eventually(lambda: images.count() == count)
    eventually(lambda: all(images.evaluate_all("all => all.map(one => one.naturalWidth > 0)")))
    found: list[str] = images.evaluate_all("all => all.map(one => one.src)")
    return found


@pytest.mark.parametrize("size", SIZES)
def test_it_is_there_again_after_a_reload_and_a_restart(
    server: PageServer, visit: Visit, size: str
) -> None:
    visitor = visit(server, size=size).open()
    show(visitor)
    show(visitor, "like this, with a cat")
    eventually(lambda: len(kept(server)) == 1)
    visitor.page.reload()
    back(visitor, 2)
    (first, second) = addresses(visitor, 2)
    assert first != second and "/chats/" in first
    assert visitor.page.get_by_text("(a picture)").count() == 0
    content = httpx.get(first).content
    assert metadata_of(content) == ({}, set())
    assert max(Image.open(io.BytesIO(content)).size) <= 1024
    assert not visitor.overflows()
    server.stop()
    server.start()
    other = Visitor(visitor.page.context.new_page(), server).watch()
    other.page.goto(visitor.page.url)
    back(other, 2)
    assert addresses(other, 2) == [first, second]
    assert other.problems == []


def test_it_is_shown_in_another_tab(server: PageServer, visit: Visit) -> None:
    first = visit(server).open()
    first.say("show me the temple")
    first.page.wait_for_url("**/thread/**")
    second = Visitor(first.page.context.new_page(), server).watch()
    second.page.goto(first.page.url)
    back(second, 1)
    show(first, "like this")
    second.answers.nth(1).wait_for()
    addresses(second, 1)


def test_a_file_that_is_gone_is_told_in_words(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    show(visitor, "like this")
    eventually(lambda: len(files(server)) == 1)
    files(server)[0].unlink()
    visitor.page.reload()
    back(visitor, 1)
    visitor.page.get_by_text("(The picture is no longer here.)").wait_for()
    question = visitor.page.locator('[data-step-type="user_message"]')
    assert "like this" in question.inner_text()
    assert addresses(visitor, 0) == []
    assert visitor.problems == []


@pytest.mark.parametrize("way", ["delete", "do not keep"])
def test_it_is_deleted_with_the_chat(server: PageServer, visit: Visit, way: str) -> None:
    visitor = visit(server).open()
    show(visitor, "like this")
    eventually(lambda: len(files(server)) == 1)
    with History.open(server.home / "history.db") as history:
        (chat,) = history.chats()
        name = history.messages(chat.id)[0].picture
    address = f"{server.address}/chats/{chat.id}/{name}"
    assert httpx.get(address).status_code == 200
    if way == "delete":
        visitor.page.locator("#thread-options").click()
        visitor.page.locator("#delete-thread").click()
        visitor.page.get_by_role("button", name="Confirm").click()
    else:
        button(visitor, "Do not keep this chat").click()
        visitor.page.get_by_text("This chat is not kept any more").wait_for()
    eventually(lambda: files(server) == [])
    assert httpx.get(address).status_code == 404
    # Nothing is kept of what comes later.
    if way != "delete":
        show(visitor, "and this")
        assert files(server) == []


def test_it_is_only_for_who_showed_it(start_page: Callable[..., PageServer], visit: Visit) -> None:
    server = start_page("locked-pictures", PHOTOPAL_PASSWORD=PASSWORD)
    name, theirs = f"{'0' * 32}.jpg", "99999999-2222-4333-8444-555555555555"
    with History.open(server.home / "history.db") as history:
        keep(server, theirs, "a secret", "an answer", owner="somebody")
        history.pictures.keep(theirs, name, b"JPEG")
    address = f"/chats/{theirs}/{name}"
    with httpx.Client(base_url=server.address) as client:
        assert client.get(address).status_code == 401
        client.post("/login", data={"username": "me", "password": PASSWORD})
        assert client.get(address).status_code == 404
        for other in (f"/chats/{theirs}/..%2f..%2fhistory.db", f"/chats/../{name}", "/chats/"):
            assert client.get(other).status_code == 404
        foreign = {"sec-fetch-site": "cross-site"}
        assert client.get(address, headers=foreign).status_code == 403


def test_a_picture_whose_answer_was_cut_off_is_answered_later(
    start_page: Callable[..., PageServer], visit: Visit
) -> None:
    words = "Here they are."

    def hangs_then_speaks(handler: Handler, request: dict[str, object]) -> None:
        (says(words) if restarted else hangs(60))(handler, request)

    restarted = False
    with scripted_llm(says(json.dumps(ANSWER)), hangs_then_speaks) as llm:
        server = start_page("killed-picture", OPENAI_BASE_URL=llm.url)
        visitor = visit(server).open()
        show(visitor, wait=False)
        # The file is there before the transaction that names it is done.
        eventually(lambda: len(files(server)) == 1 and len(kept(server)) == 1)
        server.kill()
        # As if the answer had not come: it may have been faster than we are.
        with History.open(server.home / "history.db") as history, history.transaction():
            history._execute("DELETE FROM message WHERE author = 'bot'")
        server.start()
        visitor.page.goto(f"{server.address}/thread/{kept(server)[0].id}")
        visitor.page.get_by_text("I was stopped before I could answer.").wait_for()
        addresses(visitor, 1)
        button(visitor, "Answer now").click()
        visitor.answers.first.wait_for()
        eventually(lambda: visitor.page.get_by_text("I was stopped").count() == 0)
        assert visitor.page.get_by_text("a picture").count() > 0
