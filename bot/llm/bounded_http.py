"""HTTP clients for the LLM whose answers are bounded in bytes and in seconds."""

import os
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from bot.errors import NetworkSettingInvalid
from bot.llm.compat import Cures
from bot.llm.exchange import CompatibleAsyncClient, CompatibleClient
from bot.settings import CERTIFICATE_VARIABLES, network_variables

MAX_BODY_BYTES = 512 * 1024
"""A thousand-token answer, streamed with a wrapping of 400 bytes a token, fits."""


class AnswerUnreadable(Exception):
    """The server sent an answer in a form that was not asked for."""


class AnswerTooLong(AnswerUnreadable):
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
    def __init__(
        self, stream: httpx2.SyncByteStream, budget: _Budget, unpack: "_Unpack | None"
    ) -> None:
        self.stream, self.budget, self.unpack = stream, budget, unpack

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.stream:
            if self.unpack is not None:
                chunk = self.unpack(chunk, self.budget.left + 1)
            yield self.budget.take(chunk)

    def close(self) -> None:
        self.stream.close()


class _BoundedAsyncStream(httpx2.AsyncByteStream):
    def __init__(
        self, stream: httpx2.AsyncByteStream, budget: _Budget, unpack: "_Unpack | None"
    ) -> None:
        self.stream, self.budget, self.unpack = stream, budget, unpack

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.stream:
            if self.unpack is not None:
                chunk = self.unpack(chunk, self.budget.left + 1)
            yield self.budget.take(chunk)

    async def aclose(self) -> None:
        await self.stream.aclose()


class _Unpack:
    """Unpacks gzip or deflate piece by piece, never more than asked for.

    Ten megabytes may hide in ten kilobytes, so the budget counts what comes out.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._unpacker = zlib.decompressobj(47 if coding == "gzip" else zlib.MAX_WBITS)
        self._begun = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        try:
            out = self._unpacker.decompress(chunk, most)
        except zlib.error as error:
            if self._coding != "deflate" or self._begun:
                raise httpx2.DecodingError("the answer cannot be unpacked") from error
            # Some servers leave out the zlib header (RFC 9110, 8.4.1.2).
            self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            out = self._unpacker.decompress(chunk, most)
        self._begun = self._begun or bool(chunk)
        return out


def _unpacking(response: httpx2.Response) -> _Unpack | None:
    """How to unpack a body that is compressed although that was not asked for."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return None
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise AnswerUnreadable(f"the answer is compressed ({coding}), which was not asked for")
    del response.headers["content-encoding"]
    return _Unpack(coding.removeprefix("x-"))


def bounded_client(
    endpoint: str,
    cures: Cures,
    *,
    timeout: float,
    total: float | None = None,
    auth: tuple[str, str] | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> httpx2.Client:
    """A client that reads at most ``max_bytes`` and ``total`` seconds of any answer.

    Redirects are not followed: the conversation goes where the user said, and nowhere else.

    Raises:
        NetworkSettingInvalid: a proxy or certificate variable of the environment cannot be used.
    """
    seconds = total if total is not None else 4 * timeout

    def bound(response: httpx2.Response) -> None:
        unpack = _unpacking(response)
        stream = response.stream
        assert isinstance(stream, httpx2.SyncByteStream)
        response.stream = _BoundedStream(stream, _Budget(max_bytes, seconds), unpack)

    options = _options(endpoint, timeout, auth)
    with _blaming_the_environment(endpoint):
        return CompatibleClient(cures, event_hooks={"response": [bound]}, **options)


def bounded_async_client(
    endpoint: str,
    cures: Cures,
    *,
    timeout: float,
    total: float | None = None,
    auth: tuple[str, str] | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> httpx2.AsyncClient:
    """:func:`bounded_client` for ``async`` code."""
    seconds = total if total is not None else 4 * timeout

    async def bound(response: httpx2.Response) -> None:
        unpack = _unpacking(response)
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)
        response.stream = _BoundedAsyncStream(stream, _Budget(max_bytes, seconds), unpack)

    options = _options(endpoint, timeout, auth)
    with _blaming_the_environment(endpoint):
        return CompatibleAsyncClient(
            cures,
            event_hooks={"response": [bound]},
            # A kept connection belongs to the event loop that opened it, and fails in the next.
            limits=httpx2.Limits(max_keepalive_connections=0),
            **options,
        )


def _options(endpoint: str, timeout: float, auth: tuple[str, str] | None) -> dict[str, Any]:
    return {
        "timeout": httpx2.Timeout(timeout),
        "auth": auth,
        "headers": {"Accept-Encoding": "identity"},
        "follow_redirects": False,
        "trust_env": not is_loopback(endpoint),
    }


_UNUSABLE = (ValueError, ImportError, OSError, httpx2.InvalidURL)


@contextmanager
def _blaming_the_environment(endpoint: str) -> Iterator[None]:
    """Turns a failure to make a client into one that names the variable that is to blame."""
    if is_loopback(endpoint):
        yield
        return
    if name := _missing_certificates():
        raise NetworkSettingInvalid(
            f"the environment variable {name} names nothing that exists: correct it or unset it"
        )
    try:
        yield
    except _UNUSABLE as error:
        name = _unusable_variable()
        if name is None:
            raise
        raise NetworkSettingInvalid(
            f"the environment variable {name} cannot be used: correct it or unset it"
        ) from error


def _missing_certificates() -> str | None:
    """The certificate variable whose file or folders are not there."""
    for name, value in network_variables().items():
        if name in CERTIFICATE_VARIABLES:
            paths = value.split(os.pathsep) if name.endswith("_DIR") else [value]
            if not any(Path(path).exists() for path in paths):
                return name
    return None


def _unusable_variable() -> str | None:
    """The first proxy or certificate variable with which no client can be made."""
    for name, value in network_variables().items():
        try:
            if name == "SSL_CERT_FILE":
                ssl.create_default_context(cafile=value)
            elif name not in CERTIFICATE_VARIABLES:
                proxy = value if "://" in value else f"http://{value}"
                httpx2.Client(proxy=proxy, trust_env=False).close()
        except _UNUSABLE:
            return name
    return None


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine, which no proxy can reach."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
