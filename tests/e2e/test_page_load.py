"""Many chats at one page: whoever is slow holds up nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.benchmarks.chat_load import Chat, Measured
from tests.e2e.conftest import PageServer
from tests.support.loop_watch import MARK, off_the_loop
from tests.support.scripted_llm import hangs, scripted_llm

pytestmark = pytest.mark.timeout(300)

STORY = "my cat is being dramatic again, you should see his face"


@asynccontextmanager
async def chatting(server: PageServer, *texts: str) -> AsyncIterator[Chat]:
    """A chat that will say these texts."""
    chat = Chat(server.address, 0, Measured())
    chat.texts = iter(texts)
    await chat.open()
    yield chat
    await chat.socket.disconnect()


async def test_nothing_blocks_the_event_loop(open_server: PageServer) -> None:
    texts = (STORY, "more", "show me the rocket", "share the first", "thanks", "how many photos?")
    async with chatting(open_server, *texts) as chat:
        for _ in texts:
            await chat.say()
        assert chat.measured.errors == {}
        share = {"name": "share_photo", "payload": {"photo_id": 2}, "label": "", "id": "1"}
        async with httpx.AsyncClient(base_url=open_server.address) as client:
            for path in ("/", "/photos/1/thumb", "/photos/1/view", "/project/settings"):
                assert (await client.get(path)).status_code == 200
            answer = await client.post(
                "/project/action",
                json={"action": {**share, "forId": "1"}, "sessionId": chat.session},
            )
            assert answer.status_code == 200, answer.text
    assert [line for line in open_server.lines if MARK in line] == []


async def test_what_blocks_a_loop_is_noticed() -> None:
    told: list[str] = []
    sleep = off_the_loop(time.sleep, told.append)
    await asyncio.to_thread(sleep, 0)
    assert told == []
    sleep(0)
    (line,) = told
    assert line.startswith(f"{MARK} sleep")


async def test_a_text_that_takes_long_to_embed_holds_up_no_page(
    start_page: Callable[..., PageServer], tmp_path: Path
) -> None:
    gate = tmp_path / "open"
    server = start_page("gate", TEST_GATE=str(gate))
    async with (
        chatting(server, "show me the photo of the lighthouse") as slow,
        chatting(server, "thanks", "more") as quick,
    ):
        waiting = asyncio.create_task(slow.say())
        for _ in range(2):
            await quick.say()
        async with httpx.AsyncClient(base_url=server.address) as client:
            assert (await client.get("/photos/1/thumb")).status_code == 200
        assert not waiting.done()
        gate.touch()
        await waiting
        assert slow.measured.errors == quick.measured.errors == {}
        assert len(slow.measured.seconds) == 1


async def test_an_llm_that_hangs_holds_up_only_those_who_ask_it(
    start_page: Callable[..., PageServer],
) -> None:
    with scripted_llm(hangs(60)) as llm:
        server = start_page("hanging", OPENAI_BASE_URL=llm.url)
        async with (
            chatting(server, STORY) as slow,
            chatting(server, "show me the cat", "more", "thanks") as quick,
        ):
            waiting = asyncio.create_task(slow.say())
            while not llm.seen:
                await asyncio.sleep(0.05)
            for _ in range(3):
                await quick.say()
            assert quick.measured.errors == {} and len(quick.measured.seconds) == 3
            assert not waiting.done()
            waiting.cancel()
