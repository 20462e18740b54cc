"""What is tried again, and after how long."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import openai
import pytest

from bot.llm.bounded_http import AnswerTooLong
from bot.llm.retries import RetryPolicy, is_transient, retry_after

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")


def status_error(status: int, code: str | None = None, **headers: str) -> openai.APIStatusError:
    """An error as the client raises it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx2.Response(status, headers=named, request=REQUEST)
    return openai.APIStatusError("no", response=response, body={"code": code})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_passing_failures_are_tried_again(status: int) -> None:
    assert is_transient(status_error(status))


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422])
def test_lasting_failures_are_not(status: int) -> None:
    assert not is_transient(status_error(status))


def test_connections_and_timeouts() -> None:
    assert is_transient(openai.APITimeoutError(REQUEST))
    assert is_transient(openai.APIConnectionError(request=REQUEST))
    assert is_transient(TimeoutError())
    assert not is_transient(ValueError("nonsense"))


def test_a_spent_quota_does_not_come_back() -> None:
    assert not is_transient(status_error(429, code="insufficient_quota"))


def test_an_oversized_answer_is_not_asked_for_again() -> None:
    try:
        raise openai.APIConnectionError(request=REQUEST) from AnswerTooLong("much")
    except openai.APIConnectionError as error:
        assert not is_transient(error)


def test_retry_after_in_seconds_and_as_a_date() -> None:
    assert retry_after(status_error(429, retry_after="7")) == 7
    assert retry_after(status_error(503, retry_after="0.5")) == 0.5
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after(status_error(429, retry_after=soon)) == pytest.approx(30, abs=2)
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert retry_after(status_error(429, retry_after=past)) == 0


@pytest.mark.parametrize("value", ["", "soon", "nan", "-5", "99 Foo 2015"])
def test_odd_retry_after_never_harms(value: str) -> None:
    assert retry_after(status_error(429, retry_after=value)) in (None, 0.0)


class Failing:
    """Fails with these errors in turn, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for; none is waited."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    return waited


def test_waits_grow_are_capped_and_jittered(waits: list[float]) -> None:
    policy = RetryPolicy(retries=8, first_wait=1, max_wait=4)
    failing = Failing(*[status_error(500) for _ in range(8)])
    assert policy.call(failing) == "done"
    assert failing.calls == 9
    assert all(wait <= min(4, 2**n) for n, wait in enumerate(waits))
    assert len(set(waits)) == 8


def test_the_server_says_how_long_up_to_a_cap(waits: list[float]) -> None:
    policy = RetryPolicy(retries=3, max_retry_after=10)
    errors = [status_error(429, retry_after=value) for value in ("3", "3600", "inf")]
    assert policy.call(Failing(*errors)) == "done"
    assert waits == [3, 10, 10]


def test_patience_ends(waits: list[float]) -> None:
    policy = RetryPolicy(retries=5, max_retry_after=60, patience=20)
    failing = Failing(status_error(429, retry_after="50"))
    with pytest.raises(openai.APIStatusError):
        policy.call(failing)
    assert failing.calls == 1 and waits == []


async def test_coroutines_are_tried_again_too() -> None:
    failing = Failing(status_error(503), openai.APITimeoutError(REQUEST))

    async def call() -> Any:
        return failing()

    assert await RetryPolicy(first_wait=0.01).acall(call) == "done"
    assert failing.calls == 3
