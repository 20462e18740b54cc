"""What a person sees: the page over the sample photos and the encoder that ships with Photopal."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import DEMO, PageServer
from tests.e2e.test_page import SIZES, Visitor, metadata_of, visit
from tests.support.waiting import eventually

__all__ = ["visit"]  # a fixture of that file

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def server(start_module_page: Callable[..., PageServer]) -> PageServer:
    return start_module_page("real", *DEMO)


@pytest.mark.parametrize("size", SIZES)
def test_every_opener_finds_what_it_promises(
    server: PageServer, visit: Callable[..., Visitor], size: str
) -> None:
    visitor = visit(server, size=size, dark=size == "phone")
    for number, first in enumerate(("cat", "dogs at the window", "mountain path", "coffee")):
        visitor.open()
        visitor.page.locator("#starters button").nth(number).click()
        visitor.tiles.first.wait_for()
        visitor.settle()
        assert visitor.alts()[0] == first
        visitor.page.locator("#new-chat-button").click()
        confirm = visitor.page.locator("#confirm")
        if confirm.count():
            confirm.click()
        visitor.wait()
    assert not visitor.overflows()
    assert visitor.problems == []


def test_the_demo_finds_what_its_photos_show(
    server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server).open()
    for said, first in (
        ("show me the dog", "dogs at the window"),
        ("a panda", "panda"),
        ("do you have a sunset?", "sunset"),
        ("show me the temple in China", "chinese temple"),
        ("a stream in the forest", "stream in the forest"),
    ):
        visitor.say(said)
        assert visitor.alts()[0] == first, said
    assert visitor.problems == []


@pytest.mark.parametrize("size", SIZES)
def test_a_heart_on_a_tile_makes_a_favourite_that_can_be_asked_for(
    server: PageServer, visit: Callable[..., Visitor], size: str
) -> None:
    visitor = visit(server, size=size).open()
    visitor.say("a panda")
    heart = visitor.tiles.first.get_by_role("button", name="Favourite: panda")
    heart.focus()
    visitor.page.keyboard.press("Enter")
    eventually(lambda: heart.get_attribute("aria-pressed") == "true")
    visitor.say("my favourites")
    assert visitor.alts() == ["panda"]
    visitor.page.reload()
    eventually(lambda: visitor.page.locator(".pp-gallery").count() == 2)
    heart = visitor.tiles.first.get_by_role("button", name="Favourite: panda")
    assert heart.get_attribute("aria-pressed") == "true"
    heart.click()
    eventually(lambda: heart.get_attribute("aria-pressed") == "false")
    assert "favourites yet" in visitor.say("my favourites").inner_text()
    assert visitor.problems == []


@pytest.mark.parametrize("size", SIZES)
def test_several_together_as_one_file_without_hidden_data(
    server: PageServer, visit: Callable[..., Visitor], size: str
) -> None:
    visitor = visit(server, size=size).open()
    visitor.say("show me the mountains")
    visitor.alts()
    page = visitor.page
    page.get_by_role("button", name="Choose several").click()
    for number in (0, 1):
        visitor.tiles.nth(number).locator(".pp-open").click()
    assert page.get_by_role("button", name="Copy", exact=True).is_disabled()
    with page.expect_download() as download:
        page.get_by_role("button", name="As one file (zip)").click()
    assert download.value.suggested_filename == "photos.zip"
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as packed:
        assert len(packed.namelist()) == 2
        for name in packed.namelist():
            assert "/" not in name
            assert metadata_of(packed.read(name)) == ({}, set())
    assert not visitor.overflows()
    assert visitor.problems == []


def test_a_photo_that_goes_while_the_page_is_open(
    server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server).open()
    visitor.say("a stream in the forest")
    assert visitor.alts()[0] == "stream in the forest"
    file = server.home / "samples" / "moose.jpg"
    file.rename(server.home / "moose.jpg")
    try:
        visitor.say("show me the moose")
        if visitor.page.locator(".pp-gallery").count() > 1:
            assert "moose" not in visitor.page.locator(".pp-tile img").all_inner_texts()
        assert visitor.say("show me the panda").inner_text().strip()
        assert visitor.alts()[0] == "panda"
    finally:
        (server.home / "moose.jpg").rename(file)
    assert "Traceback" not in server.log


def test_the_interface_speaks_german(
    server: PageServer, visit: Callable[..., Visitor], browser: object
) -> None:
    context = browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})  # type: ignore[attr-defined]
    try:
        visitor = Visitor(context.new_page(), server).watch().open()
        visitor.say("zeig mir die Berge")
        visitor.alts()
        assert visitor.tiles.first.locator(".pp-share").inner_text() == "Teilen"
        assert visitor.page.get_by_role("button", name="Mehrere auswählen").count()
        visitor.tiles.first.locator(".pp-open").click()
        actions = visitor.page.locator(".pp-actions")
        assert actions.get_by_role("button", name="Herunterladen").count() == 1
    finally:
        context.close()
