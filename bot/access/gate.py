"""The gate in front of what serves other programs: who may ask, from where, and how much at once.

In this order, and before anything of a request's body is read: the host that it names, the website
that it comes from, its token, its size. So a stranger learns nothing but that there is a server.
"""

import asyncio
import logging

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.access.problems import UNEXPECTED, Problem, problem_of
from bot.access.tokens import Token, bearer
from bot.monitoring.observer import ERROR
from bot.page.hosts import AllowedHosts, same_origin

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 16_000_000
"""A chat of many years as its messenger exports it; everything else is far smaller."""

MAX_RUNNING = 64
"""Requests that are answered at once; more would only wait for the same two cores."""

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)

FOREIGN_HOST = Problem(
    403, "foreign-host", "Another host was meant", "this server does not answer to that host name"
)
FOREIGN_SITE = Problem(
    403, "foreign-site", "Not for websites", "requests from websites are refused"
)
NO_TOKEN = Problem(
    401,
    "token-wrong",
    "The token is missing or wrong",
    "send the header 'Authorization: Bearer TOKEN'; the token is in the file api.token of "
    "Photopal's folder, or in PHOTOPAL_API_TOKEN",
)
TOO_LARGE = Problem(
    413, "too-large", "The request is too large", f"at most {MAX_BODY_BYTES:,} bytes are read"
)
TOO_MANY = Problem(
    503, "too-many-requests", "Too much at once", "too many requests are waiting: try again soon"
)


class Gate:
    """Refuses what may not pass, bounds what may, and turns a failure inside into one line.

    Args:
        app: what is behind the gate.
        hosts: names in a ``Host`` header that mean this server.
        token: what a request must show.
        public: paths that need no token; nothing of the library is behind them.
        max_body: bytes of a body at most.
        max_running: requests that are answered at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: AllowedHosts,
        token: Token,
        *,
        public: frozenset[str] = frozenset(),
        max_body: int = MAX_BODY_BYTES,
        max_running: int = MAX_RUNNING,
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.token = token
        self.public = public
        self.max_body = max_body
        self.max_running = max_running
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _with_headers(send))
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            extra = {"WWW_Authenticate": "Bearer"} if refusal is NO_TOKEN else {}
            await refusal.response(**extra)(scope, receive, send)
            return
        if self._running >= self.max_running:
            await TOO_MANY.response(Retry_After="1")(scope, receive, send)
            return
        self._running += 1
        try:
            body = await _whole_body(receive, self.max_body)
            if body is None:
                await TOO_LARGE.response()(scope, receive, send)
            else:
                await self._pass(scope, _replayed(body, receive), send)
        finally:
            self._running -= 1

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            problem = problem_of(error)
            if problem is UNEXPECTED:
                scope[ERROR] = type(error).__name__
                log.debug("a request failed", exc_info=True)
            if not started:
                await problem.response()(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        host = headers.get("host")
        if host is None or not self.hosts.allows(host):
            return FOREIGN_HOST
        origin = headers.get("origin")
        if origin is not None and not same_origin(origin, host):
            return FOREIGN_SITE
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return FOREIGN_SITE
        if scope["path"] in self.public and scope["method"] in ("GET", "HEAD"):
            return None
        if not self.token.matches(bearer(headers.get("authorization"))):
            return NO_TOKEN
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 18 or int(length) > self.max_body:
            return TOO_LARGE
        return None


async def _whole_body(receive: Receive, limit: int) -> bytes | None:
    """The body; None when it is larger than the limit, whatever its headers said of it."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(pieces)
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the body in one piece, then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return wrapped
