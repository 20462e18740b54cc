"""Waiting in tests: until something holds, not for a time."""

import time
from collections.abc import Callable


def eventually(check: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until ``check`` holds."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "that did not come to pass"
        time.sleep(0.05)
