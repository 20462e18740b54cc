"""A log of requests: one JSON object a line, without texts, paths, ids or names."""

import json
import threading
from datetime import UTC, datetime
from typing import TextIO

from starlette.types import Scope

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "unknown"
"""Stands for a path that is no route, and for a method that is none: both are made up by whoever
asks, and would fill a log or a table of figures with whatever they like."""


class RequestLog:
    """Writes one line a request to a stream. Safe to use from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._guard = threading.Lock()

    def write(
        self,
        *,
        method: str,
        route: str,
        status: int,
        seconds: float,
        error: str | None = None,
    ) -> None:
        """A request was answered.

        Args:
            method: of HTTP.
            route: the pattern of its path, never the path itself.
            status: of the answer.
            seconds: that it took.
            error: class of what went wrong inside, without its message.
        """
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": "request",
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        if error is not None:
            line["error"] = error
        with self._guard:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()


def known_method(scope: Scope) -> str:
    """The method of a request, or :data:`UNKNOWN`."""
    method = str(scope.get("method", "")).upper()
    return method if method in METHODS else UNKNOWN


def route_of(scope: Scope) -> str:
    """The pattern of the route that answered (``/api/photos/{photo_id}``), or :data:`UNKNOWN`.

    Known once the request was answered: the router writes its route into the scope.
    """
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else UNKNOWN
