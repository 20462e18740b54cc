"""The describer chain: conversation in, description out, by an LLM or without one."""

import json
import logging
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableLambda

from bot.conversation import Conversation
from bot.describe.base import Describer
from bot.describe.parsing import DescribeAnswer, parse_answer
from bot.describe.transcript import transcript
from bot.descriptors import FIELDS, Description, Descriptors
from bot.errors import LLMAnswerUnusable, LLMError
from bot.intent.share import wants_photo
from bot.llm.retries import RetryPolicy, causes, status_of
from bot.settings import Settings
from prompts.loader import Prompt, load_prompt

log = logging.getLogger(__name__)

MAX_ECHO_CHARS = 2_000
REPAIR = (
    "That was not the JSON object that was asked for. Answer again, with one JSON object and "
    f"nothing else. Its keys: {', '.join(FIELDS)} (strings), share (true or false), "
    "confidence (a number from 0 to 1)."
)


def describer_chain(
    llm: Settings | BaseChatModel,
    offline: Describer | None = None,
    *,
    policy: RetryPolicy | None = None,
) -> Runnable[Conversation, Description]:
    """The describer as an LCEL runnable: ``invoke``, ``ainvoke``, ``batch``, ``stream``, ``|``.

    With settings that name no LLM it is the offline describer alone. With an LLM it never raises
    for the LLM's sake: when that stays away or answers nonsense, the offline describer takes
    over and the description's ``notice`` says why in one line.

    Args:
        llm: the settings, or any LangChain chat model.
        offline: what takes over; the trained offline describer by default, which loads the
            starter at its first use.
        policy: how often to try again; by the settings by default.

    Example::

        describe = describer_chain(Settings.load())
        description = describe.invoke(Conversation((Turn("user", "my cat, look!"),)))
    """
    if offline is None:
        from bot.describe.phrases import PhraseDescriber

        offline = PhraseDescriber()
    if isinstance(llm, Settings):
        if not llm.uses_llm:
            return RunnableLambda(offline.describe, name="offline_describer")
        from bot.llm.client import endpoint_of, make_chat_model, policy_of, secrets_of

        describer = LLMDescriber(
            model=make_chat_model(llm),
            offline=offline,
            policy=policy or policy_of(llm),
            endpoint=endpoint_of(llm),
            model_name=llm.model,
            secrets=secrets_of(llm),
        )
    else:
        describer = LLMDescriber(model=llm, offline=offline, policy=policy or RetryPolicy())
    return RunnableLambda(describer.describe, afunc=describer.adescribe, name="describer")


@dataclass
class _Ask:
    """One request to the LLM."""

    messages: list[BaseMessage]
    structured: bool


@dataclass
class LLMDescriber:
    """Describes by an LLM, and hands over to ``offline`` when that fails.

    The steps are one generator without any waiting in it, which a plain and an ``async`` driver
    share: it yields what to ask, and is sent the answer or the error.
    """

    model: BaseChatModel
    offline: Describer
    policy: RetryPolicy
    endpoint: str | None = None
    model_name: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    prompt: Prompt = field(default_factory=lambda: load_prompt("describe"))

    def __post_init__(self) -> None:
        self._structured = _with_schema(self.model)

    def describe(self, conversation: Conversation) -> Description:
        """The description, by the LLM if it can be had."""
        steps = self._steps(conversation)
        try:
            ask = next(steps)
            while True:
                runnable = self._runnable(ask)
                try:
                    answer = self.policy.call(partial(runnable.invoke, ask.messages))
                except Exception as error:
                    ask = steps.throw(error)
                else:
                    ask = steps.send(answer)
        except StopIteration as stop:
            return stop.value

    async def adescribe(self, conversation: Conversation) -> Description:
        """:meth:`describe` without blocking the event loop."""
        import asyncio

        steps = self._steps(conversation)
        # The steps may run the offline describer, which computes.
        ask, done = await asyncio.to_thread(_advance, steps, None, None)
        while ask is not None:
            runnable = self._runnable(ask)
            answer, failure = None, None
            try:
                answer = await self.policy.acall(partial(runnable.ainvoke, ask.messages))
            except Exception as error:
                failure = error
            ask, done = await asyncio.to_thread(_advance, steps, answer, failure)
        assert done is not None
        return done

    def _runnable(self, ask: _Ask) -> Runnable[Any, Any]:
        return self._structured if ask.structured and self._structured else self.model

    def _steps(self, conversation: Conversation) -> Generator[_Ask, Any, Description]:
        try:
            descriptors, share, confidence = yield from self._ask(conversation)
        except LLMError as error:
            return self._handed_over(conversation, error)
        except Exception as error:
            # What a foreign model or server can raise is no closed set, and none of it may end
            # the chat.
            typed = self._typed(error)
            log.debug("the LLM failed: %s", type(error).__name__)
            return self._handed_over(conversation, typed)
        wanted, sureness = wants_photo(conversation)
        if wanted and not share:
            share, confidence = True, sureness
        if share and descriptors.is_empty():
            alone = self.offline.describe(conversation)
            return alone.model_copy(update={"share": True, "confidence": confidence})
        return Description(
            descriptors=self._without_secrets(descriptors),
            share=share,
            confidence=confidence,
            source="llm",
        )

    def _ask(
        self, conversation: Conversation
    ) -> Generator[_Ask, Any, tuple[Descriptors, bool, float]]:
        messages = describe_messages(self.prompt, conversation)
        structured = self._structured is not None
        try:
            reply = yield _Ask(messages, structured)
        except Exception as error:
            if cut := _cut_off(error):
                reply = AIMessage(cut)
            elif structured and _dislikes_schema(error):
                # Remembered, so that the next conversation does not ask in vain.
                self._structured, structured = None, False
                reply = yield _Ask(messages, structured)
            else:
                raise
        text = _text_of(reply)
        try:
            return parse_answer(text)
        except LLMAnswerUnusable:
            log.debug("the answer was no description; asking once more")
        echo = text[:MAX_ECHO_CHARS] or "(nothing)"
        try:
            reply = yield _Ask([*messages, AIMessage(echo), HumanMessage(REPAIR)], structured)
        except Exception as error:
            cut = _cut_off(error)
            if not cut:
                raise
            reply = AIMessage(cut)
        return parse_answer(_text_of(reply))

    def _typed(self, error: Exception) -> LLMError:
        from bot.llm.client import as_llm_error

        return as_llm_error(error, self.endpoint, self.model_name)

    def _handed_over(self, conversation: Conversation, error: LLMError) -> Description:
        reason = str(error)
        notice = f"{reason[:1].upper()}{reason[1:]}; the offline describer took over."
        return self.offline.describe(conversation).model_copy(update={"notice": notice})

    def _without_secrets(self, descriptors: Descriptors) -> Descriptors:
        # A hostile server knows the key, and could write it where others would see it.
        fields = descriptors.model_dump()
        for secret in self.secrets:
            fields = {name: text.replace(secret, "") for name, text in fields.items()}
        return Descriptors(**fields)


def describe_messages(prompt: Prompt, conversation: Conversation) -> list[BaseMessage]:
    """Instructions, shots as turns of their own, and the conversation as data."""
    messages: list[BaseMessage] = [SystemMessage(prompt.system)]
    for example in prompt.examples:
        messages += [HumanMessage(example.question), AIMessage(example.answer)]
    return [*messages, HumanMessage(transcript(conversation))]


def answer_schema() -> dict[str, Any]:
    """The JSON schema of the answer, every string bounded, in the form that servers take."""
    schema = DescribeAnswer.model_json_schema()
    schema.pop("description")
    for entry in schema["properties"].values():
        entry.pop("title", None)
    return {"name": schema.pop("title"), "strict": True, "schema": schema}


def _with_schema(model: BaseChatModel) -> Runnable[Any, Any] | None:
    """The model held to the schema; None where that is not to be had."""
    name = str(getattr(model, "model_name", ""))
    # For these LangChain falls back to function calls, whose answers are no text.
    if name.startswith(("gpt-3", "gpt-4-")) or name == "gpt-4":
        return None
    try:
        return model.with_structured_output(answer_schema(), method="json_schema", include_raw=True)
    except (NotImplementedError, TypeError, ValueError):
        return None


def _advance(
    steps: Generator[_Ask, Any, Description], answer: Any, failure: Exception | None
) -> tuple[_Ask | None, Description | None]:
    try:
        return (steps.throw(failure) if failure else steps.send(answer)), None
    except StopIteration as stop:
        return None, stop.value


def _text_of(reply: Any) -> str:
    """The words of a reply, however it is wrapped. Raises LLMAnswerUnusable for a refusal."""
    if isinstance(reply, dict) and "raw" in reply:
        reply = reply["raw"]
    if isinstance(reply, str):
        return reply
    if isinstance(reply, dict):
        return json.dumps(reply)
    if getattr(reply, "additional_kwargs", {}).get("refusal"):
        raise LLMAnswerUnusable("the LLM refused to answer")
    if getattr(reply, "response_metadata", {}).get("finish_reason") == "content_filter":
        raise LLMAnswerUnusable("the LLM's filter withheld the answer")
    content = getattr(reply, "content", "")
    if isinstance(content, list):
        parts = (part if isinstance(part, str) else part.get("text", "") for part in content)
        return "".join(str(part) for part in parts)
    return str(content)


def _cut_off(error: BaseException) -> str | None:
    """What an answer that ran into the token limit held until then, else None."""
    for cause in causes(error):
        choices = getattr(getattr(cause, "completion", None), "choices", None)
        if choices:
            return choices[0].message.content or None
    return None


def _dislikes_schema(error: Exception) -> bool:
    """Whether the server turned the request down because of the schema in it."""
    if status_of(error) not in (400, 404, 415, 422, 500, 501):
        return False
    words = f"{error} {getattr(error, 'body', '')}"[:4_000].lower()
    names = ("response_format", "json_schema", "json schema", "structured output", "grammar")
    return any(name in words for name in names)
