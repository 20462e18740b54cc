"""The page for people who listen to it, steer it by keyboard or thumb, or want no motion."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.page.words import Words
from tests.e2e.conftest import PageServer
from tests.e2e.test_page import CAT, SIZES, Visitor
from tests.e2e.test_page_replay import entry, write
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Visitor]

TOO_SMALL = """(least) => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const near = (one, x, y) => {
    const hit = document.elementFromPoint(x, y);
    return hit === one || one.contains(hit) || hit?.contains(one);
  };
  const names = [];
  for (const one of document.querySelectorAll(
    "button, a[href], input, select, [role=button], [role=slider], [role=switch]"
  )) {
    const box = one.getBoundingClientRect();
    if (!seen(one) || !box.width || box.bottom < 0 || box.top > innerHeight) continue;
    if (one.disabled || one.closest("p, [aria-hidden=true], [inert]")) continue;
    const x = box.left + box.width / 2, y = box.top + box.height / 2, reach = least / 2 - 1;
    // What lies below something else, as below an open dialog, is no target now.
    if (!near(one, x, y)) continue;
    const wide = box.width >= least - 1 || (near(one, x - reach, y) && near(one, x + reach, y));
    const high = box.height >= least - 1 || (near(one, x, y - reach) && near(one, x, y + reach));
    if (!wide || !high) {
      const size = `${Math.round(box.width)} x ${Math.round(box.height)}`;
      names.push(`${one.getAttribute("aria-label") || one.textContent.trim() || one.id}: ${size}`);
    }
  }
  return names;
}"""
"""What can be pressed, is seen, and is smaller than ``least`` pixels, with what belongs to it."""

FOCUSED = """() => {
  const one = document.activeElement;
  const drawn = (element) => {
    const look = getComputedStyle(element);
    return look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
  };
  let shown = one;
  while (shown && !drawn(shown)) shown = shown.parentElement;
  return [one.getAttribute("aria-label") || one.textContent.trim() || one.id, Boolean(shown)];
}"""
"""The name of what has the keyboard, and whether a line around it or its box shows that."""


@pytest.fixture
def visit(browser: "Browser") -> Any:
    """Opens windows: ``visit(server, size="phone", dark=True, language="de-DE")``."""
    contexts: list[BrowserContext] = []

    def open_window(
        server: PageServer, *, size: str = "desktop", dark: bool = False, **more: Any
    ) -> Visitor:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            is_mobile=size == "phone",
            has_touch=size == "phone",
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        return Visitor(context.new_page(), server).watch()

    yield open_window
    for context in contexts:
        context.close()


def findings(page: "Page") -> list[str]:
    """What axe finds: critical, serious and moderate."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.wait_for_timeout(300)  # the repairs come with the next frame
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("critical", "serious", "moderate")
        for node in one["nodes"]
    ]


def open_settings(page: "Page") -> None:
    page.locator("#chat-settings-header-button").click()
    page.locator("[role=slider]").wait_for()


# -- axe --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "dark"), [("desktop", False), ("phone", True)])
def test_axe_finds_nothing_in_the_chat(
    open_server: PageServer, visit: Open, size: str, dark: bool
) -> None:
    visitor = visit(open_server, size=size, dark=dark).open()
    page = visitor.page
    assert findings(page) == [], "welcome"
    visitor.say(CAT)
    visitor.alts()
    assert findings(page) == [], "conversation"
    page.locator(".pp-share").first.click()
    page.locator(".pp-shared img").wait_for()
    assert findings(page) == [], "shared"
    page.locator("#readme-button").click()
    page.get_by_role("dialog").wait_for()
    assert findings(page) == [], "about"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    open_settings(page)
    assert findings(page) == [], "settings"


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_the_viewer(open_server: PageServer, visit: Open, size: str) -> None:
    visitor = visit(open_server, size=size).open()
    visitor.say(CAT)
    visitor.tiles.first.locator(".pp-open").click()
    visitor.page.get_by_role("dialog").wait_for()
    assert findings(visitor.page) == []


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_at_the_login(locked_server: PageServer, visit: Open, size: str) -> None:
    visitor = visit(locked_server, size=size)
    page = visitor.page
    page.goto(locked_server.address)
    page.locator("#password").wait_for()
    assert findings(page) == []
    eye = page.locator("form button[type=button]")
    before = eye.get_attribute("aria-label")
    eye.click()
    eventually(lambda: eye.get_attribute("aria-label") != before)


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_the_replay(
    start_page: Callable[..., PageServer], visit: Open, tmp_path: Path, size: str
) -> None:
    write(tmp_path / "a.json", entry(1, "my cat is being dramatic", "cat"))
    page = visit(start_page("replayed", PHOTOPAL_REPLAY_DIR=str(tmp_path)), size=size).open().page
    page.locator("#chat-profiles").click()
    page.get_by_role("option", name="Replay").click()
    page.locator(".pp-pick li button").first.click()
    page.locator('[data-step-type="assistant_message"]').nth(1).wait_for()
    assert findings(page) == []
    assert page.evaluate(TOO_SMALL, 44) == [] or size == "desktop"


# -- what is said, and where the keyboard is ------------------------------------------------------


def test_an_answer_is_read_out_with_its_photos(open_server: PageServer, visit: Open) -> None:
    visitor = visit(open_server).open()
    spoken = visitor.page.locator("#pp-announcer")
    assert spoken.get_attribute("aria-live") == "polite"
    assert spoken.inner_text() == ""
    answer = visitor.say(CAT)
    spoken.locator("p").first.wait_for(state="attached")
    words = answer.locator("[role=article]").first.inner_text()
    assert spoken.locator("p").first.text_content() == f"{words} 1 photo: {visitor.alts()[0]}"
    visitor.say("thanks")
    spoken.locator("p").nth(1).wait_for(state="attached")
    assert spoken.locator("p").count() == 2


def test_everything_is_reached_by_keyboard_and_shows_where_it_is(
    open_server: PageServer, visit: Open
) -> None:
    visitor = visit(open_server).open()
    page = visitor.page
    box = page.locator("#chat-input")
    box.focus()
    assert page.evaluate(FOCUSED) == ["Your message", True]
    page.keyboard.type(CAT)
    page.keyboard.press("Enter")
    visitor.tiles.first.wait_for()
    visitor.settle()
    reached: list[str] = []
    rounds = 0
    while rounds < 2 and len(reached) < 300:
        page.keyboard.press("Tab")
        name, shown = page.evaluate(FOCUSED)
        if page.evaluate("document.activeElement === document.body"):
            rounds += 1  # past the last one; the first one is next
            continue
        reached.append(name)
        assert name and shown, f"{name or 'something'} has the keyboard and does not show it"
    told = " | ".join(reached)
    for name in ("New chat", "About", "Settings", "Look closer: cat", "Share: cat", "Your message"):
        assert name in told, told


@pytest.mark.parametrize("place", ["chat", "settings", "login"])
def test_on_a_phone_everything_is_large_enough_for_a_thumb(
    open_server: PageServer, locked_server: PageServer, visit: Open, place: str
) -> None:
    if place == "login":
        page = visit(locked_server, size="phone").page
        page.goto(locked_server.address)
        page.locator("#password").wait_for()
    else:
        visitor = visit(open_server, size="phone").open()
        page = visitor.page
        assert page.evaluate(TOO_SMALL, 44) == []
        visitor.say(CAT)
        visitor.alts()
    if place == "settings":
        open_settings(page)
        page.wait_for_timeout(300)
    assert page.evaluate(TOO_SMALL, 44) == []


def test_nothing_glides_where_no_motion_is_wanted(open_server: PageServer, visit: Open) -> None:
    page = visit(open_server).open().page
    moved = page.evaluate(
        """() => {
          const box = document.createElement("div");
          box.style.cssText = "height: 100px; overflow: auto";
          box.innerHTML = '<div style="height: 5000px"></div><p id="last">last</p>';
          document.body.append(box);
          box.querySelector("#last").scrollIntoView({ behavior: "smooth" });
          const first = box.scrollTop;
          box.scrollTo({ top: 100, behavior: "smooth" });
          const second = box.scrollTop;
          box.remove();
          return [first > 4000, second];
        }"""
    )
    assert moved == [True, 100]
    slow = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) =>
             parseFloat(getComputedStyle(one).transitionDuration) > 0.01).length"""
    )
    assert slow == 0


def test_repairs_survive_a_new_chat(open_server: PageServer, visit: Open) -> None:
    """React draws everything anew; names and headings come back, each once."""
    visitor = visit(open_server).open()
    page = visitor.page
    visitor.say(CAT)
    page.locator("#pp-heading").wait_for(state="attached")
    page.locator("#new-chat-button").click()
    visitor.wait()
    eventually(lambda: page.locator("h1").count() == 1)
    assert page.get_by_role("button", name="Send").count() == 1
    visitor.say("thanks")
    eventually(lambda: page.locator("h1").all_inner_texts() == ["Photopal"])
    assert page.get_by_role("main").count() == 1
    assert visitor.problems == []


@pytest.mark.parametrize("tag", ["de-DE", "zh-CN"])
def test_the_interface_speaks_the_browsers_language(
    open_server: PageServer, visit: Open, tag: str
) -> None:
    words = Words.of(tag)
    page = visit(open_server, locale=tag).open().page
    assert page.locator("html").get_attribute("lang") == words.language
    assert page.locator("#welcome-screen h1").inner_text() == words.say("welcome.title")
    placeholder = page.locator("#chat-input").get_attribute("placeholder")
    assert placeholder == words.texts["chat.input.placeholder"]
    open_settings(page)
    assert page.get_by_role("slider", name=words.say("settings.photos.label")).count() == 1
    assert page.get_by_role("switch", name=words.say("settings.hints.label")).count() == 1
    assert findings(page) == []
