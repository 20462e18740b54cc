"""The gate in front of the page: every request passes it before Chainlit or our routes see it."""

import logging
import re
from collections.abc import Callable, Sequence
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
    _door("GET", r"/chats/[0-9a-fA-F-]{36}/[0-9a-f]{32}\.jpg"),
    _door("GET", r"/photos/together"),
    _door("GET", r"/learned"),
    _door("POST", r"/learned/forget", max_body=_FORM_BYTES),
    _door("GET", r"/eyes"),
    _door("POST", r"/eyes/(?:start|dismiss)", max_body=_FORM_BYTES),
    _door("GET POST", r"/ws/socket\.io/?"),
)
"""All that is served. Chainlit has more routes (chats that are shared, MCP, API docs); the page
uses none of them, so they answer 404."""

OWN = ("/photos/", "/chats/", "/project/", "/ws/")
"""What no other site may ask a browser for."""

HEADER_DOORS = (_door("POST", r"/auth/header", public=True),)
"""Where a trusted proxy says who is there."""

OAUTH_DOORS = (_door("GET", r"/auth/oauth/[A-Za-z0-9_-]{1,64}(/callback)?", public=True),)
"""Where a login provider is asked, and where it sends the person back to."""

TOKEN_COOKIE = "access_token"

ValidToken = Callable[[HTTPConnection], str | None]
"""The valid login token that a request or a websocket carries; None where it carries none."""


class Guard:
    """Refuses foreign hosts, foreign origins, unknown paths and, with a login, strangers.

    A websocket is open for hours, so its login is looked at again with everything that goes
    through it, either way: when the login has ended, so does the connection.

    Args:
        app: what is guarded.
        hosts: the names that mean this page.
        token: finds a valid login; None when the page asks for none.
        doors: all that is served.
        encrypted: whether browsers reach the page by HTTPS, through a proxy.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: AllowedHosts,
        token: ValidToken | None = None,
        *,
        doors: Sequence[Door] = DOORS,
        encrypted: bool = False,
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.token = token
        self.doors = doors
        self.encrypted = encrypted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            if self.token is not None:
                scope, receive, send = self._logged_in(self.token, scope, receive, send)
            await self._let_in(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            status, reason = refusal
            response = JSONResponse({"detail": reason}, status)
            await response(scope, receive, self._with_headers(send))

    def _logged_in(
        self, find: ValidToken, scope: Scope, receive: Receive, send: Send
    ) -> tuple[Scope, Receive, Send]:
        """The same request with the token that was checked, and no other, in its cookies."""
        connection = HTTPConnection(scope)
        token = find(connection)
        if token is None:
            return scope, receive, send
        kept = {
            name: value
            for name, value in connection.cookies.items()
            if not name.startswith(TOKEN_COOKIE)
        }
        cookies = "; ".join(
            f"{name}={value}" for name, value in {**kept, TOKEN_COOKIE: token}.items()
        )
        others = [one for one in scope["headers"] if one[0] not in (b"cookie", b"authorization")]
        headers = [*others, (b"cookie", cookies.encode("latin-1", "replace"))]
        if scope["type"] == "websocket":
            watched = _Watched(lambda: find(connection) is not None, receive, send)
            receive, send = watched.receive, watched.send
        return {**scope, "headers": headers}, receive, send

    def _as_browsers_see_it(self, scope: Scope) -> Scope:
        """With the scheme that addresses of this page have, which a proxy may have changed."""
        if not self.encrypted:
            return scope
        return {**scope, "scheme": "wss" if scope["type"] == "websocket" else "https"}

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def answer(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(self._as_browsers_see_it(scope), receive, self._with_headers(answer))
        except Exception as error:
            # A made-up request, such as an action of a session that does not exist, should not
            # fill the terminal with tracebacks.
            log.debug("%s %s failed: %s", scope["type"], scope["path"], error, exc_info=True)
            if not answered and scope["type"] == "http":
                response = JSONResponse({"detail": "Something went wrong."}, 500)
                await response(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
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
        door = next((door for door in self.doors if door.opens(method, path)), None)
        if door is None:
            return 404, "Not found"
        if not _body_is_bounded(headers, door.max_body):
            return 413, "The request is too large."
        if self.token is not None and not door.public and self.token(HTTPConnection(scope)) is None:
            return 401, "Log in first."
        return None

    def _with_headers(self, send: Send) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self.encrypted:
                    message["headers"] = [_secured(one) for one in message["headers"]]
            await send(message)

        return wrapped


class _Watched:
    """Both ends of a websocket, cut as soon as the login has ended."""

    def __init__(self, valid: Callable[[], bool], receive: Receive, send: Send) -> None:
        self._valid = valid
        self._receive = receive
        self._send = send
        self._cut = False

    async def receive(self) -> Message:
        """What the browser sends; that it has left where the login has ended."""
        message = await self._receive()
        if message["type"] == "websocket.receive" and not self._valid():
            await self._end()
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    async def send(self, message: Message) -> None:
        """Send to the browser; nothing more where the login has ended."""
        if self._cut:
            return
        if message["type"] == "websocket.send" and not self._valid():
            await self._end()
            return
        await self._send(message)

    async def _end(self) -> None:
        if not self._cut:
            self._cut = True
            await self._send({"type": "websocket.close", "code": 1008, "reason": "Log in first."})


def _secured(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A header that sets a cookie says that it is for HTTPS only."""
    name, value = header
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return header
    return name, value + b"; Secure"


def _is_foreign_fetch(headers: Headers, method: str, path: str) -> bool:
    """Whether the browser says that another site asks for more than the start page."""
    site = headers.get("sec-fetch-site", "none")
    if site in ("none", "same-origin"):
        return False
    return method not in ("GET", "HEAD") or path.startswith(OWN)


def _body_is_bounded(headers: Headers, most: int) -> bool:
    if "transfer-encoding" in headers:
        return False
    length = headers.get("content-length", "0")
    return length.isdecimal() and int(length) <= most
