"""The profile "Replay" of the chat page, in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import PageServer
from tests.e2e.test_page import Visitor, loaded, visit
from tests.support.waiting import eventually

__all__ = ["visit"]  # a fixture of that file

pytestmark = pytest.mark.timeout(300)


def entry(identifier: int, said: str, photo: str, **more: Any) -> dict[str, Any]:
    turns = [
        ("what's *new*?", 1, False),
        (said, 0, False),
        ("<b>show me</b>", 1, False),
        ("", 0, True),
        ("wow", 1, False),
        ("bye", 0, False),
    ]
    return {
        "dialogue_id": identifier,
        "dialogue": [
            {"message": text, "user_id": user, "share_photo": share} for text, user, share in turns
        ],
        "photo_id": photo,
        **more,
    }


@pytest.fixture(scope="module")
def replay_server(
    start_module_page: Callable[..., PageServer], tmp_path_factory: pytest.TempPathFactory
) -> PageServer:
    """A page that may replay three files."""
    folder = tmp_path_factory.mktemp("dialogues")
    write(
        folder / "a.json",
        entry(1, "my cat is being dramatic", "cat"),
        entry(2, "we watched the rocket launch", "flower"),
        entry(3, "nothing of the sort", "cat"),
    )
    write(
        folder / "b.json",
        *(
            entry(n, f"a {word}", "gone", photo_description=f"Objects in the photo: {word}")
            | {"photo_id": f"gone-{n}"}
            for n, word in enumerate(["moon", "temple", "coffee"])
        ),
    )
    (folder / "broken.json").write_text("[{")
    return start_module_page("replay", PHOTOPAL_REPLAY_DIR=str(folder))


def write(path: Path, *entries: dict[str, Any]) -> None:
    path.write_text(json.dumps(entries))


class Watcher:
    """A visitor in the profile Replay."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        visitor.open()
        self.page.get_by_role("combobox").filter(has_text="Photopal").click()
        self.page.get_by_role("option", name="Replay").click()
        self.page.wait_for_selector(".pp-pick li")

    def open(self, text: str) -> None:
        self.page.locator(".pp-pick").last.get_by_role("button").filter(has_text=text).click()
        self.page.get_by_role("button", name="Next turn").wait_for()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> bool:
        """Whether a turn with this text was shown; the list of dialogues does not count."""
        listed = self.page.locator(".pp-pick").get_by_text(text, exact=True).count()
        return self.page.get_by_text(text, exact=True).count() > listed

    @property
    def outcome(self) -> Any:
        return self.page.locator(".pp-outcome").last


@pytest.fixture
def watch(replay_server: PageServer, visit: Callable[..., Visitor]) -> Callable[..., Watcher]:
    return lambda **options: Watcher(visit(replay_server, **options))


def test_without_files_there_is_no_such_profile(
    open_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    page = visit(open_server).open().page
    assert page.get_by_role("combobox").count() == 0


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_dialogue_is_stepped_through_to_a_hit(watch: Callable[..., Watcher], size: str) -> None:
    watcher = watch(size=size, dark=size == "phone")
    assert watcher.page.locator(".pp-pick li").count() == 3
    watcher.open("my cat")
    assert watcher.sees("what's *new*?"), "words of others are no markup"
    assert not watcher.sees("my cat is being dramatic")
    watcher.press("Next turn")
    eventually(lambda: watcher.sees("my cat is being dramatic"))
    watcher.press("Next turn")
    eventually(lambda: watcher.sees("<b>show me</b>"))
    watcher.press("Next turn")
    watcher.outcome.wait_for()
    assert watcher.outcome.get_attribute("data-kind") == "hit"
    assert "Hit: the shared photo came as number 1 of" in watcher.outcome.inner_text()
    assert "Hit, number 1" in watcher.outcome.locator(".pp-real").inner_text()
    first = watcher.outcome.locator(".pp-one").first
    assert first.get_attribute("data-shared") == "true"
    for image in (first.locator("img"), watcher.outcome.locator(".pp-real img")):
        assert image.get_attribute("alt") == "cat"
        image.scroll_into_view_if_needed()
        eventually(lambda image=image: loaded(image))  # type: ignore[misc]
    assert not watcher.sees("wow")
    assert not watcher.visitor.overflows()
    assert not watcher.visitor.problems


def test_straight_to_the_photo_is_a_miss(watch: Callable[..., Watcher]) -> None:
    watcher = watch()
    watcher.page.get_by_role("searchbox").fill("launch")
    eventually(lambda: watcher.page.locator(".pp-pick li").count() == 1)
    watcher.open("launch")
    watcher.press("To the photo")
    watcher.outcome.wait_for()
    assert watcher.outcome.get_attribute("data-kind") == "miss"
    real = watcher.outcome.locator(".pp-real")
    assert real.locator("img").get_attribute("alt") == "flower"
    assert "Miss, number" in real.inner_text()
    assert not watcher.sees("wow")
    real.get_by_role("button").click()
    watcher.page.locator(".pswp__img").first.wait_for()
    watcher.page.keyboard.press("Escape")
    watcher.page.locator(".pswp").wait_for(state="detached")
    assert not watcher.visitor.problems


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_whole_dialogue_is_searched_and_the_verdict_stays_in_view(
    watch: Callable[..., Watcher], size: str
) -> None:
    watcher = watch(size=size)
    watcher.page.get_by_role("searchbox").fill("bye")
    # Said at the end of each.
    eventually(lambda: watcher.page.locator(".pp-pick li").count() == 3)
    assert "bye" in watcher.page.locator(".pp-pick-text").first.inner_text()
    watcher.page.get_by_role("searchbox").fill("rocket launch")
    watcher.open("rocket launch")
    watcher.press("To the photo")
    watcher.outcome.wait_for()
    for turn in ("wow", "bye"):
        watcher.press("Next turn")
        eventually(lambda turn=turn: watcher.sees(turn))  # type: ignore[misc]
        last = watcher.visitor.answers.last
        last.get_by_text("Miss: the shared photo came as number").wait_for()
        eventually(lambda: watcher.visitor.in_view(watcher.visitor.answers.last))
    button = watcher.page.get_by_role("button", name="Another dialogue", exact=True)
    assert watcher.visitor.in_view(button), "above the input"
    assert not watcher.visitor.problems


def test_it_plays_pauses_and_begins_again(watch: Callable[..., Watcher]) -> None:
    watcher = watch()
    watcher.open("my cat")
    watcher.press("Play")
    watcher.press("Pause")
    watcher.page.get_by_role("button", name="Play", exact=True).wait_for()
    shown = watcher.page.locator("[data-step-type]").count()
    watcher.page.wait_for_timeout(2500)
    assert watcher.page.locator("[data-step-type]").count() == shown, "paused"
    watcher.press("Play")
    eventually(lambda: watcher.sees("bye"), 30)
    watcher.page.get_by_role("button", name="Again", exact=True).wait_for()
    assert watcher.page.locator(".pp-outcome").count() == 1
    watcher.press("Again")
    watcher.page.get_by_role("button", name="Next turn", exact=True).wait_for()
    assert not watcher.visitor.problems


def test_labels_stand_in_for_photos_and_broken_files_are_told(
    watch: Callable[..., Watcher],
) -> None:
    watcher = watch()
    files = watcher.page.get_by_label("File")
    files.select_option("broken.json")
    alert = watcher.page.locator(".pp-pick [role=alert]")
    alert.wait_for()
    assert alert.inner_text().startswith("broken.json is not valid JSON")
    files.select_option("b.json")
    watcher.page.locator(".pp-pick li").first.wait_for()
    watcher.open("temple")
    watcher.press("To the photo")
    watcher.outcome.wait_for()
    text = watcher.outcome.inner_text()
    assert "the shared photo's labels came as number 1 of 3 label texts" in text
    assert "The photo is not here." in text
    assert "its labels are ranked among label texts" in text
    assert watcher.outcome.locator("img").count() == 0


def test_typing_opens_an_id_or_gets_a_hint(watch: Callable[..., Watcher]) -> None:
    watcher = watch()
    assert "This is a replay" in watcher.visitor.say("hello").inner_text()
    watcher.open("my cat")
    watcher.visitor.say("3")
    eventually(lambda: "Dialogue 3" in watcher.page.inner_text("body"))


def test_the_chat_goes_on_beside_it(
    replay_server: PageServer, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(replay_server).open()
    visitor.say("my cat is being dramatic again, you should see his face")
    assert visitor.alts()[0] == "cat"
