"""The describer chain as a LangChain runnable, with models that say what they are told."""

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableLambda
from pydantic import Field

from bot.conversation import Conversation, Turn
from bot.describe.llm import describer_chain
from bot.descriptors import Description, Descriptors
from bot.llm.retries import RetryPolicy
from bot.settings import Settings
from tests.support.scripted_llm import ANSWER

QUICK = RetryPolicy(retries=1, first_wait=0.01)
CAT = Conversation((Turn("user", "my cat is asleep again"),), today=date(2026, 6, 10))


class OtherDescriber:
    """Describes everything the same way, and remembers what."""

    def __init__(self) -> None:
        self.asked: list[Conversation] = []

    def describe(self, conversation: Conversation) -> Description:
        """Always a dog."""
        self.asked.append(conversation)
        said = Conversation((Turn("user", "offline"),))
        return Description(descriptors=Descriptors(main_subject="a dog"), context=said)


class Model(GenericFakeChatModel):
    """Notes what it is sent."""

    seen: list[list[BaseMessage]] = Field(default_factory=list)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        self.seen.append(messages)
        return super()._generate(messages, *args, **kwargs)


def model(*answers: Any) -> Model:
    """A model that gives these answers in turn."""

    def messages() -> Iterator[AIMessage]:
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
            text = answer if isinstance(answer, (str, AIMessage)) else json.dumps(answer)
            yield text if isinstance(text, AIMessage) else AIMessage(text)

    return Model(messages=messages())


def test_without_an_llm_it_is_the_offline_describer() -> None:
    offline = OtherDescriber()
    chain = describer_chain(Settings(), offline)
    description = chain.invoke(CAT)
    assert description.descriptors.main_subject == "a dog"
    assert description.notice is None
    assert offline.asked == [CAT]


def test_the_llm_describes() -> None:
    description = describer_chain(model(ANSWER), OtherDescriber(), policy=QUICK).invoke(CAT)
    assert description.descriptors.main_subject == "a black cat"
    assert description.descriptors.materials_and_attributes == "black fur"
    assert (description.share, description.confidence) == (True, 0.9)
    assert (description.source, description.notice) == ("llm", None)


def test_what_is_sent_is_instructions_shots_and_data() -> None:
    llm = model(ANSWER)
    describer_chain(llm, policy=QUICK).invoke(CAT)
    (messages,) = llm.seen
    assert isinstance(messages[0], SystemMessage)
    assert isinstance(messages[-1], HumanMessage)
    said = "user: my cat is asleep again"
    assert messages[-1].content == (
        f'<conversation owner="user" today="2026-06-10">\n{said}\n</conversation>'
    )
    assert len(messages) >= 8


def test_async_batch_and_stream() -> None:
    chain = describer_chain(model(*[ANSWER] * 6), OtherDescriber(), policy=QUICK)
    subjects = {
        chain.invoke(CAT).descriptors.main_subject,
        asyncio.run(chain.ainvoke(CAT)).descriptors.main_subject,
        *(d.descriptors.main_subject for d in chain.batch([CAT, CAT])),
        *(d.descriptors.main_subject for d in chain.stream(CAT)),
    }
    assert subjects == {"a black cat"}

    async def streamed() -> list[Description]:
        return [piece async for piece in chain.astream(CAT)]

    (only,) = asyncio.run(streamed())
    assert only.descriptors.main_subject == "a black cat"


def test_it_composes_with_other_runnables() -> None:
    subject = RunnableLambda(lambda description: description.descriptors.main_subject)
    make = RunnableLambda(lambda text: Conversation((Turn("user", text),)))
    chain = make | describer_chain(model(ANSWER), policy=QUICK) | subject
    assert chain.invoke("my cat") == "a black cat"


def test_one_repair_and_no_more() -> None:
    llm = model("What a cute cat!", ANSWER)
    description = describer_chain(llm, OtherDescriber(), policy=QUICK).invoke(CAT)
    assert description.source == "llm"
    assert [type(m) for m in llm.seen[1][-2:]] == [AIMessage, HumanMessage]
    assert llm.seen[1][-2].content == "What a cute cat!"

    llm = model("What a cute cat!", "Meow.", ANSWER)
    description = describer_chain(llm, OtherDescriber(), policy=QUICK).invoke(CAT)
    assert len(llm.seen) == 2
    assert description.descriptors.main_subject == "a dog"
    assert description.source == "offline"
    assert description.notice is not None and "\n" not in description.notice
    assert "offline describer took over" in description.notice


def test_the_async_way_repairs_and_hands_over_too() -> None:
    chain = describer_chain(model("Hm.", ANSWER, "Hm.", "Hm."), OtherDescriber(), policy=QUICK)

    async def twice() -> list[Description]:
        return [await chain.ainvoke(CAT), await chain.ainvoke(CAT)]

    first, second = asyncio.run(twice())
    assert (first.source, second.source) == ("llm", "offline")


@pytest.mark.parametrize(
    "answer",
    [
        AIMessage("", additional_kwargs={"refusal": "I cannot help with that."}),
        AIMessage("", response_metadata={"finish_reason": "content_filter"}),
    ],
)
def test_a_refusal_is_taken_for_an_answer(answer: AIMessage) -> None:
    llm = model(answer, ANSWER)
    description = describer_chain(llm, OtherDescriber(), policy=QUICK).invoke(CAT)
    assert len(llm.seen) == 1
    assert description.descriptors.main_subject == "a dog"
    assert description.notice is not None


def test_any_failure_of_a_foreign_model_is_survived() -> None:
    for error in (RuntimeError("no\nluck"), KeyError("choices"), MemoryError()):
        description = describer_chain(model(error), OtherDescriber(), policy=QUICK).invoke(CAT)
        assert description.descriptors.main_subject == "a dog"
        assert description.notice is not None and "\n" not in description.notice


def test_asking_for_a_photo_counts_even_when_the_llm_says_no() -> None:
    asked = Conversation((Turn("friend", "got a cat?"), Turn("friend", "show me a photo of it!")))
    chain = describer_chain(model({**ANSWER, "share": False}), policy=QUICK)
    description = chain.invoke(asked)
    assert description.share and description.source == "llm"
    assert description.confidence > 0.5


def test_small_talk_is_no_reason_to_share() -> None:
    nothing = {name: "" for name in ANSWER} | {"share": False, "confidence": 0.95}
    hello = Conversation((Turn("user", "hello there"),))
    description = describer_chain(model(nothing), OtherDescriber(), policy=QUICK).invoke(hello)
    assert description.descriptors.is_empty()
    assert not description.share


def test_a_photo_that_the_llm_cannot_describe_is_described_offline() -> None:
    nothing = {name: "" for name in ANSWER} | {"share": True, "confidence": 0.9}
    description = describer_chain(model(nothing), OtherDescriber(), policy=QUICK).invoke(CAT)
    assert description.descriptors.main_subject == "a dog"
    assert description.share


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "😀🐈" * 50, "我的猫又在睡觉了", "مرحبا", "\x00\n"]
)
def test_odd_messages_reach_the_llm_bounded(text: str) -> None:
    llm = model(ANSWER)
    conversation = Conversation((Turn("user", "hi"), Turn("user", text)))
    assert describer_chain(llm, policy=QUICK).invoke(conversation).source == "llm"
    assert len(llm.seen[0][-1].content) < 5_000
