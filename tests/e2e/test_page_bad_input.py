"""Names, captions and messages full of markup; a library that changes while the page is open."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from retrieval.library import Library
from tests.e2e.conftest import PageServer
from tests.e2e.test_page import CAT, Visitor, loaded, visit
from tests.e2e.test_page_photo import Viewer
from tests.support.page_server import add_photo
from tests.support.waiting import eventually

__all__ = ["visit"]  # a fixture of that file

pytestmark = pytest.mark.timeout(300)

MARKUP = "<img src=x onerror=alert(1)>"
MARKDOWN = "**bold** [link](javascript:alert(1)) ![x](https://example.org/x.png)"
NAME = "<b> coffee <b> [x](javascript:alert(1)) __y__.jpg"


@pytest.fixture(scope="module")
def server(start_module_page: Callable[..., PageServer]) -> PageServer:
    return start_module_page("bad-input")


def library(server: PageServer) -> Library:
    return Library.open(server.home / "samples.db")


def put(server: PageServer, path: Path) -> None:
    with library(server) as books:
        add_photo(books, path)


def nothing_ran(visitor: Visitor) -> None:
    """No script of the text ran, no element came of it, no other host was asked."""
    assert visitor.problems == []
    assert visitor.page.locator("img[src='x'], a[href^='javascript']").count() == 0


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_markup_in_messages_names_and_cameras_is_text(
    server: PageServer, visit: Callable[..., Visitor], size: str
) -> None:
    path = server.home / "samples" / NAME.replace("/", "")
    if not path.exists():
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "Box", MARKUP
        exif[0x010E] = f"{MARKUP} {MARKDOWN}"
        with Image.open(server.home / "samples" / "coffee.png") as coffee:
            coffee.convert("RGB").save(path, exif=exif)
        put(server, path)
    visitor = visit(server, size=size)
    dialogs: list[str] = []
    visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visitor.open()
    visitor.say(f"show me the coffee {MARKUP} {MARKDOWN}")
    said = visitor.page.locator('[data-step-type="user_message"]').last.inner_text()
    assert "onerror=alert(1)" in said
    alts = visitor.alts()
    ours = next(number for number, alt in enumerate(alts) if alt.startswith("<b>"))
    viewer = Viewer(visitor, ours)
    assert MARKUP in viewer.caption
    assert "<b> coffee" in viewer.name
    visitor.page.keyboard.press("Escape")
    viewer.closed()
    visitor.tiles.nth(ours).locator(".pp-share").click()
    visitor.page.locator(".pp-shared").wait_for()
    visitor.say("which file is it?")
    visitor.page.reload()
    eventually(lambda: visitor.page.locator(".pp-shared").count() == 1)
    nothing_ran(visitor)
    assert dialogs == []
    assert not visitor.overflows()


def test_the_library_is_emptied_and_filled_again_while_the_page_is_open(
    server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server).open()
    visitor.say(CAT)
    assert "cat" in visitor.alts()
    with library(server) as books:
        present = books.photos_with("present")
        books.remove_photos([photo.id for photo in present])
    assert visitor.say("show me the rocket").inner_text().strip()
    assert visitor.page.locator(".pp-gallery").count() == 1
    visitor.tiles.first.locator(".pp-share").click()
    visitor.page.get_by_text("That photo could not be shared").wait_for()
    assert visitor.say("how many photos do I have?").inner_text().strip()
    visitor.page.reload()
    visitor.page.get_by_text("no longer in your library").first.wait_for()
    for photo in present:
        put(server, photo.path)
    visitor.say("show me the rocket")
    assert visitor.alts()[0] == "rocket"
    visitor.say("thanks")
    assert "Traceback" not in server.log


def test_a_file_that_goes_while_its_answer_is_shown_is_a_plain_line(
    server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(server).open()
    file = server.home / "samples" / "flower.jpg"
    visitor.say("show me the flower")
    assert visitor.alts()[0] == "flower"
    # A thumbnail that cannot be made any more would be a card without Share.
    eventually(lambda: loaded(visitor.tiles.first.locator("img")))
    file.rename(server.home / "flower.jpg")
    try:
        visitor.tiles.first.locator(".pp-share").click()
        visitor.page.get_by_text("That photo could not be shared").wait_for()
        visitor.say("show me the temple")
        assert visitor.alts()[0] == "chinese temple"
    finally:
        (server.home / "flower.jpg").rename(file)
    assert "Traceback" not in server.log
