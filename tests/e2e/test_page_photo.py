"""A photo in the page: looked at closely, shared, copied, turned down, marked, hidden, chosen."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from retrieval.library import Library
from tests.e2e.conftest import PageServer
from tests.e2e.test_page import CAT, SIZES, Visitor, metadata_of, visit
from tests.support.page_server import add_photo
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["visit"]  # a fixture of that file

pytestmark = pytest.mark.timeout(300)

SHEET = """
navigator.canShare = (what) => what.files.length > 0;
navigator.share = async (what) => {
  const read = (file) => new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(file);
  });
  window.handedOn = await Promise.all(what.files.map(read));
  window.names = what.files.map((file) => file.name);
  if (window.turnDown) throw new DOMException("no", "AbortError");
};
"""


class Viewer:
    """The viewer over a visitor's newest gallery."""

    def __init__(self, visitor: Visitor, tile: int = 0) -> None:
        self.page: Page = visitor.page
        visitor.tiles.nth(tile).locator(".pp-open").click()
        self.image.wait_for()
        eventually(lambda: bool(self.image.evaluate("image => image.naturalWidth > 0")))
        self.page.locator(".pswp[data-open]").wait_for()

    @property
    def image(self) -> "Locator":
        return self.page.locator(
            ".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)"
        ).last

    @property
    def caption(self) -> str:
        return self.page.locator(".pp-caption").inner_text()

    @property
    def name(self) -> str:
        return self.page.locator(".pswp").get_attribute("aria-label") or ""

    def button(self, name: str) -> "Locator":
        return self.page.locator(".pp-actions").get_by_role("button", name=name, exact=True)

    def width(self) -> float:
        box = self.image.bounding_box()
        return box["width"] if box else 0.0

    def closed(self) -> None:
        self.page.locator(".pswp").wait_for(state="detached")


# -- the viewer -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_viewer_fills_the_window_and_every_way_out_comes_back(
    open_server: PageServer, visit: Callable[..., Visitor], size: str, dark: bool
) -> None:
    visitor = visit(open_server, size=size, dark=dark).open()
    visitor.say("show me space")
    visitor.alts()
    for way in ("Escape", "back", "close"):
        viewer = Viewer(visitor, 1)
        assert viewer.width() > 0.95 * SIZES[size][0] or size == "desktop"
        box = viewer.image.bounding_box()
        assert box and (box["height"] > 0.85 * SIZES[size][1] or size == "phone")
        if way == "Escape":
            visitor.page.keyboard.press("Escape")
        elif way == "back":
            visitor.page.go_back()
        else:
            visitor.page.get_by_role("button", name="Close (Esc)").click()
        viewer.closed()
        assert visitor.page.url.startswith(open_server.address), "still here"
        focused = "document.activeElement.closest('.pp-tile')?.dataset.photo"
        opened = visitor.tiles.nth(1).get_attribute("data-photo")
        eventually(lambda: visitor.page.evaluate(focused) == opened)  # noqa: B023
    assert not visitor.overflows()
    assert visitor.problems == []


def test_keys_move_on_tab_stays_inside_and_the_caption_is_no_file_name(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server).open()
    visitor.say("show me space")
    viewer = Viewer(visitor)
    assert viewer.caption == "17 September 2012"
    assert viewer.name == "Photo viewer: galaxies, taken 17 September 2012"
    visitor.page.keyboard.press("ArrowRight")
    eventually(lambda: "astronaut" in viewer.name)
    visitor.page.keyboard.press("ArrowLeft")
    eventually(lambda: "galaxies" in viewer.name)
    for _ in range(14):
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate("!!document.activeElement.closest('.pswp')")
    for button in visitor.page.locator(".pp-actions button").all():
        box = button.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44


def test_the_wheel_zooms(open_server: PageServer, visit: Callable[..., Visitor]) -> None:
    visitor = visit(open_server).open()
    visitor.say(CAT)
    viewer = Viewer(visitor)
    before = viewer.width()
    visitor.page.mouse.move(600, 400)
    visitor.page.mouse.wheel(0, -600)
    eventually(lambda: viewer.width() > 1.3 * before)


def test_a_finger_swipes_and_two_fingers_pinch(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server, size="phone").open()
    visitor.say("show me space")
    viewer = Viewer(visitor)
    touch = visitor.page.context.new_cdp_session(visitor.page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    fingers("Start", (320, 360))
    for x in range(300, 60, -40):
        fingers("Move", (x, 360))
    fingers("End")
    eventually(lambda: "astronaut" in viewer.name)
    visitor.page.wait_for_timeout(600)
    before = viewer.width()
    fingers("Start", (180, 360), (210, 360))
    for step in range(1, 9):
        fingers("Move", (180 - 12 * step, 360), (210 + 12 * step, 360))
    fingers("End")
    eventually(lambda: viewer.width() > 1.5 * before)


def test_neighbours_are_loaded_ahead(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server).open()
    visitor.say("show me space")
    asked: set[str] = set()
    visitor.page.on("request", lambda request: asked.add(request.url))
    Viewer(visitor)
    eventually(lambda: sum("/view?" in url for url in asked) >= 3)


def test_a_photo_that_is_gone_is_a_clear_card_without_share(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server).open()
    visitor.page.route("**/photos/*/view*", lambda route: route.fulfill(status=404))
    visitor.say("show me space")
    visitor.tiles.first.locator(".pp-open").click()
    visitor.page.get_by_text("This photo cannot be shown").first.wait_for()
    eventually(lambda: visitor.page.locator(".pp-actions [data-do=share]").is_disabled())
    visitor.page.keyboard.press("Escape")
    visitor.page.route("**/photos/*/thumb*", lambda route: route.fulfill(status=404))
    visitor.say(CAT)
    tile = visitor.tiles.first
    tile.get_by_text("This photo is gone from the disk.").wait_for()
    assert tile.get_by_role("button").count() == 0


# -- sharing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_answers_stay_in_view_after_sharing_and_sharing_again_adds_nothing(
    open_server: PageServer, visit: Callable[..., Visitor], size: str
) -> None:
    visitor = visit(open_server, size=size).open()
    visitor.say("show me space")
    visitor.alts()
    first = visitor.tiles.first
    first.get_by_role("button", name=re.compile("^Share:")).click()
    card = visitor.page.locator(".pp-shared")
    card.wait_for()
    eventually(lambda: visitor.in_view(card))
    for text in ("show me the cat", "show me the temple", "thank you so much"):
        answer = visitor.say(text)
        eventually(lambda: visitor.in_view(answer))  # noqa: B023
    assert str(open_server.home) not in visitor.page.inner_text("body"), "no path of the server"
    visitor.page.locator(".pp-gallery").first.locator(".pp-share").first.click()
    visitor.page.get_by_text("You shared this one before").wait_for()
    assert card.count() == 1
    assert visitor.in_view(card)
    assert visitor.problems == []


def test_who_reads_further_up_is_left_alone(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server).open()
    for text in ("show me space", "show me the cat", "show me space again"):
        visitor.say(text)
    visitor.alts()
    first = visitor.page.locator(".pp-gallery").first
    visitor.page.mouse.move(640, 300)
    visitor.page.mouse.wheel(0, -5000)
    eventually(lambda: visitor.in_view(first.locator(".pp-chip").first))
    first.locator(".pp-chip").first.click()
    visitor.page.locator(".pp-similar .pp-tile").first.wait_for()
    visitor.page.wait_for_timeout(500)
    box = first.bounding_box()
    assert box and box["y"] + box["height"] > 0, "not moved away"


def test_the_copy_button_copies_the_picture(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server).open()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = visitor.say(CAT)
    visitor.alts()
    kinds = "navigator.clipboard.read().then(items => items.flatMap(item => item.types))"
    answer.locator("button:has(.lucide-copy)").last.click()
    visitor.page.get_by_text("The picture is on the clipboard").wait_for()
    assert visitor.page.evaluate(kinds) == ["image/png"]
    visitor.page.evaluate("navigator.clipboard.writeText('words')")
    Viewer(visitor).button("Copy").click()
    eventually(lambda: visitor.page.evaluate(kinds) == ["image/png"])


def test_a_phone_hands_copies_to_its_own_sheet(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(open_server, size="phone")
    visitor.page.add_init_script(SHEET)
    visitor.open()
    visitor.say("we watched the launch from the cape, show me the rocket")
    visitor.alts()
    share = visitor.tiles.first.locator(".pp-share")
    visitor.page.evaluate("window.turnDown = true")
    share.click()
    eventually(lambda: visitor.page.evaluate("!!window.names"))
    eventually(lambda: share.get_attribute("data-state") == "ready")
    assert visitor.page.locator(".pp-shared").count() == 0, "turned down in the sheet"
    visitor.page.evaluate("window.turnDown = false")
    share.click()
    visitor.page.locator(".pp-shared").wait_for()
    (picture,) = visitor.page.evaluate("window.handedOn")
    assert metadata_of(base64.b64decode(picture)) == ({}, set())


def test_several_are_shared_at_once(open_server: PageServer, visit: Callable[..., Visitor]) -> None:
    visitor = visit(open_server).open()
    visitor.say("show me space")
    visitor.alts()
    visitor.page.get_by_role("button", name="Choose several").click()
    for number in (0, 2):
        visitor.tiles.nth(number).locator(".pp-open").click()
    with visitor.page.expect_download():
        visitor.page.get_by_role("button", name="Download", exact=True).click()
    visitor.page.get_by_role("button", name="Share 2").click()
    visitor.page.locator(".pp-shared").nth(1).wait_for()
    assert visitor.page.locator(".pp-shared").count() == 2


# -- what a person thinks of it ---------------------------------------------------------------


def test_not_this_more_like_this_favourite_and_hide(
    start_page: Callable[..., PageServer], visit: Callable[..., Visitor]
) -> None:
    server = start_page("marks")
    visitor = visit(server).open()
    visitor.say("show me space")
    refused = visitor.alts()[0]
    before = visitor.answers.count()
    Viewer(visitor).button("Not this").click()
    visitor.answers.nth(before).wait_for()
    visitor.settle()
    eventually(lambda: refused not in visitor.alts())
    liked = visitor.tiles.first.get_attribute("data-photo")
    before = visitor.answers.count()
    Viewer(visitor).button("More like this").click()
    visitor.answers.nth(before).wait_for()
    visitor.settle()
    visitor.tiles.first.wait_for()
    assert liked not in [tile.get_attribute("data-photo") for tile in visitor.tiles.all()]

    visitor.say("show me the temple")
    viewer = Viewer(visitor)
    viewer.button("Favourite").click()
    eventually(lambda: viewer.button("Favourite").get_attribute("aria-pressed") == "true")
    visitor.page.keyboard.press("Escape")
    viewer.closed()
    visitor.tiles.first.get_by_label("Favourite").wait_for()

    Viewer(visitor).button("Hide").click()
    visitor.page.get_by_text("it will not be suggested again").wait_for()
    eventually(lambda: visitor.tiles.count() == 0)
    visitor.say("show me the temple")
    assert visitor.page.get_by_alt_text("chinese temple").count() == 0
    visitor.page.get_by_role("button", name="Undo").click()
    eventually(lambda: visitor.page.get_by_alt_text("chinese temple").count() > 0)
    visitor.open()
    visitor.say("show me the temple")
    assert visitor.alts()[0] == "chinese temple"
    visitor.tiles.first.get_by_label("Favourite").wait_for()
    assert visitor.problems == []


def test_tiles_tell_the_day_and_go_by_date(
    open_server: PageServer, visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    visitor = visit(open_server).open()
    visitor.say("show me space")
    visitor.alts()
    assert visitor.tiles.first.locator(".pp-day").inner_text() == "17 Sep 2012"


@pytest.mark.parametrize("size", SIZES)
def test_the_best_or_the_newest_come_first(
    start_page: Callable[..., PageServer], visit: Callable[..., Visitor], size: str
) -> None:
    server = start_page(f"dated-{size}")
    with Library.open(server.home / "samples.db") as library:
        for what, year in (
            ("rocket-astronaut", 2019),
            ("moon-astronaut", 2023),
            ("moon-rocket", 2021),
        ):
            exif = Image.Exif()
            exif.get_ifd(0x8769)[0x9003] = f"{year}:05:06 10:00:00"
            file = server.home / "samples" / f"{what}-{year}.jpg"
            Image.effect_noise((400, 300), year % 100).convert("RGB").save(file, exif=exif)
            add_photo(library, file)
    visitor = visit(server, size=size, dark=size == "phone").open()
    visitor.say("show me space")
    best = visitor.alts()

    def days() -> list[str]:
        return visitor.page.locator(".pp-day").all_inner_texts()[:3]

    visitor.page.get_by_role("button", name="Best first").click()
    eventually(lambda: days() == ["6 May 2023", "6 May 2021", "6 May 2019"])
    assert "2023" in visitor.alts()[0], "those without a date stand at the end"
    visitor.page.get_by_role("button", name="Newest first").click()
    eventually(lambda: visitor.alts() == best)
    visitor.page.get_by_role("button", name="Best first").click()
    eventually(lambda: "2023" in visitor.alts()[0])
    assert "2023" in visitor.say("share the first").inner_text()
    assert not visitor.overflows()
    assert visitor.problems == []


# -- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_settings_hold_at_once_and_for_the_next_visit(
    start_page: Callable[..., PageServer], visit: Callable[..., Visitor], size: str
) -> None:
    server = start_page(f"settings-{size}")
    visitor = visit(server, size=size).open()
    visitor.page.locator("#chat-settings-header-button").click()
    slider = visitor.page.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    slider.press("ArrowRight")
    visitor.page.keyboard.press("Escape")
    slider.wait_for(state="detached")
    visitor.say("show me space")
    assert len(visitor.alts()) == 2, "no button had to be pressed"
    visitor.open()
    visitor.page.locator("#chat-settings-header-button").click()
    assert slider.get_attribute("aria-valuenow") == "2"
    visitor.page.keyboard.press("Escape")
    visitor.say("show me space")
    assert len(visitor.alts()) == 2, "kept"
    # Chainlit's own panel lacks a title on phones.
    assert [one for one in visitor.problems if "DialogTitle" not in one] == []
