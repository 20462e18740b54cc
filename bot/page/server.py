"""The web server: our photo routes, then Chainlit, behind the guard.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
import socket
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import uvicorn
from chainlit.auth import authenticate_user, reuseable_oauth
from chainlit.server import app as chainlit_app
from chainlit.server import sio
from chainlit.session import WebsocketSession
from fastapi import FastAPI, HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp

from bot.page.chat import ChatPage
from bot.page.guard import Guard
from bot.page.hosts import AllowedHosts
from bot.page.photos import photo_routes
from bot.page.services import PageServices

log = logging.getLogger(__name__)

GRACE_SECONDS = 2


def make_app(services: PageServices, ready: Callable[[], None] | None = None) -> ASGIApp:
    """The whole page as one application.

    Chainlit is mounted, not started: its own start and stop would open browsers, connect other
    channels, and end the process with a status of its own.
    """
    ChatPage(services).register()
    # Chainlit's own handler would add "Task manually stopped."; ours says it in the answer.
    sio.on("stop", stop_answering)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if ready is not None:
            asyncio.get_running_loop().call_soon(ready)
        yield

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(photo_routes(services))
    app.mount("/", chainlit_app)
    settings = services.settings
    return Guard(
        app,
        AllowedHosts.of(settings.host),
        logged_in if settings.password is not None else None,
    )


async def stop_answering(socket_id: str) -> None:
    """A visitor pressed the stop button: end the answer in progress."""
    session = WebsocketSession.get(socket_id)
    if session is not None and session.current_task is not None:
        session.current_task.cancel()


async def logged_in(connection: HTTPConnection) -> bool:
    """Whether a request carries a login that Chainlit accepts."""
    scope = {**connection.scope, "type": "http"}
    try:
        token = await reuseable_oauth(Request(scope))
        await authenticate_user(token or "")
    except HTTPException:
        return False
    return True


def serve(
    services: PageServices, listener: socket.socket, ready: Callable[[], None] | None = None
) -> None:
    """Serve on a socket that already listens, until Ctrl-C."""
    # Chainlit asks for the profiles once too often, notices, and lets the question lie.
    warnings.filterwarnings("ignore", "coroutine '.*profiles' was never awaited", RuntimeWarning)
    config = uvicorn.Config(
        make_app(services, ready),
        log_level="warning" if log.isEnabledFor(logging.DEBUG) else "critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
