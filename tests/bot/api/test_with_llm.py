"""The API with an LLM: its words as they come, and those who do not wait for it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from tests.support.programs_server import RunningServer
from tests.support.scripted_llm import (
    ANSWER,
    Handler,
    ScriptedLLM,
    completion,
    scripted_llm,
    stream,
)

WORDS = "Here they are, pick the one that you like best."
TOLD = "you know, I was thinking of how sweetly she slept there"
"""A message that a plan without an LLM is not sure of."""


class Gate:
    """Holds the LLM back until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached = threading.Event()
        self.opened.set()


def behaviour(gate: Gate) -> Any:
    def behave(handler: Handler, request: dict[str, Any]) -> None:
        gate.reached.set()
        gate.opened.wait(60)
        if request.get("stream"):
            stream(handler, WORDS.split(" "))
        else:
            handler.reply(200, completion({"content": json.dumps(ANSWER)}))

    return behave


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="module")
def llm(gate: Gate) -> Iterator[ScriptedLLM]:
    with scripted_llm(behaviour(gate)) as running:
        yield running


@pytest.fixture(scope="module")
def chatty(llm: ScriptedLLM, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("api-llm")
    running = RunningServer(folder, "api", PHOTOPAL_BASE_URL=llm.url, PHOTOPAL_MODEL="m")
    yield running
    running.stop()


@pytest.fixture
def client(chatty: RunningServer) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {chatty.token}"}
    with httpx2.Client(base_url=chatty.url, headers=headers, timeout=60) as opened:
        yield opened


@contextmanager
def held(gate: Gate) -> Iterator[None]:
    """While this lasts, the LLM does not answer."""
    gate.opened.clear()
    gate.reached.clear()
    try:
        yield
    finally:
        gate.opened.set()


def begun(client: httpx2.Client) -> str:
    """A session in which something was said already."""
    answer = client.post("/api/respond", json={"message": "hello"})
    return str(answer.json()["session_id"])


def test_the_words_come_in_pieces(client: httpx2.Client) -> None:
    pieces, photos, done = [], [], {}
    body = {"message": TOLD, "session_id": begun(client)}
    with client.stream("POST", "/api/respond/stream", json=body) as answer:
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                value = json.loads(line.removeprefix("data: "))
                if name == "words":
                    pieces.append(value["text"])
                elif name == "reply":
                    photos, text = value["photos"], value["text"]
                    assert text == "" and not pieces, "the photos come before the words"
                else:
                    assert name == "done"
                    done = value
    assert photos and len(pieces) > 1 and "".join(pieces) == WORDS
    assert done["reply"]["text"] == WORDS and done["reply"]["photos"] == photos


def test_the_whole_answer_and_its_session(client: httpx2.Client) -> None:
    begun = client.post("/api/respond", json={"message": "hello", "session": {}}).json()
    body = {"message": TOLD, "session": begun["session"]}
    answer = client.post("/api/respond", json=body).json()
    assert answer["reply"]["text"] == WORDS
    said = [turn["text"] for turn in answer["session"]["turns"]]
    assert said[-2:] == [TOLD, WORDS]


def test_without_the_llm_when_asked(client: httpx2.Client, llm: ScriptedLLM) -> None:
    before = len(llm.seen)
    quiet = {"message": TOLD, "session": {}, "choices": {"use_llm": False}}
    assert client.post("/api/respond", json=quiet).is_success
    assert len(llm.seen) == before


def test_two_people_by_the_llm(client: httpx2.Client) -> None:
    talk = {"conversation": "A: and then?\nB: she slept there so sweetly", "side": "B"}
    (side,) = client.post("/api/suggest", json=talk).json()["sides"]
    assert side["source"] == "llm" and side["share"] is True
    assert side["descriptors"]["main_subject"] == ANSWER["main_subject"]


def test_while_the_llm_hangs_others_go_on(client: httpx2.Client, gate: Gate) -> None:
    body = {"message": TOLD, "session_id": begun(client)}
    answers: list[httpx2.Response] = []
    with held(gate):
        waiting = threading.Thread(
            target=lambda: answers.append(client.post("/api/respond", json=body))
        )
        waiting.start()
        assert gate.reached.wait(60)
        assert client.get("/api/search", params={"text": "cat"}).json()["photos"]
        simple = client.post("/api/respond", json={"message": "show me the cat", "session": {}})
        assert simple.json()["reply"]["photos"]
        # The same session answers one message at a time.
        busy = client.post("/api/respond", json=body)
        assert busy.status_code == 409 and busy.json()["type"].endswith("session-busy")
    waiting.join(60)
    assert answers[0].json()["reply"]["text"] == WORDS
    assert client.post("/api/respond", json=body).is_success


def test_a_listener_that_leaves_takes_nothing_with_it(client: httpx2.Client, gate: Gate) -> None:
    """The session is as it was, and can be used at once."""
    body = {"message": TOLD, "session_id": begun(client)}
    with held(gate), pytest.raises(httpx2.TimeoutException):
        client.post("/api/respond/stream", json=body, timeout=2)
    for _ in range(200):
        answer = client.post("/api/respond", json=body)
        if answer.status_code != 409:
            break
        time.sleep(0.1)
    assert answer.json()["reply"]["text"] == WORDS
