"""Counts and times of a server, in the text format that Prometheus reads."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30.0)
"""Upper edges of the buckets into which the times of answers fall."""


class Metrics:
    """The figures of one server. Safe to use from several threads.

    They have a registry of their own, so that two servers in one process do not mix, and nothing
    is told of the process or the machine.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, photos: Callable[[], int] | None = None) -> None:
        """``photos`` tells how many photos can be searched now; None leaves that figure out."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "photopal_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "photopal_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._running = Gauge(
            "photopal_requests_running",
            "Requests that are being answered now.",
            registry=self.registry,
        )
        self._answers = Counter(
            "photopal_answers",
            "Messages that were answered, by what they were taken for and how sure the photos are.",
            ["move", "sure"],
            registry=self.registry,
        )
        if photos is not None:
            gauge = Gauge(
                "photopal_library_photos",
                "Photos of the library that can be searched.",
                registry=self.registry,
            )
            gauge.set_function(photos)

    def begin(self) -> None:
        """A request has come."""
        self._running.inc()

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """It has been answered.

        Args:
            method: of HTTP.
            route: the pattern of its path (``/api/photos/{photo_id}``), never the path itself.
            status: of the answer.
            seconds: that it took.
        """
        self._running.dec()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answered(self, move: str, sure: str | None) -> None:
        """A message was answered.

        Args:
            move: one of :class:`bot.intent.plan.Move`.
            sure: whether the photos fit; None where none was wanted.
        """
        self._answers.labels(move, sure or "words").inc()

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self.registry)
