"""The page before the chat is there: up at once, honest about what it does, replaced in the end."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.page.launch import listen
from bot.page.startup import STATUS_PATH, Load, serve


class Running:
    """A page that is served by a thread, over a socket of its own."""

    def __init__(self, load: Load) -> None:
        self.listener = listen("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = threading.Event()
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._serve, args=(load,), daemon=True)
        self.thread.start()

    def _serve(self, load: Load) -> None:
        try:
            serve(self.listener, load, on_open=self.open.set)
        except Exception as error:
            self.error = error


def application(text: str, entered: threading.Event) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        entered.set()
        yield

    route = Route("/", lambda request: PlainTextResponse(text))
    return Starlette(routes=[route], lifespan=lifespan)


def test_it_answers_before_anything_is_loaded_and_is_the_chat_in_the_end() -> None:
    loading, go_on, entered = threading.Event(), threading.Event(), threading.Event()

    def load(step: Callable[[str], None]) -> Starlette:
        step("Loading <the> encoder")
        loading.set()
        assert go_on.wait(60)
        return application("the chat", entered)

    page = Running(load)
    assert page.open.wait(60)
    assert loading.wait(60)
    answer = httpx.get(page.address)
    assert "Getting ready" in answer.text
    assert "Loading &lt;the&gt; encoder" in answer.text
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert httpx.get(page.address + STATUS_PATH).json() == {"step": "Loading <the> encoder"}
    refused = httpx.get(page.address + "/photos/1/thumb")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    go_on.set()
    assert entered.wait(60), "the chat's own start is run"
    assert httpx.get(page.address).text == "the chat"
    assert httpx.get(page.address + STATUS_PATH).status_code == 404, "so the page reloads itself"


def test_what_cannot_be_loaded_ends_the_page_with_its_own_error() -> None:
    def load(step: Callable[[str], None]) -> Starlette:
        raise ValueError("no such encoder")

    page = Running(load)
    page.thread.join(60)
    assert not page.thread.is_alive()
    assert str(page.error) == "no such encoder"
    with pytest.raises(httpx.ConnectError):
        httpx.get(page.address)
