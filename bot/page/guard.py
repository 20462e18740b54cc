"""The gate in front of the page: every request passes it before Chainlit or our routes see it."""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.page.hosts import AllowedHosts, same_origin

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 2_000_000
MAX_UPLOAD_BYTES = 20_000_000
"""Of a picture that is pasted or dropped into the chat."""
_FORM_BYTES = 10_000

HEADERS = {
    # Chainlit's elements are compiled in the browser, hence 'unsafe-eval'. Everything else comes
    # from here, so text that an LLM wrote cannot make the browser call another host.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Door:
    """A path that is served: the methods, the pattern, whether it needs a login, bytes sent."""

    methods: frozenset[str]
    path: re.Pattern[str]
    public: bool
    max_body: int = MAX_BODY_BYTES

    def opens(self, method: str, path: str) -> bool:
        """Whether this door is the one for a request."""
        return method in self.methods and self.path.fullmatch(path) is not None


def _door(
    methods: str, pattern: str, *, public: bool = False, max_body: int = MAX_BODY_BYTES
) -> Door:
    return Door(frozenset(methods.split()), re.compile(pattern), public, max_body)


DOORS = (
    _door("GET HEAD", r"/", public=True),
    _door("GET", r"/(login|login/callback|health|favicon|logo|auth/config)", public=True),
    _door("GET", r"/(assets|public/elements|public|avatars)/[^/]+", public=True),
    _door("GET", r"/project/translations", public=True),
    # The page of a chat: the same document as "/", which then asks for the chat.
    _door("GET HEAD", r"/thread/[0-9a-fA-F-]{36}", public=True),
    _door("POST", r"/(login|logout)", public=True),
    _door("GET", r"/user"),
    _door("GET", r"/healthz", public=True),
    _door("GET", r"/metrics"),
    _door("POST", r"/set-session-cookie"),
    _door("GET", r"/project/settings"),
    _door("POST", r"/project/action"),
    _door("POST", r"/project/threads"),
    _door("PUT DELETE", r"/project/thread"),
    _door("GET", r"/project/file/[^/]+"),
    _door("POST", r"/project/file", max_body=MAX_UPLOAD_BYTES + _FORM_BYTES),
    _door("GET", r"/photos/\d{1,19}/(thumb|view|shared)"),
    _door("GET", r"/photos/together"),
    _door("GET POST", r"/ws/socket\.io/?"),
)
"""All that is served. Chainlit has more routes (chats that are shared, MCP, API docs); the page
uses none of them, so they answer 404."""

LoggedIn = Callable[[HTTPConnection], Awaitable[bool]]


class Guard:
    """Refuses foreign hosts, foreign origins, unknown paths and, with a password, strangers.

    Args:
        app: what is guarded.
        hosts: the names that mean this page.
        logged_in: tells whether a request carries a valid login; None when no password is set.
    """

    def __init__(
        self, app: ASGIApp, hosts: AllowedHosts, logged_in: LoggedIn | None = None
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.logged_in = logged_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        if refusal is None:
            await self._let_in(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            status, reason = refusal
            response = JSONResponse({"detail": reason}, status)
            await response(scope, receive, _with_headers(send))

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def answer(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, receive, _with_headers(answer))
        except Exception as error:
            # A made-up request, such as an action of a session that does not exist, should not
            # fill the terminal with tracebacks.
            log.debug("%s %s failed: %s", scope["type"], scope["path"], error, exc_info=True)
            if not answered and scope["type"] == "http":
                response = JSONResponse({"detail": "Something went wrong."}, 500)
                await response(scope, receive, _with_headers(send))

    async def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and reason to refuse a request with, or None to let it pass."""
        headers = Headers(scope=scope)
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        path = scope["path"]
        host = headers.get("host")
        if host is None or not self.hosts.allows(host):
            return 403, "This page does not answer to that host name."
        origin = headers.get("origin")
        if origin is not None and not same_origin(origin, host):
            return 403, "Requests from other websites are refused."
        if _is_foreign_fetch(headers, method, path):
            return 403, "Requests from other websites are refused."
        door = next((door for door in DOORS if door.opens(method, path)), None)
        if door is None:
            return 404, "Not found"
        if not _body_is_bounded(headers, door.max_body):
            return 413, "The request is too large."
        if self.logged_in is not None and not door.public:
            connection = HTTPConnection(scope)
            if not await self.logged_in(connection):
                return 401, "Log in first."
        return None


def _is_foreign_fetch(headers: Headers, method: str, path: str) -> bool:
    """Whether the browser says that another site asks for more than the start page."""
    site = headers.get("sec-fetch-site", "none")
    if site in ("none", "same-origin"):
        return False
    return method not in ("GET", "HEAD") or path.startswith(("/photos/", "/project/", "/ws/"))


def _body_is_bounded(headers: Headers, most: int) -> bool:
    if "transfer-encoding" in headers:
        return False
    length = headers.get("content-length", "0")
    return length.isdecimal() and int(length) <= most


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return wrapped
