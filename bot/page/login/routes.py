"""The routes by which a person logs in and out; they stand in front of Chainlit's own.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Annotated

from chainlit.auth import clear_auth_cookie, create_jwt, set_auth_cookie
from chainlit.server import sio
from chainlit.session import WebsocketSession, ws_sessions_id
from chainlit.user_session import user_sessions
from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from bot.errors import AccountError, AccountUnknown, TooManyGuesses
from bot.page.login.logins import Logins, carried_token
from bot.page.login.password import Gate
from bot.page.login.proxies import Proxies

log = logging.getLogger(__name__)

WRONG = "That is not right. Check what you typed."
NOT_NAMED = "The proxy in front of this page does not say who you are."
NO_ACCOUNT = "There is no account of that name here. Ask whoever runs this page."
UNREADABLE = "Nobody can log in right now. Whoever runs this page sees why in its terminal."


def login_routes(logins: Logins, gate: Gate, proxies: Proxies) -> APIRouter:
    """The routes; include them before Chainlit is mounted.

    Args:
        logins: begins and ends them.
        gate: tells whom a name and a password let in.
        proxies: those whose word is taken.
    """
    router = APIRouter()

    @router.post("/login")
    async def log_in(
        request: Request, password: Annotated[str, Form()], username: Annotated[str, Form()] = ""
    ) -> JSONResponse:
        try:
            person = await gate.person(username, password, proxies.address(request))
        except TooManyGuesses as error:
            headers = {"Retry-After": str(error.seconds)}
            raise HTTPException(429, f"{error}.".capitalize(), headers) from error
        except AccountError as error:
            log.error("%s", error)
            raise HTTPException(503, UNREADABLE) from error
        if person is None:
            raise HTTPException(401, WRONG)
        return _welcome(request, person)

    @router.post("/auth/header")
    async def by_header(request: Request) -> JSONResponse:
        person = proxies.person(request)
        if person is None:
            raise HTTPException(401, NOT_NAMED)
        return _welcome(request, person)

    def _welcome(request: Request, person: str) -> JSONResponse:
        try:
            user = logins.begin(person)
        except AccountUnknown as error:
            raise HTTPException(401, NO_ACCOUNT) from error
        response = JSONResponse({"success": True})
        set_auth_cookie(request, response, create_jwt(user))
        return response

    @router.post("/logout")
    async def log_out(request: Request) -> JSONResponse:
        token = carried_token(request)
        try:
            await asyncio.to_thread(logins.end, token)
        except AccountError as error:
            log.error("%s", error)
            raise HTTPException(503, UNREADABLE) from error
        if token:
            await end_sessions(token)
        response = JSONResponse({"success": True})
        clear_auth_cookie(request, response)
        return response

    return router


async def end_sessions(token: str) -> None:
    """End what is open by a login: its connections, and the pictures that were sent over them."""
    for session in [one for one in ws_sessions_id.values() if _token_of(one) == token]:
        session.to_clear = True
        with suppress(Exception):
            await sio.disconnect(session.socket_id)
        if session.id in ws_sessions_id:
            user_sessions.pop(session.id, None)
            await session.delete()


def _token_of(session: WebsocketSession) -> str | None:
    """The token of a session's newest connection; it may have come back by another login."""
    cookie = str((session.environ or {}).get("HTTP_COOKIE", ""))
    headers = Headers({"cookie": cookie})
    return carried_token(HTTPConnection({"type": "http", "headers": headers.raw}))
