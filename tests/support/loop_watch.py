"""Tells when something that blocks is done on an event loop, where it stops every other chat.

Nothing is timed: a sleep, a query of the library, or the embedding of a text must not happen there
at all, however fast it was this time.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[str], None]

MARK = "ON THE EVENT LOOP:"


def watch_event_loops(report: Report, *encoders: object) -> None:
    """Report sleeps, queries and embeddings on any event loop, until the process ends."""
    from retrieval.library.connection import Database

    watched = [(time, "sleep")]
    watched += [(Database, name) for name in ("_execute", "_many", "_all", "_one")]
    watched += [(one, name) for one in encoders for name in ("encode_texts", "encode_images")]
    for owner, name in watched:
        setattr(owner, name, off_the_loop(getattr(owner, name), report))


def off_the_loop(work: Callable[..., Any], report: Report) -> Callable[..., Any]:
    """``work``, reported when it is called on an event loop."""

    def watched(*arguments: Any, **named: Any) -> Any:
        if asyncio._get_running_loop() is not None:
            caller = sys._getframe(1).f_code
            report(f"{MARK} {getattr(work, '__name__', work)} by {caller.co_qualname}")
        return work(*arguments, **named)

    return watched
