"""The card that offers better eyes: who sees it, who may start it, and what it asks of the hub."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from chainlit.auth import get_current_user
from fastapi import FastAPI
from fastapi.testclient import TestClient

import bot.page.eyes_routes as routes
from bot.page.better_eyes import Dismissed, eyes_line
from bot.page.eyes_routes import eyes_routes
from bot.page.words import LANGUAGES, Words
from bot.settings import Settings
from retrieval.indexing import index_folders
from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

SIGLIP2 = "google/siglip2-base-patch32-256"


class Page:
    """The routes over a library of the starter's, for a visitor of this machine."""

    def __init__(self, library: Library, **settings: Any) -> None:
        self.library = library
        self.services = cast(Any, SimpleNamespace(library=library, samples=False))
        self.people = SimpleNamespace(
            settings=Settings.load(**settings), accounts=None, asks_for_login=False
        )
        app = FastAPI()
        app.include_router(eyes_routes(cast(Any, self)))
        app.dependency_overrides[get_current_user] = lambda: SimpleNamespace(identifier="owner")
        self.browser = TestClient(app, follow_redirects=False)

    async def of(self, person: str) -> Any:
        return SimpleNamespace(services=self.services)

    def line(self, language: str = "en", person: str = "owner") -> str:
        return eyes_line(self.services, person, Words.of(language))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """What was started, and nothing is."""
    calls: list[tuple[str, Path]] = []
    monkeypatch.setattr(routes, "start_in_background", lambda *call: calls.append(call))
    return calls


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    paint(tmp_path / "photos" / "red.png", "red")
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, ColourEncoder("starter"), [tmp_path / "photos"])
        yield Page(library)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_tells_size_and_time_in_every_language(page: Page, language: str) -> None:
    line = page.line(language)
    assert SIGLIP2 in line and "1.5 GB" in line and line.endswith("](/eyes)")
    shown = page.browser.get("/eyes", headers={"accept-language": language}).text
    assert f'<html lang="{language}">' in shown and "photopal encoder use siglip2-b32" in shown


def test_the_owner_starts_it_by_a_button(page: Page, started: list[tuple[str, Path]]) -> None:
    assert 'action="/eyes/start"' in page.browser.get("/eyes").text
    assert page.browser.post("/eyes/start").status_code == 303
    assert started == [("siglip2-b32", page.library.path)]


@pytest.mark.parametrize(
    "change",
    [
        {"host": "0.0.0.0", "password": "a long password"},
        {"public_url": "https://photos.example"},
    ],
)
def test_nobody_else_may_start_it(
    page: Page, started: list[tuple[str, Path]], change: dict[str, str]
) -> None:
    other = Page(page.library, **change)
    assert "/eyes/start" not in other.browser.get("/eyes").text
    assert other.browser.post("/eyes/start").status_code == 403
    page.people.asks_for_login = True
    assert page.browser.post("/eyes/start").status_code == 403
    assert not started


def test_whoever_dismissed_it_sees_it_no_more(page: Page) -> None:
    assert page.browser.post("/eyes/dismiss").headers["location"] == "/"
    assert page.line() == "" and page.line(person="somebody else")
    assert Dismissed().by("owner")
    Dismissed().path.write_text("[broken")
    assert page.line()


@pytest.mark.parametrize("why", ["offline", "samples", "another encoder", "out of reach"])
def test_it_is_offered_only_where_it_makes_sense(
    page: Page, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "offline":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    elif why == "samples":
        page.services.samples = True
    elif why == "another encoder":
        page.library.set_encoder("mine", "f00d", 3)
    else:
        from bot.encoders import note_unreachable

        note_unreachable()
    assert page.line() == ""


def test_it_tells_how_far_a_run_is_and_why_one_failed(page: Page, tmp_path: Path) -> None:
    log = tmp_path / "home" / "encoder-use.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("downloading model.safetensors (1.5 GB)\n")
    assert "is being downloaded" in page.browser.get("/eyes").text
    log.write_text("photopal: cannot reach <the hub>\n")
    assert "photopal: cannot reach &lt;the hub&gt;" in page.browser.get("/eyes").text
    page.library.begin_set(SIGLIP2, "f00d", 4)
    assert "0 of 1 photos seen" in page.line()
    assert "0 of 1 photos seen" in page.browser.get("/eyes").text
