"""The page is up at once: "getting ready" while the encoder is loaded, then the chat in its place.

Nothing heavy is imported here, so that the first answer comes in a second or two.
"""

import asyncio
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from html import escape
from importlib.resources import files

import uvicorn
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.lifespan.on import LifespanOn

from bot.page.guard import HEADERS

log = logging.getLogger(__name__)

GRACE_SECONDS = 2
SWITCH_SECONDS = 0.0005
"""How long Python may keep one thread running while others want to. The network gives up its turn
at each of some two hundred steps of an embedding and takes it again; at Python's 5 ms it would wait
longer for its turns than it works."""

STATUS_PATH = "/starting"
EMPTY = "There are no photos yet"

Step = Callable[[str], None]
"""Is told what is being done now, in a few words for a person."""

Load = Callable[[Step], ASGIApp]
"""Loads everything; runs in a thread of its own."""


class Front:
    """Answers "getting ready" until the application is there, and is the application from then on.

    Attributes:
        step: what is being done now, for a person.
    """

    def __init__(self) -> None:
        self.step = "Starting"
        self._app: ASGIApp | None = None
        self._lifespan: LifespanOn | None = None

    async def enter(self, app: ASGIApp) -> None:
        """From now on, ``app`` answers; its own start is run first."""
        self._lifespan = LifespanOn(uvicorn.Config(app, lifespan="on", log_config=None))
        self._app = app
        await self._lifespan.startup()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._wait(scope["path"])(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1013, "reason": "starting"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._lifespan is not None:
            await self._lifespan.shutdown()
        await send({"type": "lifespan.shutdown.complete"})

    def _wait(self, path: str) -> Response:
        headers = {**HEADERS, "Cache-Control": "no-store"}
        if path == STATUS_PATH:
            return JSONResponse({"step": self.step}, headers=headers)
        if path == "/" or path.startswith("/thread/"):
            return HTMLResponse(waiting_page(self.step), headers=headers)
        return Response("Photopal is starting.", 503, headers={**headers, "Retry-After": "2"})


def serve(
    listener: socket.socket,
    load: Load,
    *,
    debug: bool = False,
    on_open: Callable[[], None] | None = None,
    on_step: Step | None = None,
) -> None:
    """Serve on a socket that already listens, until Ctrl-C.

    Args:
        listener: the socket.
        load: makes the application, while visitors see what is being done.
        debug: show what the server warns of.
        on_open: called once the page answers, though it may still be getting ready.
        on_step: told what is being done, besides the page.

    Raises:
        Exception: what ``load`` raised.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    front = Front()
    config = uvicorn.Config(
        front,
        log_level="warning" if debug else "critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    failed: list[BaseException] = []

    def step(text: str) -> None:
        front.step = text
        if on_step is not None:
            on_step(text)

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            try:
                app = load(step)
                asyncio.run_coroutine_threadsafe(front.enter(app), loop).result()
            except BaseException as error:
                failed.append(error)
                server.should_exit = True

        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if on_open is not None:
            on_open()
        # A daemon: Ctrl-C need not wait until an encoder is loaded.
        threading.Thread(target=work, name="loading", daemon=True).start()
        await serving

    with suppress(KeyboardInterrupt):
        asyncio.run(run())
    if failed and not isinstance(failed[0], asyncio.CancelledError):
        raise failed[0]


def waiting_page(step: str) -> str:
    """The page that is shown until the chat is there; it reloads itself then."""
    here = files("bot.page")
    page = here.joinpath("waiting.html").read_text(encoding="utf-8")
    values = {
        "status_path": json.dumps(STATUS_PATH),
        "step": escape(step),
        "logo": here.joinpath("public", "logo.svg").read_text(encoding="utf-8"),
    }
    for name, value in values.items():
        page = page.replace(f"{{{{ {name} }}}}", value)
    return page
