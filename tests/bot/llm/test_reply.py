"""What the bot says, streamed by an LLM or plain without one."""

import asyncio
import threading

import pytest

from bot.conversation import Conversation, Turn
from bot.descriptors import Description, Descriptors
from bot.llm.guard import MAX_REPLY_CHARS
from bot.llm.reply import ReplyRequest, offline_reply, reply_chain
from bot.llm.retries import RetryPolicy
from bot.settings import Settings
from tests.support import scripted_llm as server
from tests.support.scripted_llm import ScriptedLLM, scripted_llm

KEY = "sk-hunter2secret"
QUICK = RetryPolicy(retries=1, first_wait=0.01)
CAT = Conversation((Turn("user", "my cat! show a photo"),))
DESCRIPTION = Description(descriptors=Descriptors(main_subject="a cat", events="sleeping"))
REQUEST = ReplyRequest(CAT, DESCRIPTION, found=3)


def settings(llm: ScriptedLLM) -> Settings:
    """Settings for this server."""
    return Settings(base_url=llm.url, api_key=KEY, model="m", timeout=0.5)


@pytest.mark.parametrize("found", [None, 0, 1, 6])
def test_without_an_llm(found: int | None) -> None:
    request = ReplyRequest(CAT, DESCRIPTION, found)
    pieces = list(reply_chain(Settings()).stream(request))
    assert pieces == [offline_reply(request)]
    assert len({offline_reply(ReplyRequest(CAT, None, n)) for n in (None, 0, 1, 6)}) == 4


def test_pieces_come_as_they_are_written() -> None:
    with scripted_llm(server.says("Here they are, pick one!")) as llm:
        chain = reply_chain(settings(llm), policy=QUICK)
        pieces = list(chain.stream(REQUEST))
        assert len(pieces) > 2
        assert "".join(pieces) == "Here they are, pick one!"
        sent = llm.seen[0].json
        assert sent["stream"] is True
        assert "a cat, sleeping" in sent["messages"][0]["content"]
        assert "Photos found and shown: 3" in sent["messages"][0]["content"]
        assert KEY not in llm.seen[0].body

        assert chain.invoke(REQUEST) == "Here they are, pick one!"
        assert chain.batch([REQUEST, REQUEST]) == ["Here they are, pick one!"] * 2

        async def streamed() -> list[str]:
            return [piece async for piece in chain.astream(REQUEST)]

        assert "".join(asyncio.run(streamed())) == "Here they are, pick one!"
        assert asyncio.run(chain.ainvoke(REQUEST)) == "Here they are, pick one!"


def test_the_first_word_does_not_wait_for_the_last() -> None:
    read, in_time = threading.Event(), list[bool]()

    def words(handler: server.Handler, request: dict[str, object]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("connection", "close")
        handler.end_headers()
        handler.close_connection = True
        for word in ("Here", " they", " are"):
            handler.wfile.write(server.event({"content": word}))
            handler.wfile.flush()
            # The next word is written only when the one before it was read.
            in_time.append(read.wait(20))
            read.clear()
        handler.wfile.write(b"data: [DONE]\n\n")

    with scripted_llm(words) as llm:
        said = ""
        for piece in reply_chain(settings(llm)).stream(REQUEST):
            said += piece
            read.set()
    assert said == "Here they are"
    assert in_time == [True] * 3


@pytest.mark.parametrize(
    ("script", "because"),
    [
        (server.hangs(1), "did not answer in time"),
        (server.fails(401), "refused the key (401)"),
        (server.fails(500), "failed (500)"),
        (server.hangs_up, "cannot be reached"),
        (server.says(""), "reply was empty"),
        (server.says(None), "reply was empty"),
    ],
)
def test_an_llm_that_stays_away(script: server.Behaviour, because: str) -> None:
    with scripted_llm(script) as llm:
        chain = reply_chain(settings(llm), policy=QUICK)
        said = chain.invoke(REQUEST)
        assert said.startswith(offline_reply(REQUEST))
        assert because in said
        assert asyncio.run(chain.ainvoke(REQUEST)) == said
        # The user has been told already.
        told = DESCRIPTION.model_copy(update={"notice": "The LLM is away."})
        assert chain.invoke(ReplyRequest(CAT, told, 3)) == offline_reply(REQUEST)


def test_it_is_tried_again_before_the_first_word() -> None:
    with scripted_llm(server.fails(503), server.says("Here they are")) as llm:
        assert reply_chain(settings(llm), policy=QUICK).invoke(REQUEST) == "Here they are"
        assert len(llm.seen) == 2


def test_failing_half_way_keeps_what_was_said() -> None:
    def breaks_off(handler: server.Handler, request: dict[str, object]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        data = server.event({"content": "Here they"})
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.flush()
        handler.close_connection = True

    with scripted_llm(breaks_off) as llm:
        assert reply_chain(settings(llm), policy=QUICK).invoke(REQUEST) == "Here they …"
        assert len(llm.seen) == 1


def test_an_endless_reply_is_bounded() -> None:
    with scripted_llm(server.says("meow " * 100_000)) as llm:
        chain = reply_chain(settings(llm), policy=QUICK)
        for said in (chain.invoke(REQUEST), asyncio.run(chain.ainvoke(REQUEST))):
            assert len(said) <= MAX_REPLY_CHARS + 2
            assert said.endswith("…")


def test_the_key_is_cut_out_even_across_pieces() -> None:
    half = len(KEY) // 2

    def repeats(handler: server.Handler, request: dict[str, object]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("connection", "close")
        handler.end_headers()
        handler.close_connection = True
        for piece in ("It is ", KEY[:half], KEY[half:], " and s", "k-hi"):
            handler.wfile.write(server.event({"content": piece}))
        handler.wfile.write(b"data: [DONE]\n\n")

    with scripted_llm(repeats) as llm:
        pieces = list(reply_chain(settings(llm), policy=QUICK).stream(REQUEST))
    assert "".join(pieces) == "It is … and sk-hi"
