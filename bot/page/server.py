"""The web server: our photo routes, then Chainlit, behind the guard.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace

import chainlit as cl
from chainlit.auth import create_jwt
from chainlit.context import init_ws_context
from chainlit.message import Message
from chainlit.server import app as chainlit_app
from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.socket import connection_successful
from chainlit.step import Step
from chainlit.user import User
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.monitoring import Metrics, Observer
from bot.monitoring.routes import monitoring_routes
from bot.page.eyes_routes import eyes_routes
from bot.page.guard import DOORS, HEADER_DOORS, OAUTH_DOORS, Guard
from bot.page.history import OWNER
from bot.page.hosts import AllowedHosts
from bot.page.kept_pictures import picture_routes
from bot.page.learned import learned_routes
from bot.page.login.logins import Logins
from bot.page.login.oauth import use_oauth
from bot.page.login.password import AccountGate, Gate, PasswordGate
from bot.page.login.proxies import Proxies
from bot.page.login.routes import login_routes
from bot.page.people import People
from bot.page.personal import PersonalPages
from bot.page.photos import photo_routes
from bot.page.uploads import upload_routes
from retrieval.paths import home


def make_app(people: People, ready: Callable[[], None] | None = None) -> ASGIApp:
    """The whole page as one application.

    Chainlit is mounted, not started: its own start and stop would open browsers, connect other
    channels, and end the process with a status of its own.

    Raises:
        SettingsInvalid: what is said of proxies and login providers does not fit together.
        AccountError: the logins that have ended cannot be read.
    """
    do_not_sleep_on_the_loop()
    # Chainlit asks for the profiles once too often, notices, and lets the question lie.
    warnings.filterwarnings("ignore", "coroutine '.*profiles' was never awaited", RuntimeWarning)
    pages = PersonalPages(people)
    pages.register()
    # Chainlit's own handler would add "Task manually stopped."; ours says it in the answer.
    sio.on("stop", stop_answering)
    sio.on("connection_successful", partial(connected, pages))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if ready is not None:
            asyncio.get_running_loop().call_soon(ready)
        yield

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    metrics = Metrics(pages.photos)
    app.add_middleware(Observer, metrics=metrics)
    app.include_router(monitoring_routes(metrics))
    app.include_router(photo_routes(pages))
    app.include_router(picture_routes(people.history, pages.library_of))
    app.include_router(upload_routes())
    app.include_router(learned_routes(pages))
    app.include_router(eyes_routes(pages))
    settings = people.settings
    hosts = AllowedHosts.of(settings.host, settings.public_url)
    if not people.asks_for_login:
        # Chainlit keeps chats of users only.
        cl.header_auth_callback(the_owner)
        app.mount("/", chainlit_app)
        return Guard(AsOwner(app), hosts)
    proxies = Proxies.of(settings.trusted_proxies, settings.login_header)
    logins = Logins(home() / "page", people.accounts, proxies)
    doors = [*DOORS]
    cl.password_auth_callback(nobody)
    if people.accounts is not None and settings.login_header:
        cl.header_auth_callback(nobody)
        doors += HEADER_DOORS
    if people.accounts is not None and settings.oauth:
        use_oauth(settings.oauth, logins)
        doors += OAUTH_DOORS
    app.include_router(login_routes(logins, gate_of(people), proxies))
    app.mount("/", chainlit_app)
    encrypted = (settings.public_url or "").startswith("https:")
    return Guard(app, hosts, logins.token, doors=doors, encrypted=encrypted)


def gate_of(people: People) -> Gate:
    """Who is let in by a name and a password. Accounts come before the page's one password."""
    if people.accounts is not None:
        # Made now, so that the first unknown name costs no more than the others.
        _ = people.accounts.passwords.nobodys
        return AccountGate(people.accounts)
    assert people.settings.password is not None
    return PasswordGate(people.settings.password, OWNER)


async def the_owner(headers: Mapping[str, str]) -> cl.User:
    """Who chats where no login is asked for."""
    return cl.User(identifier=OWNER)


async def nobody(*given: object) -> None:
    """Makes Chainlit's page ask for a login; our own routes, before Chainlit's, answer it."""


class AsOwner:
    """Logs every request in as the owner, for a page that asks for no login.

    Chainlit keeps the chats of users only. A login form or a cookie would add nothing: whoever
    passes the guard of such a page sits at this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            cookies = [value for name, value in scope["headers"] if name == b"cookie"]
            others = [item for item in scope["headers"] if item[0] != b"cookie"]
            # Chainlit takes the last one of a name.
            cookies.append(b"access_token=" + create_jwt(User(identifier=OWNER)).encode("ascii"))
            scope = {**scope, "headers": [*others, (b"cookie", b"; ".join(cookies))]}
        await self.app(scope, receive, send)


async def connected(pages: PersonalPages, socket_id: str) -> None:
    """A browser is connected, maybe for the second time.

    On a slow machine Chainlit's page connects twice while it loads. What the start of the chat
    sent to the first connection, the settings, is lost then, and Chainlit does not send it again.
    """
    session = WebsocketSession.get(socket_id)
    again = session is not None and session.restored and session.chat_started
    await connection_successful(socket_id)
    if again and session is not None and not session.has_first_interaction:
        init_ws_context(session)
        await pages.start_again()


def do_not_sleep_on_the_loop() -> None:
    """Take a pause out of Chainlit that stops all chats for each message that is made.

    Its messages and steps sleep a millisecond when they are made, so that no two have the same
    time of creation; a busy machine makes three of it. Those times count microseconds, so that
    the sleep is of no use.
    """
    for kind in (Message, Step):
        vars(sys.modules[kind.__module__])["time"] = SimpleNamespace(sleep=lambda seconds: None)


async def stop_answering(socket_id: str) -> None:
    """A visitor pressed the stop button: end the answer in progress."""
    session = WebsocketSession.get(socket_id)
    if session is not None and session.current_task is not None:
        session.current_task.cancel()
