"""LLM servers as they are: each kind, on loopback, through the describer and the reply."""

import asyncio
import gzip
import json
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.conversation import Conversation, Turn
from bot.describe.llm import describer_chain
from bot.describe.rules import RuleDescriber
from bot.descriptors import Description
from bot.llm.outage import Outage
from bot.llm.reply import ReplyRequest, offline_reply, reply_chain
from bot.llm.retries import RetryPolicy
from bot.settings import Settings
from tests.support import scripted_llm as server
from tests.support.scripted_llm import ANSWER, Behaviour, ScriptedLLM, scripted_llm

GOOD = json.dumps(ANSWER)
DRAFT = json.dumps({**ANSWER, "main_subject": "a draft"})
CAT = Conversation((Turn("user", "my cat is asleep again, show them a photo"),))
REQUEST = ReplyRequest(CAT, None, found=3)
ONCE = RetryPolicy(retries=0)
HERE = "Here they are, pick one!"


def settings(llm: ScriptedLLM, **more: Any) -> Settings:
    return Settings(base_url=llm.url, model="m", timeout=5, **more)


def describe(llm: ScriptedLLM, conversation: Conversation = CAT) -> Description:
    return describer_chain(settings(llm), RuleDescriber(), policy=ONCE).invoke(conversation)


def reply(llm: ScriptedLLM) -> str:
    """What is said, which must be the same both ways."""
    chain = reply_chain(settings(llm), policy=ONCE)

    async def streamed() -> str:
        return "".join([piece async for piece in chain.astream(REQUEST)])

    said = "".join(chain.stream(REQUEST))
    assert asyncio.run(streamed()) == said
    return said


# -- where the answer lies ---------------------------------------------------------------------

CALL = {"id": "1", "type": "function", "function": {"name": "photo", "arguments": GOOD}}


@pytest.mark.parametrize(
    "script",
    [
        server.says(None, tool_calls=[CALL]),
        server.says("", "tool_calls", tool_calls=[CALL]),
        server.says(None, function_call={"name": "photo", "arguments": GOOD}),
        server.says("", reasoning_content=GOOD),
        server.says(None, reasoning=f"Hm. {GOOD}"),
        server.says(GOOD, reasoning_content=DRAFT),
        server.says(f"<think>{DRAFT}</think>{GOOD}"),
        server.says(json.dumps(GOOD)),
        server.says(GOOD.replace('"a chair"', '"a 12" chair"')),
        server.says(GOOD.replace('"a chair",', '"a chair", // close by\n')),
    ],
)
def test_the_answer_is_found(script: Behaviour) -> None:
    with scripted_llm(script) as llm:
        described = describe(llm)
        assert len(llm.seen) == 1
    assert (described.source, described.descriptors.main_subject) == ("llm", "a black cat")


def test_the_answer_is_found_by_the_async_way_too() -> None:
    with scripted_llm(server.says(None, tool_calls=[CALL])) as llm:
        chain = describer_chain(settings(llm), RuleDescriber(), policy=ONCE)
        assert asyncio.run(chain.ainvoke(CAT)).source == "llm"


def test_a_draft_that_was_cut_off_in_thoughts_is_no_answer() -> None:
    with scripted_llm(server.says("", "length", reasoning_content=DRAFT)) as llm:
        described = describe(llm)
    assert described.source == "offline"
    assert described.notice is not None and "PHOTOPAL_MAX_TOKENS" in described.notice


def test_half_an_emoji_in_an_answer_ends_nothing() -> None:
    answer = GOOD.replace("a black cat", "a rocket \\ud83d")
    with scripted_llm(server.says(answer)) as llm:
        described = describe(llm, Conversation((Turn("user \ud83d", "a rocket \ud83d"),)))
        assert described.descriptors.main_subject == "a rocket"
    with scripted_llm(server.says("Here \ud83d they are")) as llm:
        reply(llm).encode()


# -- refusals that another request cures -------------------------------------------------------


def refuses(unless: Any, message: str, status: int = 400, **error: Any) -> Behaviour:
    """Refuses every request but those for which ``unless`` is true; then describes or says."""
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", **error}})

    def behave(handler: server.Handler, request: dict[str, Any]) -> None:
        if not unless(request):
            handler.reply(status, body.encode())
        else:
            server.says(HERE if request.get("stream") else GOOD)(handler, request)

    return behave


def no_schema(request: dict[str, Any]) -> bool:
    return "response_format" not in request


def no_system(request: dict[str, Any]) -> bool:
    roles = [message["role"] for message in request["messages"]]
    return "system" not in roles and all(a != b for a, b in pairwise(roles))


@pytest.mark.parametrize(
    ("unless", "message"),
    [
        (no_schema, "This response_format type is unavailable now"),
        (no_schema, "`json_schema` is not supported by this model"),
        (no_schema, "guided decoding is disabled"),
        (no_schema, "Invalid parameter combination"),
        (no_schema, "Extra inputs are not permitted"),
        (
            lambda request: "max_completion_tokens" in request and "max_tokens" not in request,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
        ),
        (
            lambda request: "temperature" not in request,
            "Unsupported value: 'temperature' does not support 0 with this model.",
        ),
        (no_system, "System role not supported"),
        (no_system, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (no_system, "Developer instruction is not enabled for models/m"),
        (
            lambda request: no_schema(request) and no_system(request),
            "response_format, or the system role, is not supported",
        ),
    ],
)
def test_a_refusal_is_cured_once_and_remembered(unless: Any, message: str) -> None:
    with scripted_llm(refuses(unless, message)) as llm:
        assert describe(llm).source == "llm"
        asked = len(llm.seen)
        assert 2 <= asked <= 3
        assert "show them a photo" in llm.seen[-1].body
        # Another chain of the same process does not ask in vain again.
        assert describe(llm).source == "llm"
        assert len(llm.seen) == asked + 1


def test_the_reply_is_cured_too() -> None:
    with scripted_llm(refuses(no_system, "System role not supported")) as llm:
        assert reply(llm) == HERE
        assert len(llm.seen) == 3


@pytest.mark.parametrize("status", [400, 422])
def test_what_no_change_cures_is_not_remembered(status: int) -> None:
    with scripted_llm(refuses(lambda request: False, "No.", status)) as llm:
        described = describe(llm)
        assert described.notice is not None and f"({status})" in described.notice
        assert len(llm.seen) == 2
        describe(llm)
        assert "response_format" in llm.seen[2].json


@pytest.mark.parametrize("message", ["Invalid API key", "maximum context length is 2048 tokens"])
def test_what_a_plainer_request_would_not_cure_is_asked_once(message: str) -> None:
    with scripted_llm(refuses(lambda request: False, message)) as llm:
        assert describe(llm).source == "offline"
        assert len(llm.seen) == 1


def test_the_answer_inside_a_refusal_is_read() -> None:
    message = "Failed to generate JSON. Please adjust your prompt."
    script = refuses(lambda request: False, message, failed_generation=f"Sure: {GOOD}")
    with scripted_llm(script) as llm:
        assert describe(llm).descriptors.main_subject == "a black cat"
        assert len(llm.seen) == 1


# -- thoughts and tokens -----------------------------------------------------------------------


def thinks(limit: int) -> Behaviour:
    """Spends ``limit`` tokens on thoughts before it answers."""

    def behave(handler: server.Handler, request: dict[str, Any]) -> None:
        enough = request.get("max_tokens", 0) > limit
        if request.get("stream"):
            words = HERE.split(" ") if enough else []
            server.stream(handler, words, finish="stop" if enough else "length")
        elif enough:
            server.says(GOOD)(handler, request)
        else:
            server.says("<think>\nHm, a cat", "length")(handler, request)

    return behave


def test_more_tokens_when_all_were_spent_on_thoughts() -> None:
    with scripted_llm(thinks(1_500)) as llm:
        assert describe(llm).source == "llm"
        assert [seen.json["max_tokens"] for seen in llm.seen] == [1_024, 4_096]
        assert describe(llm).source == "llm"
        assert [seen.json["max_tokens"] for seen in llm.seen[2:]] == [4_096]


def test_a_reply_gets_more_tokens_too() -> None:
    with scripted_llm(thinks(500)) as llm:
        assert reply(llm) == HERE
        assert [seen.json["max_tokens"] for seen in llm.seen] == [400, 1_600, 1_600]


def test_the_limit_is_a_setting() -> None:
    assert Settings.load({"PHOTOPAL_MAX_TOKENS": "3000"}).max_tokens == 3_000
    with scripted_llm(server.says(GOOD)) as llm:
        describer_chain(settings(llm, max_tokens=3_000), RuleDescriber()).invoke(CAT)
        assert llm.seen[0].json["max_tokens"] == 3_000


@pytest.mark.parametrize(
    "said",
    [
        f"<think>The user wants {{a}} cat.</think>\n\n{HERE}",
        f"[THINK]The user wants a cat.[/THINK]{HERE}",
        f"<thought>A cat.</thought> {HERE}",
        f"<reasoning>A cat. A cat.</reasoning>{HERE}",
        f"<|channel|>analysis<|message|>A cat.<|end|><|start|>assistant<|channel|>final<|message|>"
        f"{HERE}<|return|>",
        f"Okay, the user wants a cat.</think>{HERE}",
        f"Photopal: {HERE}",
        f"**Assistant:** {HERE}",
        f"{HERE}\nuser: thanks\nPhotopal: You're welcome!",
        f"{HERE}\n\nUser: thanks",
        f"{HERE} {HERE} {HERE}",
        f"{HERE}\n{HERE}",
    ],
)
def test_only_the_reply_itself_is_shown(said: str) -> None:
    with scripted_llm(server.says(said)) as llm:
        assert reply(llm).strip() == HERE


@pytest.mark.parametrize(
    "said", ["<think>The user wants a cat. I", "<|channel|>analysis<|message|>A"]
)
def test_thoughts_alone_are_no_reply(said: str) -> None:
    with scripted_llm(server.says(said)) as llm:
        assert reply(llm).startswith(offline_reply(REQUEST))


def test_going_round_in_circles_ends_a_reply() -> None:
    with scripted_llm(server.says("Look at " + "the cat and the dog and " * 200)) as llm:
        said = reply(llm)
    assert said.endswith(" …") and len(said) < 100


def test_what_only_resembles_a_loop_or_a_label_is_said() -> None:
    said = (
        "Here! Here! The cat is here. The cat and the dog are here: user photos, mostly.\nNote: ok"
    )
    with scripted_llm(server.says(said)) as llm:
        assert reply(llm) == said


# -- transport ---------------------------------------------------------------------------------


def packed(body: bytes, coding: str) -> Behaviour:
    return lambda handler, request: handler.reply(200, body, {"content-encoding": coding})


RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
COMPLETION = server.completion({"content": GOOD})


@pytest.mark.parametrize(
    "script",
    [
        packed(gzip.compress(COMPLETION), "gzip"),
        packed(gzip.compress(COMPLETION), "X-GZIP"),
        packed(zlib.compress(COMPLETION), "deflate"),
        packed(RAW_DEFLATE.compress(COMPLETION) + RAW_DEFLATE.flush(), "deflate"),
    ],
)
def test_compressed_answers_are_read(script: Behaviour) -> None:
    with scripted_llm(script) as llm:
        assert describe(llm).source == "llm"
        assert llm.seen[0].headers["accept-encoding"] == "identity"
        chain = describer_chain(settings(llm), RuleDescriber(), policy=ONCE)
        assert asyncio.run(chain.ainvoke(CAT)).source == "llm"


@pytest.mark.parametrize(
    ("script", "because"),
    [
        (packed(gzip.compress(b" " * 50_000_000), "gzip"), "far too long"),
        (packed(b"not packed at all", "gzip"), "LLM"),
        (packed(COMPLETION, "br"), "compressed (br)"),
    ],
)
def test_what_cannot_be_unpacked_is_told(script: Behaviour, because: str) -> None:
    with scripted_llm(script) as llm:
        described = describe(llm)
    assert described.source == "offline"
    assert described.notice is not None and because in described.notice


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("https_proxy", "gopher://127.0.0.1:70"),
        ("HTTP_PROXY", "http://127.0.0.1:not-a-port"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
        ("SSL_CERT_DIR", "/no/such/folder"),
    ],
)
def test_a_variable_that_cannot_be_used_means_offline(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    # An address of the block for documentation: nothing is there, and nothing is asked.
    away = Settings(base_url="https://192.0.2.1/v1", model="m", timeout=1)
    described = describer_chain(away, RuleDescriber(), policy=ONCE).invoke(CAT)
    assert described.source == "offline"
    assert described.notice is not None and name in described.notice
    assert value not in described.notice
    assert reply_chain(away, policy=ONCE).invoke(REQUEST) == offline_reply(REQUEST)
    with scripted_llm(server.says(GOOD)) as llm:
        assert describe(llm).source == "llm", "no proxy can reach this machine"


def test_a_folder_of_certificates_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    away = Settings(base_url="https://192.0.2.1/v1", model="m", timeout=1)
    assert describer_chain(away, RuleDescriber(), policy=ONCE)


# -- outages -----------------------------------------------------------------------------------


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_outage_is_waited_for_and_told_of_once() -> None:
    clock = Clock()
    outage = Outage(cool_down=30, clock=clock)
    script = [server.fails(503)] * 2 + [server.says(GOOD)]
    with scripted_llm(*script) as llm:
        chain = describer_chain(settings(llm), RuleDescriber(), policy=ONCE, outage=outage)
        replies = reply_chain(settings(llm), policy=ONCE, outage=outage)
        first = chain.invoke(CAT)
        assert first.notice is not None and "http" not in first.notice
        assert llm.url not in first.notice
        assert replies.invoke(REQUEST) == offline_reply(REQUEST)
        assert [chain.invoke(CAT).notice, chain.invoke(CAT).notice] == [None, None]
        assert len(llm.seen) == 1
        clock.now = 31
        assert chain.invoke(CAT).notice is None
        assert len(llm.seen) == 2
        clock.now = 62
        assert chain.invoke(CAT).source == "llm"
        assert len(llm.seen) == 3


def test_after_an_outage_the_next_one_is_told_of_again() -> None:
    clock = Clock()
    outage = Outage(cool_down=30, clock=clock)
    with scripted_llm(server.fails(503), server.says(GOOD), server.fails(503)) as llm:
        chain = describer_chain(settings(llm), RuleDescriber(), policy=ONCE, outage=outage)
        assert chain.invoke(CAT).notice is not None
        clock.now = 31
        assert chain.invoke(CAT).source == "llm"
        assert chain.invoke(CAT).notice is not None


def test_without_an_outage_every_conversation_is_tried() -> None:
    with scripted_llm(server.fails(503)) as llm:
        assert describe(llm).notice == describe(llm).notice is not None
        assert len(llm.seen) == 2
