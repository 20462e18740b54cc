"""HTTP clients that mend what a server would not take, and find the answer where it put it."""

import json
from typing import Any

import httpx2

from bot.llm.compat import (
    Cure,
    Cures,
    answer_elsewhere,
    as_completion,
    cure_for,
    cured,
    failed_generation,
    message_of,
    spent_on_thoughts,
)


class Exchange:
    """One question to a chat model, asked as often as its cures need; shared by both clients."""

    def __init__(self, request: httpx2.Request, payload: dict[str, Any], cures: Cures) -> None:
        self._first = request
        self._payload = payload
        self._cures = cures
        self._model = str(payload.get("model", ""))
        self._known = cures.of(self._model)
        self._tried: set[Cure] = set()

    @classmethod
    def of(cls, request: httpx2.Request, cures: Cures) -> "Exchange | None":
        """The exchange that a request begins; None when it asks no chat model."""
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return None
        try:
            payload = json.loads(request.content)
        except (ValueError, httpx2.RequestNotRead):
            return None
        return cls(request, payload, cures) if isinstance(payload, dict) else None

    @property
    def _streams(self) -> bool:
        return bool(self._payload.get("stream"))

    def request(self) -> httpx2.Request:
        """What to send next."""
        cures = self._known | self._tried
        if not cures:
            return self._first
        headers = [(k, v) for k, v in self._first.headers.raw if k.lower() != b"content-length"]
        return httpx2.Request(
            self._first.method,
            self._first.url,
            headers=headers,
            content=json.dumps(cured(self._payload, cures)).encode(),
            extensions=self._first.extensions,
        )

    def needs_body(self, response: httpx2.Response) -> bool:
        """Whether the response must be read before :meth:`again`."""
        return response.status_code >= 400 or not self._streams

    def again(self, response: httpx2.Response) -> bool:
        """Whether another request would be answered better; :meth:`request` gives it then."""
        cure = self._cure(response)
        if cure is None or cure in self._tried | self._known:
            return False
        self._tried.add(cure)
        return True

    def result(self, response: httpx2.Response) -> httpx2.Response:
        """The last response, its answer in the content of the message; remembers what helped."""
        if response.status_code < 400 and self._tried:
            self._cures.remember(self._model, self._tried)
        if not self.needs_body(response):
            return response
        if response.status_code >= 400:
            said = failed_generation(response.text)
            if said is None or self._streams:
                return response
            return _as_response(response, as_completion(said, self._model))
        completion = _json(response)
        found = message_of(completion)
        elsewhere = answer_elsewhere(*found) if found else None
        if found is None or elsewhere is None:
            return response
        message, _ = found
        message["content"] = elsewhere
        for name in ("tool_calls", "function_call"):
            message.pop(name, None)
        return _as_response(response, completion)

    def _cure(self, response: httpx2.Response) -> Cure | None:
        if response.status_code >= 400:
            if not self._streams and failed_generation(response.text) is not None:
                return None
            sent = cured(self._payload, self._known | self._tried)
            return cure_for(response.status_code, response.text, sent)
        if self._streams:
            return None
        found = message_of(_json(response))
        if found and answer_elsewhere(*found) is None and spent_on_thoughts(*found):
            return Cure.MORE_TOKENS
        return None


def _json(response: httpx2.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _as_response(response: httpx2.Response, body: Any) -> httpx2.Response:
    return httpx2.Response(200, json=body, request=response.request)


class CompatibleClient(httpx2.Client):
    """An HTTP client through which all OpenAI-compatible servers look alike."""

    def __init__(self, cures: Cures, **options: Any) -> None:
        """``cures`` of the server; ``options`` of :class:`httpx2.Client`."""
        super().__init__(**options)
        self.cures = cures

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request, and again where that cures a refusal."""
        exchange = Exchange.of(request, self.cures)
        if exchange is None:
            return super().send(request, **options)
        while True:
            response = super().send(exchange.request(), **options)
            if not exchange.needs_body(response):
                return exchange.result(response)
            response.read()
            if not exchange.again(response):
                return exchange.result(response)


class CompatibleAsyncClient(httpx2.AsyncClient):
    """:class:`CompatibleClient` for ``async`` code."""

    def __init__(self, cures: Cures, **options: Any) -> None:
        """``cures`` of the server; ``options`` of :class:`httpx2.AsyncClient`."""
        super().__init__(**options)
        self.cures = cures

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request, and again where that cures a refusal."""
        exchange = Exchange.of(request, self.cures)
        if exchange is None:
            return await super().send(request, **options)
        while True:
            response = await super().send(exchange.request(), **options)
            if not exchange.needs_body(response):
                return exchange.result(response)
            await response.aread()
            if not exchange.again(response):
                return exchange.result(response)
