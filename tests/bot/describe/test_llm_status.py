"""Whether the LLM answers."""

import json

import pytest

from bot.describe.llm_status import check_llm
from bot.settings import Settings
from tests.support import scripted_llm as server
from tests.support.scripted_llm import ANSWER, scripted_llm


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
    with scripted_llm(models("a", "b"), server.says(json.dumps(ANSWER))) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b", max_tokens=2_000))
        listed, asked = llm.seen
        assert (listed.path, asked.path) == ("/v1/models", "/v1/chat/completions")
        # As the chat asks: a server may take a plainer request and refuse this one.
        assert asked.json["max_tokens"] == 2_000
        assert asked.json["response_format"]["type"] == "json_schema"
        assert [message["role"] for message in asked.json["messages"]] == ["system", "user"]
    assert status.as_dict() == {
        "configured": True,
        "model": "b",
        "base_url": llm.url,
        "answers": True,
        "reason": "answers",
    }


def test_answers_without_this_model() -> None:
    with scripted_llm(models("a"), server.says(json.dumps(ANSWER))) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
    assert status.answers
    assert "does not list the model 'b'" in status.reason


def test_a_server_without_a_list_is_asked_for_an_answer() -> None:
    with scripted_llm(server.fails(404), server.says(json.dumps(ANSWER))) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
        assert llm.seen[1].path == "/v1/chat/completions"
    assert status.answers


def test_a_server_that_lists_models_but_does_not_answer() -> None:
    with scripted_llm(models("b"), server.fails(500)) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
    assert not status.answers and "failed (500)" in status.reason


def test_an_answer_that_is_no_description_is_told() -> None:
    with scripted_llm(models("b"), server.says("yes")) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
    assert status.answers and "held no description" in status.reason


def test_tokens_that_all_go_into_thoughts_are_told() -> None:
    with scripted_llm(models("b"), server.says("<think>Hm, a cat", "length")) as llm:
        status = check_llm(Settings(base_url=llm.url, model="b"))
    assert not status.answers and "PHOTOPAL_MAX_TOKENS" in status.reason


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
