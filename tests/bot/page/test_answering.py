"""The threads in which answers are made: who waits for whom, and who is sent away."""

import asyncio
import contextvars
import threading

import pytest

from bot.errors import TooManyChats
from bot.page.answering import LLM_THREADS, Answering, Line


async def test_work_runs_away_from_the_loop_in_the_callers_context() -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who")
    who.set("me")
    line = Line("test", threads=1, max_waiting=1, sorry="")
    loop_thread = threading.get_ident()
    name, thread = await line.run(lambda: (who.get(), threading.get_ident()))
    assert name == "me" and thread != loop_thread
    with pytest.raises(ValueError, match="no good"):
        await line.run(lambda: int("no good"))
    line.close()


async def test_whoever_comes_when_too_many_wait_is_told_so_at_once() -> None:
    line = Line("test", threads=1, max_waiting=1, sorry="come back later")
    free = threading.Event()
    waiting = [asyncio.create_task(line.run(lambda: free.wait(30))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyChats, match="come back later"):
        await line.run(lambda: True)
    free.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await line.run(lambda: True)
    line.close()


async def test_a_cancelled_one_that_had_not_begun_gives_its_place_back() -> None:
    line = Line("test", threads=1, max_waiting=1, sorry="full")
    free = threading.Event()
    done: list[str] = []
    first = asyncio.create_task(line.run(lambda: free.wait(30)))
    second = asyncio.create_task(line.run(lambda: done.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await asyncio.sleep(0)
    third = asyncio.create_task(line.run(lambda: done.append("third")))
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(first, third)
    assert done == ["third"]
    line.close()


async def test_chats_without_an_llm_go_on_while_it_hangs() -> None:
    answering = Answering()
    free = threading.Event()
    hanging = [
        asyncio.create_task(answering.run(lambda: free.wait(60), llm=True))
        for _ in range(LLM_THREADS)
    ]
    await asyncio.sleep(0)
    assert await answering.run(lambda: "an answer", llm=False) == "an answer"
    free.set()
    await asyncio.gather(*hanging)
