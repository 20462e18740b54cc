"""Where answers are made: threads away from the event loop, as many as help and no more.

An answer waits for the inference thread most of its time, so that a few threads a core keep it
busy. An answer by an LLM waits for another machine, for minutes when that hangs: these have threads
of their own, so that those who chat without an LLM never wait behind them. Whoever comes when too
many wait is told so at once.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.errors import TooManyChats

T = TypeVar("T")

THREADS = 16
"""Answers without an LLM in the making: what the inference thread can embed together."""
MAX_WAITING = 400
LLM_THREADS = 32
LLM_MAX_WAITING = 32


class Line:
    """A pool of threads, and how many may wait for one."""

    def __init__(self, name: str, threads: int, max_waiting: int, sorry: str) -> None:
        """Threads start when they are needed.

        Args:
            name: of the threads, for whoever looks at them.
            threads: how many work at once.
            max_waiting: how many more may wait.
            sorry: what the one is told who comes when it is full.
        """
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._room = threads + max_waiting
        self._sorry = sorry
        self._taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Do work in one of the threads, in the caller's context. Call it from one event loop.

        When the caller is cancelled, work that has not begun never does. A thread that has begun
        goes on, and keeps its place.

        Raises:
            TooManyChats: as many as may are waiting already.
            Exception: what ``work`` raised.
        """
        if self._taken >= self._room:
            raise TooManyChats(self._sorry)
        loop = asyncio.get_running_loop()
        self._taken += 1
        context = contextvars.copy_context()
        future = self._threads.submit(context.run, work)
        future.add_done_callback(lambda _: _tell(loop, self._leave))
        return await asyncio.wrap_future(future)

    def _leave(self) -> None:
        self._taken -= 1

    def close(self) -> None:
        """Take no more work, and drop what has not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Answering:
    """The two lines of one page: with and without an LLM."""

    def __init__(self) -> None:
        """No thread starts before the first answer."""
        self._plain = Line(
            "answer",
            THREADS,
            MAX_WAITING,
            "too many people are chatting here just now: send that again in a moment",
        )
        self._with_llm = Line(
            "answer-llm",
            LLM_THREADS,
            LLM_MAX_WAITING,
            "too many chats wait for the LLM just now: send that again in a moment, or turn off "
            "“Use the LLM” in the settings",
        )

    async def run(self, work: Callable[[], T], *, llm: bool) -> T:
        """Do work away from the event loop.

        Args:
            work: makes an answer; runs in a thread, in the caller's context.
            llm: whether it may wait for an LLM.

        Raises:
            TooManyChats: so many are waiting that this one would wait too long.
            Exception: what ``work`` raised.
        """
        return await (self._with_llm if llm else self._plain).run(work)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(what)
