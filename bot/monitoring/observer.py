"""Around an application: counts and logs what it answers."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.monitoring.metrics import Metrics
from bot.monitoring.request_log import RequestLog, known_method, route_of

ERROR = "photopal.error"
"""Under this name an application puts the class of what went wrong inside into the scope."""


class Observer:
    """Passes every request on; tells the figures and the log how it went.

    Args:
        app: what answers.
        metrics: counts.
        log: writes a line; None for no log.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, log: RequestLog | None = None) -> None:
        self.app = app
        self.metrics = metrics
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started, error = 500, time.perf_counter(), None

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.metrics.begin()
        try:
            await self.app(scope, receive, watched)
        except BaseException as failure:
            error = type(failure).__name__
            raise
        finally:
            seconds = time.perf_counter() - started
            method = known_method(scope)
            route = route_of(scope)
            self.metrics.end(method, route, status, seconds)
            if self.log is not None:
                error = error or scope.get(ERROR)
                self.log.write(
                    method=method, route=route, status=status, seconds=seconds, error=error
                )
