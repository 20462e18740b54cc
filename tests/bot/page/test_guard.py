"""The gate in front of the page, without Chainlit behind it."""

from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.page.guard import MAX_BODY_BYTES, Guard
from bot.page.hosts import AllowedHosts


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/user":
        raise RuntimeError("a bug behind the guard")
    await PlainTextResponse("inside")(scope, receive, send)


async def ask(
    method: str, path: str, login: bool | None = None, host: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    def token(_: HTTPConnection) -> str | None:
        return "token" if login else None

    guard = Guard(behind, AllowedHosts.of(host), None if login is None else token)
    transport = httpx.ASGITransport(app=guard, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        named: dict[str, Any] = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.request(method, path, headers=named)


async def test_a_plain_visitor_gets_in_and_headers_are_set() -> None:
    answer = await ask("GET", "/")
    assert answer.text == "inside"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/user", "/photos/1/thumb", "/project/settings"])
async def test_a_password_closes_what_is_private(path: str) -> None:
    assert (await ask("GET", path, login=False)).status_code == 401
    assert (await ask("GET", path, login=True)).status_code != 401


@pytest.mark.parametrize("path", ["/", "/login", "/assets/x.js", "/public/elements/X.jsx"])
async def test_the_login_page_needs_no_login(path: str) -> None:
    assert (await ask("GET", path, login=False)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/anything"),
        ("POST", "/"),
        ("GET", "/assets/../x"),
        ("GET", "/photos/x/thumb"),
        ("DELETE", "/photos/1/thumb"),
        ("GET", "/photos/1/thumb/more"),
        ("GET", "/public/elements/deep/er"),
    ],
)
async def test_what_is_not_listed_does_not_exist(method: str, path: str) -> None:
    assert (await ask(method, path, login=True)).status_code == 404


async def test_foreign_names_origins_and_sites() -> None:
    assert (await ask("GET", "/", host_="x", Host="evil.example")).status_code == 403
    assert (await ask("GET", "/", Origin="http://evil.example")).status_code == 403
    assert (await ask("GET", "/", Origin="http://localhost:8000")).status_code == 200
    assert (await ask("GET", "/photos/1/view", Sec_Fetch_Site="cross-site")).status_code == 403
    assert (await ask("GET", "/photos/1/view", Sec_Fetch_Site="same-origin")).status_code == 200


async def test_too_large_or_of_unknown_length() -> None:
    large = str(MAX_BODY_BYTES + 1)
    assert (await ask("POST", "/login", Content_Length=large)).status_code == 413
    assert (await ask("POST", "/login", Transfer_Encoding="chunked")).status_code == 413


async def test_a_bug_behind_it_is_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        answer = await ask("GET", "/user")
    assert answer.status_code == 500
    assert "a bug" not in answer.text
    assert "Traceback" not in caplog.text
