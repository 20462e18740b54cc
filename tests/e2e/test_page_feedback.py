"""Thumbs, "not this" and what is learned from them, in the real page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest

from bot.history import History, KeptFeedback
from retrieval.library import Library
from retrieval.photos.metadata import read_metadata
from tests.e2e.conftest import PASSWORD, PageServer
from tests.e2e.test_page import SIZES, Visitor
from tests.e2e.test_page_access import TOO_SMALL, findings, open_settings, visit
from tests.support.page_server import WordEncoder
from tests.support.pictures import paint
from tests.support.waiting import eventually

__all__ = ["visit"]  # the fixture

pytestmark = pytest.mark.timeout(300)

SPACE = "show me space"
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def feedback_server(start_module_page: Callable[..., PageServer]) -> PageServer:
    """A page whose chats are those of these tests alone."""
    return start_module_page("feedback")


@pytest.fixture
def server(feedback_server: PageServer) -> PageServer:
    """The page, without any chat."""
    with History.open(feedback_server.home / "history.db") as history:
        history.delete_all()
    return feedback_server


def learned(server: PageServer) -> list[KeptFeedback]:
    with History.open(server.home / "history.db") as history:
        return history.feedback()


def kinds(server: PageServer) -> list[str]:
    return [one.kind for one in learned(server)]


def thumb(visitor: Visitor, kind: str, tile: int = 0) -> Any:
    return visitor.tiles.nth(tile).locator(f"[data-thumb={kind}]")


def test_a_thumb_is_kept_shown_after_a_reload_and_taken_back(
    server: PageServer, visit: Visit
) -> None:
    visitor = visit(server).open()
    visitor.say(SPACE)
    visitor.alts()
    first = visitor.tiles.first
    first.locator(".pp-open").focus()
    for _ in range(6):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.dataset.thumb") == "up":
            break
    visitor.page.keyboard.press("Enter")
    eventually(lambda: kinds(server) == ["up"])
    visitor.page.locator("#pp-notes").get_by_text("more like it").wait_for()
    said = learned(server)[0]
    assert said.query == "space" and said.owner == "owner"
    assert str(said.photo_id) == first.get_attribute("data-photo")

    visitor.page.wait_for_url("**/thread/*")
    visitor.page.reload()
    visitor.tiles.first.wait_for()
    assert thumb(visitor, "up").get_attribute("aria-pressed") == "true"
    thumb(visitor, "up").click()
    eventually(lambda: kinds(server) == [])
    assert thumb(visitor, "up").get_attribute("aria-pressed") == "false"
    assert visitor.problems == []


def test_share_favourite_and_not_this_are_learned_from(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say(SPACE)
    before = visitor.alts()
    visitor.tiles.nth(1).locator(".pp-share").click()
    eventually(lambda: kinds(server) == ["share"])
    visitor.tiles.first.locator(".pp-open").click()
    visitor.page.locator(".pswp[data-open]").wait_for()
    visitor.page.locator(".pp-actions [data-do=favourite]").click()
    eventually(lambda: sorted(kinds(server)) == ["favourite", "share"])
    visitor.page.locator(".pp-actions [data-do=favourite]").click()
    eventually(lambda: kinds(server) == ["share"])
    visitor.page.locator(".pp-actions [data-do=not]").click()
    eventually(lambda: sorted(kinds(server)) == ["not_this", "share"])
    eventually(lambda: visitor.page.locator(".pp-gallery").count() == 2)
    assert before[0] not in visitor.alts()


def test_the_page_of_what_was_learned_shows_and_deletes_it(
    server: PageServer, visit: Visit
) -> None:
    visitor = visit(server, locale="de-DE").open()
    visitor.say(SPACE)
    visitor.alts()
    for tile, kind in enumerate(("up", "down")):
        visitor.tiles.nth(tile).hover()
        thumb(visitor, kind, tile).click()
    eventually(lambda: sorted(kinds(server)) == ["down", "up"])
    chat = visitor.page.url
    visitor.page.get_by_role("link", name="Was ich gelernt habe").click()
    visitor.page.get_by_role("heading", name="Was ich gelernt habe").wait_for()
    assert visitor.page.locator("li img").count() == 2
    eventually(
        lambda: visitor.page.locator("li img").first.evaluate("image => image.naturalWidth > 0")
    )
    assert findings(visitor.page) == []
    visitor.page.get_by_role("button", name="Vergessen: Gutes Foto").click()
    eventually(lambda: kinds(server) == ["down"])
    visitor.page.get_by_text("Alles vergessen …").click()
    visitor.page.get_by_role("button", name="Alles vergessen", exact=True).click()
    visitor.page.get_by_text("Noch nichts.").wait_for()
    assert kinds(server) == []
    assert findings(visitor.page) == []
    visitor.page.goto(chat)
    visitor.tiles.first.wait_for()
    assert thumb(visitor, "up").get_attribute("aria-pressed") == "false"
    assert visitor.problems == []


def test_a_chat_that_is_not_kept_teaches_nothing(server: PageServer, visit: Visit) -> None:
    visitor = visit(server).open()
    visitor.say(SPACE)
    visitor.alts()
    visitor.tiles.first.hover()
    thumb(visitor, "up").click()
    eventually(lambda: kinds(server) == ["up"])
    visitor.page.get_by_role("button", name="Do not keep this chat").first.click()
    eventually(lambda: kinds(server) == [])
    visitor.tiles.nth(1).hover()
    thumb(visitor, "up", 1).click()
    eventually(lambda: thumb(visitor, "up", 1).get_attribute("aria-pressed") == "true")
    assert kinds(server) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_on_a_phone_all_of_it_can_be_pressed(server: PageServer, visit: Visit, dark: bool) -> None:
    visitor = visit(server, size="phone", dark=dark).open()
    visitor.say(SPACE)
    visitor.alts()
    thumb(visitor, "up").tap()
    eventually(lambda: kinds(server) == ["up"])
    assert visitor.page.evaluate(TOO_SMALL, 44) == []
    assert findings(visitor.page) == []
    visitor.page.goto(f"{server.address}/learned")
    visitor.page.get_by_role("button", name="Forget: Good one").wait_for()
    assert visitor.page.evaluate(TOO_SMALL, 44) == []
    assert findings(visitor.page) == []
    assert not visitor.overflows()


def test_strangers_learn_nothing(start_page: Callable[..., PageServer], server: PageServer) -> None:
    locked = start_page("feedback-locked", PHOTOPAL_PASSWORD=PASSWORD)
    assert httpx.get(f"{locked.address}/learned").status_code == 401
    assert httpx.post(f"{locked.address}/learned/forget", data={"all": "true"}).status_code == 401
    from_elsewhere = {"Origin": "https://example.com"}
    posted = httpx.post(
        f"{server.address}/learned/forget", data={"all": "true"}, headers=from_elsewhere
    )
    assert posted.status_code == 403


# -- a question -------------------------------------------------------------------------------


PLACES = ((38.72, -9.14), (35.01, 135.77), (41.9, 12.5))


@pytest.fixture(scope="module")
def asking_server(start_module_page: Callable[..., PageServer]) -> PageServer:
    """A page over a library that also has 45 photos of temples in three countries."""
    server = start_module_page("asking")
    encoder = WordEncoder()
    temple = encoder.encode_texts(["temple"])[0]
    other = np.random.default_rng(0).normal(size=(45, encoder.dim)) * (temple == 0)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    with Library.open(server.home / "samples.db") as library:
        for number in range(45):
            file = paint(server.home / "samples" / f"gate {number}.png", "orange", seed=number)
            status = file.stat()
            latitude, longitude = PLACES[number % 3]
            metadata = replace(read_metadata(file), latitude=latitude, longitude=longitude)
            library.put_photo(
                file,
                photo_id=None,
                content_hash=f"{number:032x}",
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
                metadata=metadata,
                vector=(0.87 * temple + 0.493 * other[number]).astype(np.float32),
            )
    return server


def answers(visitor: Visitor) -> Any:
    """The buttons of the answers to a question."""
    return visitor.page.locator(".pp-answers:not([hidden]) button")


@pytest.mark.parametrize("size", SIZES)
def test_a_question_stands_beside_the_photos_and_an_answer_narrows_them(
    asking_server: PageServer, visit: Visit, size: str
) -> None:
    visitor = visit(asking_server, size=size).open()
    said = visitor.say("show me the temple")
    assert visitor.alts(), "photos are there whether or not the question is answered"
    eventually(lambda: answers(visitor).count() == 3)
    assert "place" in said.inner_text()
    assert sorted(answers(visitor).all_inner_texts()) == ["Italy", "Japan", "Portugal"]
    assert visitor.in_view(answers(visitor).last)
    assert findings(visitor.page) == []
    if size == "phone":
        assert visitor.page.evaluate(TOO_SMALL, 44) == []
    visitor.page.wait_for_url("**/thread/*")
    visitor.page.reload()
    visitor.tiles.first.wait_for()
    eventually(lambda: answers(visitor).count() == 3)
    before = visitor.page.locator(".pp-gallery").count()
    answers(visitor).filter(has_text="Japan").click()
    eventually(lambda: visitor.page.locator(".pp-gallery").count() == before + 1)
    eventually(lambda: all("Japan" in alt for alt in visitor.alts()))
    eventually(lambda: answers(visitor).count() == 0)
    assert visitor.problems == []


def test_a_question_may_be_passed_over_and_switched_off(
    asking_server: PageServer, visit: Visit
) -> None:
    visitor = visit(asking_server).open()
    visitor.say("show me the temple")
    eventually(lambda: answers(visitor).count() == 3)
    visitor.say("show me the rocket")
    visitor.tiles.first.wait_for()
    eventually(lambda: answers(visitor).count() == 0)
    open_settings(visitor.page)
    visitor.page.get_by_role("switch", name="Ask back when unsure").click()
    visitor.page.keyboard.press("Escape")
    for asked in ("show me the temple", "show me the temple again"):
        visitor.say(asked)
        visitor.tiles.first.wait_for()
        assert answers(visitor).count() == 0
