"""Bodies of requests, made safe before anything reads them.

Python's JSON reader takes more than JSON: NaN and infinities, numbers of any size, halves of
surrogate pairs. None of these can be encoded, stored or sent on.
"""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import HTTPException
from fastapi.routing import APIRoute

from retrieval.text import clean_text

MAX_NUMBER = 2**63 - 1
MAX_DEPTH = 60
SMALL_BYTES = 50_000
"""What is longer is read in a worker thread, so that nobody else waits for it."""


class CleanRoute(APIRoute):
    """A route whose JSON bodies are read by :func:`clean_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, on requests that read their bodies so."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(_CleanRequest(request.scope, request.receive))

        return handle


class _CleanRequest(Request):
    async def json(self) -> Any:
        body = await self.body()
        if len(body) <= SMALL_BYTES:
            return clean_json(body)
        return await run_in_threadpool(clean_json, body)


def clean_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8, with texts that can be encoded.

    Raises:
        HTTPException: 422, with one line on what is wrong.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise HTTPException(422, "the body is not a text in UTF-8") from None
    except RecursionError:
        raise HTTPException(422, "the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise HTTPException(422, f"the body is not valid JSON ({error.msg}, {place})") from None
    except ValueError as error:
        said = str(error) if str(error).startswith("NaN") else "a number is out of range"
        raise HTTPException(422, f"the body is not valid JSON ({said})") from None
    return _clean(value, MAX_DEPTH)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"NaN and infinities are no JSON: {name}")


def _clean(value: Any, depth: int) -> Any:
    if depth == 0:
        raise HTTPException(422, "the body is nested too deeply")
    if isinstance(value, str):
        return clean_text(value, len(value))
    if isinstance(value, list):
        return [_clean(one, depth - 1) for one in value]
    if isinstance(value, dict):
        return {clean_text(name, len(name)): _clean(one, depth - 1) for name, one in value.items()}
    if isinstance(value, bool) or value is None:
        return value
    if abs(value) > MAX_NUMBER or not math.isfinite(value):
        raise HTTPException(422, "the body is not valid JSON (a number is out of range)")
    return value
