"""Whether the LLM answers."""

import json

import pytest

from bot.llm.status import check_llm
from bot.settings import Settings
from tests.support import scripted_llm as server
from tests.support.scripted_llm import scripted_llm


def models(*names: str) -> server.Behaviour:
    """Answers with a list of models."""
    entries = [{"id": name, "object": "model", "created": 1, "owned_by": "me"} for name in names]
    return server.raw(200, json.dumps({"object": "list", "data": entries}).encode())


def test_not_configured() -> None:
    status = check_llm(Settings())
    assert (status.configured, status.answers, status.model, status.base_url) == (
        False,
        False,
        None,
        None,
    )
    assert "offline" in status.reason
    assert check_llm(Settings(api_key="sk-1", llm_mode="off")).reason == "turned off"


def test_answers() -> None:
    with scripted_llm(models("a", "b")) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
        assert (llm.seen[0].path, len(llm.seen)) == ("/v1/models", 1)
    assert status.as_dict() == {
        "configured": True,
        "model": "b",
        "base_url": llm.url,
        "answers": True,
        "reason": "answers",
    }


def test_answers_without_this_model() -> None:
    with scripted_llm(models("a")) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
    assert status.answers
    assert "does not list the model 'b'" in status.reason


def test_a_server_without_a_list_is_asked_for_one_token() -> None:
    with scripted_llm(server.fails(404), server.says("yes")) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
        assert llm.seen[1].path == "/v1/chat/completions"
    assert status.answers


@pytest.mark.parametrize(
    ("script", "because"),
    [
        (server.fails(401), "refused the key (401)"),
        (server.fails(404), "its base URL is wrong (404)"),
        (server.fails(429), "too many requests (429)"),
        (server.fails(500), "failed (500)"),
        (server.hangs_up, "cannot be reached"),
        (server.hangs(3), "did not answer in time"),
        (server.drips(10), "did not answer in time"),
        (server.raw(200, b"x" * 10_000_000), "far too long"),
    ],
)
def test_does_not_answer(script: server.Behaviour, because: str) -> None:
    with scripted_llm(script) as llm:
        url = llm.url.replace("http://", "http://me:hunter2secret@")
        status = check_llm(Settings(base_url=url, api_key="sk-hunter2secret"), timeout=0.3)
    assert status.configured and not status.answers
    assert because in status.reason
    assert "hunter2secret" not in json.dumps(status.as_dict())
    assert status.base_url == llm.url
