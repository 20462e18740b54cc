"""The chain against a real OpenAI-compatible server with a real, small model.

The model is too small to describe well; what is tested is the protocol: the schema is taken, the
answer has its shape, the reply streams.
"""

import asyncio
from collections.abc import Iterator

import pytest

from bot.conversation import Conversation, Turn
from bot.describe.answer import DescribeAnswer, answer_schema
from bot.describe.llm import describe_messages, describer_chain
from bot.describe.llm_status import check_llm
from bot.descriptors import MAX_FIELD_CHARS, Description
from bot.llm.client import make_chat_model
from bot.llm.reply import ReplyRequest, reply_chain
from bot.llm.retries import RetryPolicy
from bot.settings import Settings
from prompts.loader import load_prompt
from tests.support.llm_server import real_llm, why_no_server

reason = why_no_server()
pytestmark = pytest.mark.skipif(reason is not None, reason=reason or "")

ONCE = RetryPolicy(retries=0, patience=600)
CAT = Conversation(
    (Turn("user", "my cat is being dramatic again"), Turn("friend", "oh no, show me a photo!"))
)


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """Settings for the server, with patience for a busy machine."""
    with real_llm() as url:
        yield Settings(base_url=url, model="smollm2", timeout=240)


def assert_described(description: Description) -> None:
    """The LLM's own description, in shape."""
    assert description.source == "llm"
    assert description.notice is None
    assert description.share
    assert 0 <= description.confidence <= 1
    fields = description.descriptors.model_dump()
    assert any(fields.values())
    assert all(len(text) <= MAX_FIELD_CHARS for text in fields.values())


def test_the_server_answers(settings: Settings) -> None:
    status = check_llm(settings, timeout=60)
    assert (status.answers, status.reason, status.model) == (True, "answers", "smollm2")


def test_structured_output_through_langchain(settings: Settings) -> None:
    """Held to the schema, the answer is exactly of the shape, with no forgiving needed."""
    model = make_chat_model(settings)
    structured = model.with_structured_output(
        answer_schema(), method="json_schema", include_raw=True
    )
    answer = structured.invoke(describe_messages(load_prompt("describe"), CAT))
    DescribeAnswer.model_validate_json(answer["raw"].content)


def test_describes_in_both_ways(settings: Settings) -> None:
    chain = describer_chain(settings, policy=ONCE)
    assert_described(chain.invoke(CAT))
    assert_described(asyncio.run(chain.ainvoke(CAT)))


def test_the_reply_streams(settings: Settings) -> None:
    pieces = list(reply_chain(settings, policy=ONCE).stream(ReplyRequest(CAT, None, 3)))
    assert len(pieces) > 3
    assert 10 < len("".join(pieces)) < 1_300
