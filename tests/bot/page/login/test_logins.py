"""Tokens of logins, and the websocket that is cut when one ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from bot.page.guard import Guard
from bot.page.hosts import AllowedHosts

ROOT = Path(__file__).parents[4]

IN_A_PROCESS_OF_ITS_OWN = """
import os, sys
from pathlib import Path
folder = Path(sys.argv[1])
os.environ["CHAINLIT_APP_ROOT"] = str(folder)
os.environ["CHAINLIT_AUTH_SECRET"] = "s" * 64
from chainlit.auth import create_jwt
from chainlit.user import User
from bot.errors import AccountError, AccountUnknown
from bot.page.login.logins import ENDED_NAME, Logins
from tests.support.cheap_passwords import cheap_accounts

accounts = cheap_accounts(folder)
accounts.add("anna", "a boat on the lake")
accounts.add("bert", "a boat on the sea")
logins = Logins(folder, accounts)
one, two = (create_jwt(logins.begin(name)) for name in ("Anna", "anna"))
his = create_jwt(logins.begin("bert"))
assert logins.person(one) == logins.person(two) == "anna" and logins.person(his) == "bert"
for token in (None, "", "x", one + "x", one[:-3], create_jwt(User(identifier="anna")),
              create_jwt(User(identifier="anna", metadata={"login": 1})),
              create_jwt(User(identifier="anna", metadata={"login": "made up", "stamp": "x"}))):
    assert logins.person(token) is None, token
    logins.end(token)
logins.end(one)
assert logins.person(one) is None and logins.person(two) == "anna"
assert Logins(folder, accounts).person(one) is None, "also after a restart"
accounts.set_password("anna", "another on the lake")
assert logins.person(two) is None and logins.person(his) == "bert"
accounts.remove("bert")
assert logins.person(his) is None
accounts.add("bert", "a boat on the sea")
assert logins.person(his) is None
try:
    logins.begin("nobody")
except AccountUnknown:
    pass
else:
    raise AssertionError

owner = Logins(folder)
token = create_jwt(owner.begin("owner"))
assert owner.person(token) == "owner" and logins.person(token) is None
assert owner.person(create_jwt(logins.begin("bert"))) is None

live = create_jwt(logins.begin("bert"))
(folder / "accounts.json").write_text("broken")
assert logins.person(live) is None, "nobody gets in by a file that cannot be read"
(folder / ENDED_NAME).write_text("broken")
assert owner.person(token) is None
try:
    Logins(folder)
except AccountError as error:
    assert ENDED_NAME in str(error)
else:
    raise AssertionError
print("fine")
"""


def test_tokens(tmp_path: Path) -> None:
    # Chainlit reads its environment when it is first imported, so not in this process.
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "fine\n", done.stderr


class Wire:
    """A websocket through the guard, over an application that sends back what it gets."""

    def __init__(self) -> None:
        self.login: str | None = "token"
        self.incoming: list[Message] = []
        self.sent: list[Message] = []
        self.heard: list[Message] = []
        self.push: Send | None = None

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.push = scope, send
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.append(message)
            await send({"type": "websocket.send", "text": message["text"]})
        self.heard.append(message)

    async def run(self, *headers: tuple[bytes, bytes]) -> None:
        async def receive() -> Message:
            message = self.incoming.pop(0)
            self.login = message.pop("login", self.login)
            return message

        async def send(message: Message) -> None:
            self.sent.append(message)

        def token(_: HTTPConnection) -> str | None:
            return self.login

        scope = {
            "type": "websocket",
            "path": "/ws/socket.io/",
            "headers": [(b"host", b"localhost"), *headers],
        }
        await Guard(self.app, AllowedHosts.of("127.0.0.1"), token)(scope, receive, send)


def text(said: str, **more: object) -> Message:
    return {"type": "websocket.receive", "text": said, **more}


async def test_nothing_goes_in_once_the_login_has_ended() -> None:
    wire = Wire()
    wire.incoming = [text("one"), text("two", login=None), text("three")]
    await wire.run()
    assert [one.get("text") for one in wire.heard] == ["one", None]
    assert [one["type"] for one in wire.sent] == ["websocket.send", "websocket.close"]
    assert wire.heard[-1]["type"] == "websocket.disconnect"


async def test_nothing_comes_out_once_the_login_has_ended() -> None:
    wire = Wire()
    wire.incoming = [text("one"), {"type": "websocket.disconnect", "code": 1000}]
    await wire.run()
    assert wire.push is not None
    wire.login = None
    for number in range(3):
        await wire.push({"type": "websocket.send", "text": f"photo {number}"})
    assert [one.get("text", one["type"]) for one in wire.sent] == ["one", "websocket.close"]


async def test_what_was_checked_is_what_counts() -> None:
    wire = Wire()
    wire.incoming = [{"type": "websocket.disconnect", "code": 1000}]
    await wire.run(
        (b"cookie", b"access_token=other; theme=dark; access_token_0=other"),
        (b"cookie", b"access_token=stolen"),
        (b"authorization", b"Bearer stolen"),
    )
    seen = dict(wire.scope["headers"])
    assert b"stolen" not in b"".join(seen.values())
    assert b"other" not in b"".join(seen.values())
    assert b"access_token=token" in seen[b"cookie"]


@pytest.mark.parametrize("encrypted", [True, False])
async def test_cookies_are_for_https_where_the_page_is(encrypted: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"set-cookie", b"a=1; HttpOnly"), (b"set-cookie", b"b=2; Secure")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    guard = Guard(app, AllowedHosts.of("127.0.0.1"), encrypted=encrypted)
    headers = [(b"host", b"localhost")]
    await guard({"type": "http", "method": "GET", "path": "/", "headers": headers}, receive, send)
    cookies = [value for name, value in sent[0]["headers"] if name == b"set-cookie"]
    assert cookies == [b"a=1; HttpOnly" + b"; Secure" * encrypted, b"b=2; Secure"]
