"""HTTP clients for the LLM whose answers are bounded in bytes and in seconds."""

import time
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2

MAX_BODY_BYTES = 512 * 1024
"""A thousand-token answer, streamed with a wrapping of 400 bytes a token, fits."""


class AnswerTooLong(Exception):
    """The server sent more than any sensible answer holds; the rest was not read."""


class _Budget:
    """Counts what has come in, and raises when it is too much or has taken too long."""

    def __init__(self, max_bytes: int, seconds: float) -> None:
        self.left = max_bytes
        self.end = time.monotonic() + seconds

    def take(self, chunk: bytes) -> bytes:
        self.left -= len(chunk)
        if self.left < 0:
            raise AnswerTooLong("the answer is too long")
        # A server that sends a byte now and then never runs into the read time-out.
        if time.monotonic() > self.end:
            raise httpx2.ReadTimeout("the answer took too long")
        return chunk


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, budget: _Budget) -> None:
        self.stream, self.budget = stream, budget

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.stream:
            yield self.budget.take(chunk)

    def close(self) -> None:
        self.stream.close()


class _BoundedAsyncStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, budget: _Budget) -> None:
        self.stream, self.budget = stream, budget

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.stream:
            yield self.budget.take(chunk)

    async def aclose(self) -> None:
        await self.stream.aclose()


def _refuse_compression(response: httpx2.Response) -> None:
    # Ten megabytes may hide in ten kilobytes, and bytes are counted before they are unpacked.
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise AnswerTooLong("the answer is compressed, which was not asked for")


def bounded_client(
    endpoint: str,
    *,
    timeout: float,
    total: float | None = None,
    auth: tuple[str, str] | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> httpx2.Client:
    """A client that reads at most ``max_bytes`` and ``total`` seconds of any answer.

    Redirects are not followed: the conversation goes where the user said, and nowhere else.
    """
    seconds = total if total is not None else 4 * timeout

    def bound(response: httpx2.Response) -> None:
        _refuse_compression(response)
        stream = response.stream
        assert isinstance(stream, httpx2.SyncByteStream)
        response.stream = _BoundedStream(stream, _Budget(max_bytes, seconds))

    return httpx2.Client(
        timeout=httpx2.Timeout(timeout),
        auth=auth,
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=not is_loopback(endpoint),
        event_hooks={"response": [bound]},
    )


def bounded_async_client(
    endpoint: str,
    *,
    timeout: float,
    total: float | None = None,
    auth: tuple[str, str] | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> httpx2.AsyncClient:
    """:func:`bounded_client` for ``async`` code."""
    seconds = total if total is not None else 4 * timeout

    async def bound(response: httpx2.Response) -> None:
        _refuse_compression(response)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        response.stream = _BoundedAsyncStream(stream, _Budget(max_bytes, seconds))

    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(timeout),
        auth=auth,
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=not is_loopback(endpoint),
        event_hooks={"response": [bound]},
        # A kept connection belongs to the event loop that opened it, and fails in the next one.
        limits=httpx2.Limits(max_keepalive_connections=0),
    )


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine, which no proxy can reach."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
