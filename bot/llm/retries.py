"""Which failures of an LLM are worth another try, and how long to wait before it."""

import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import tenacity

from bot.llm.bounded_http import AnswerUnreadable

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How stubborn to be.

    Attributes:
        retries: tries after the first one.
        first_wait: seconds; the ceiling of the first wait. It doubles with every try, and the
            wait is drawn at random below it, so that many clients do not come back at once.
        max_wait: no wait is longer, unless the server asked for it.
        max_retry_after: the longest that a server may make us wait.
        patience: no try begins later than this many seconds after the first one.
    """

    retries: int = 3
    first_wait: float = 0.5
    max_wait: float = 8.0
    max_retry_after: float = 10.0
    patience: float = 90.0

    def _tenacity(self) -> dict[str, Any]:
        return {
            "stop": tenacity.stop_after_attempt(self.retries + 1)
            | tenacity.stop_before_delay(self.patience),
            "wait": self._wait,
            "retry": tenacity.retry_if_exception(is_transient),
            "reraise": True,
        }

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = retry_after(error) if error else None
        if asked is not None:
            return min(asked, self.max_retry_after)
        ceiling = min(self.max_wait, self.first_wait * 2 ** (state.attempt_number - 1))
        return random.uniform(0, ceiling)

    def call(self, function: Callable[[], T]) -> T:
        """``function()``, again while it fails in a way that may pass."""
        return tenacity.Retrying(**self._tenacity())(function)

    async def acall(self, function: Callable[[], Awaitable[T]]) -> T:
        """:meth:`call` for a coroutine function."""
        return await tenacity.AsyncRetrying(**self._tenacity())(function)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an LLM client's error carries, else None."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed a little later.

    Time-outs, lost connections, 408, 429 and 5xx may. A wrong key (401, 403), a request that the
    server does not take (400, 404, 422), a spent quota and an oversized answer will not.
    """
    import openai

    if any(isinstance(cause, AnswerUnreadable) for cause in causes(error)):
        return False
    status = status_of(error)
    if status is not None:
        if status == 429:
            return getattr(error, "code", None) != "insufficient_quota"
        return status == 408 or status >= 500
    return isinstance(error, (openai.APIConnectionError, TimeoutError, ConnectionError))


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server asks to wait: a number or an HTTP date (RFC 9110, 10.2.3)."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    value = headers.get("retry-after") if headers is not None else None
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = (when - datetime.fromtimestamp(time.time(), UTC)).total_seconds()
    # NaN compares false with everything.
    return max(0.0, seconds) if seconds == seconds else None
