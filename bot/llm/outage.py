"""What is remembered while the LLM stays away: when to try again, and what the user knows."""

import threading
import time
from collections.abc import Callable

from bot.errors import LLMError, LLMUnreachable

COOL_DOWN = 30.0
"""Seconds without a request after the LLM could not be reached."""


class Outage:
    """One LLM's outage, shared by all who ask it in a chat. Safe to use from several threads.

    After the LLM could not be reached, nobody waits for its time-outs again until the cool-down is
    over; then one request may find out whether it is back. Of each outage the user is told once.
    """

    def __init__(
        self, cool_down: float = COOL_DOWN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """No outage yet; ``cool_down`` in seconds."""
        self._cool_down = cool_down
        self._clock = clock
        self._lock = threading.Lock()
        self._error: LLMUnreachable | None = None
        self._until = 0.0
        self._told = False

    def check(self) -> None:
        """Raise LLMUnreachable during the cool-down."""
        with self._lock:
            if self._error is not None and self._clock() < self._until:
                raise LLMUnreachable(str(self._error))

    def failed(self, error: LLMError) -> None:
        """A request failed; one that could not be delivered begins the cool-down."""
        if not isinstance(error, LLMUnreachable):
            return
        with self._lock:
            now = self._clock()
            if self._error is None or now >= self._until:
                self._until = now + self._cool_down
            self._error = error

    def over(self) -> None:
        """The LLM answered."""
        with self._lock:
            self._error, self._told = None, False

    def notice(self, text: str) -> str | None:
        """The text, if the user was told nothing since the LLM last answered; else None."""
        with self._lock:
            told, self._told = self._told, True
            return None if told else text
