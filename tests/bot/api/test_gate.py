"""The gate and the errors, without a process: what cannot be brought about from outside."""

import asyncio
import io
import json
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from bot.access.gate import Gate
from bot.access.tokens import Token
from bot.api import ApiServices, make_api
from bot.api.sessions import KeptSessions
from bot.assistant import Choices
from bot.errors import SessionUnknown
from bot.monitoring import Metrics, RequestLog
from bot.page.hosts import AllowedHosts
from retrieval.errors import LibraryBusy, LibraryEmpty, PhotopalError

TOKEN = "a-token-of-my-own"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def services(error: Exception) -> ApiServices:
    """Services whose assistant fails."""

    def respond(*_: object) -> None:
        raise error

    assistant: Any = SimpleNamespace(respond=respond, galleries=None)
    loaded: Any = SimpleNamespace(assistant=assistant, choices=Choices)
    nothing: Any = None
    return ApiServices(loaded, nothing, KeptSessions(), Metrics())


async def asked(error: Exception, path: str = "/api/respond") -> tuple[httpx2.Response, str]:
    log = io.StringIO()
    app = make_api(services(error), AllowedHosts(), Token(TOKEN), RequestLog(log))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post(path, json={"message": "hi"}, headers=HEADERS), log.getvalue()


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (LibraryEmpty("the library /home/anna/library.db holds no photo"), 503, "library-empty"),
        (LibraryBusy("/home/anna/library.db is locked"), 503, "library-busy"),
        (PhotopalError("of a kind that nobody thought of: /home/anna"), 500, "unexpected"),
        (RuntimeError("somewhere in /home/anna"), 500, "unexpected"),
        (MemoryError(), 500, "unexpected"),
    ],
)
async def test_an_error_inside_is_one_line_without_a_path(
    error: Exception, status: int, kind: str
) -> None:
    answer, log = await asked(error)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:photopal:problem:{kind}"
    assert "anna" not in answer.text and "anna" not in log
    streamed, _ = await asked(error, "/api/respond/stream")
    name, data = streamed.text.strip().split("\n")
    assert name == "event: problem" and json.loads(data.removeprefix("data: ")) == answer.json()


async def test_the_log_names_the_class_of_what_nobody_foresaw() -> None:
    _, log = await asked(RuntimeError("somewhere in /home/anna"))
    line = json.loads(log)
    assert line["error"] == "RuntimeError" and line["status"] == 500
    assert line["route"] == "/api/respond"


async def test_too_many_at_once_are_told_to_come_again() -> None:
    waiting, inside = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        inside.release()
        await waiting.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = Gate(slow, AllowedHosts(), Token(TOKEN), max_running=2)
    transport = httpx2.ASGITransport(app=gate)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://localhost", headers=HEADERS
    ) as client:
        first = [asyncio.create_task(client.get("/")) for _ in range(2)]
        await inside.acquire()
        await inside.acquire()
        third = await client.get("/")
        assert third.status_code == 503 and third.headers["retry-after"] == "1"
        waiting.set()
        assert [(await one).status_code for one in first] == [204, 204]
        assert (await client.get("/")).status_code == 204


def test_the_session_that_was_used_longest_ago_goes_first() -> None:
    kept = KeptSessions(most=2)
    first, second = kept.begin(), kept.begin()
    with kept.using(first) as session:
        session.user_says("hi")
    third = kept.begin()
    assert len(kept) == 2
    kept.require(first)
    kept.require(third)
    with pytest.raises(SessionUnknown):
        kept.require(second)


def test_a_session_stays_as_it_was_when_its_answer_fails() -> None:
    kept = KeptSessions()
    identifier = kept.begin()
    with pytest.raises(RuntimeError), kept.using(identifier) as session:
        session.user_says("half an answer")
        raise RuntimeError
    with kept.using(identifier) as session:
        assert session.turns == []
