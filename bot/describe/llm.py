"""The describer chain: conversation in, description out, by an LLM or without one."""

import json
import logging
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableLambda

from bot.conversation import Conversation
from bot.describe.answer import answer_schema
from bot.describe.base import Describer
from bot.describe.parsing import parse_answer
from bot.descriptors import FIELDS, Description, Descriptors
from bot.errors import LLMAnswerUnusable, LLMError, NetworkSettingInvalid
from bot.intent.share import wants_photo
from bot.llm.outage import Outage
from bot.llm.retries import RetryPolicy, causes
from bot.llm.thoughts import without_thoughts
from bot.llm.transcript import transcript
from bot.settings import Settings
from prompts.loader import Prompt, load_prompt
from retrieval.search.filters import Place

log = logging.getLogger(__name__)

MAX_ECHO_CHARS = 2_000
REPAIR = (
    "That was not the JSON object that was asked for. Answer again, with one JSON object and "
    f"nothing else. Its keys: {', '.join(FIELDS)} (strings), share (true or false), "
    "confidence (a number from 0 to 1), move (a word), when and where (objects or null), exclude "
    "(a string)."
)

Steps = Generator[list[BaseMessage], Any, Description]


def describer_chain(
    llm: Settings | BaseChatModel,
    offline: Describer | None = None,
    *,
    policy: RetryPolicy | None = None,
    outage: Outage | None = None,
) -> Runnable[Conversation, Description]:
    """The describer as an LCEL runnable: ``invoke``, ``ainvoke``, ``batch``, ``stream``, ``|``.

    With settings that name no LLM it is the offline describer alone. With an LLM it never raises
    for the LLM's sake: when that stays away or answers nonsense, the offline describer takes
    over and the description's ``notice`` says why in one line.

    Args:
        llm: the settings, or any LangChain chat model.
        offline: what takes over; the one that the settings choose by default, which loads what it
            needs at its first use.
        policy: how often to try again; by the settings by default.
        outage: of a chat, so that the messages after a failure neither wait for the LLM's time-outs
            again nor tell of it again. Without it, every conversation is tried and told of.

    Example::

        describe = describer_chain(Settings.load())
        description = describe.invoke(Conversation((Turn("user", "my cat, look!"),)))
    """
    if offline is None:
        from bot.describe.offline import offline_describer

        offline = offline_describer(llm.describer if isinstance(llm, Settings) else "auto")
    if not isinstance(llm, Settings):
        describer = LLMDescriber(llm, offline, policy or RetryPolicy(), outage=outage)
    elif not llm.uses_llm:
        return RunnableLambda(offline.describe, name="offline_describer")
    else:
        from bot.llm.client import make_chat_model, policy_of, secrets_of

        try:
            model = make_chat_model(llm)
        except NetworkSettingInvalid as error:
            handing_over = _HandingOver(offline, error, outage)
            return RunnableLambda(handing_over.describe, name="offline_describer")
        describer = LLMDescriber(
            model=model,
            offline=offline,
            policy=policy or policy_of(llm),
            model_name=llm.model,
            secrets=secrets_of(llm),
            outage=outage,
        )
    return RunnableLambda(describer.describe, afunc=describer.adescribe, name="describer")


@dataclass(frozen=True)
class _HandingOver:
    """Describes offline because of an error, and says so."""

    offline: Describer
    error: LLMError
    outage: Outage | None

    def describe(self, conversation: Conversation) -> Description:
        reason = str(self.error)
        notice: str | None = f"{reason[:1].upper()}{reason[1:]}; the offline describer took over."
        if self.outage is not None and notice is not None:
            notice = self.outage.notice(notice)
        return self.offline.describe(conversation).model_copy(update={"notice": notice})


@dataclass
class LLMDescriber:
    """Describes by an LLM, and hands over to ``offline`` when that fails.

    The steps are one generator without any waiting in it, which a plain and an ``async`` driver
    share: it yields the messages to send, and is sent the answer or the error.
    """

    model: BaseChatModel
    offline: Describer
    policy: RetryPolicy
    model_name: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    prompt: Prompt = field(default_factory=lambda: load_prompt("describe"))
    outage: Outage | None = None

    def __post_init__(self) -> None:
        self._asked: Runnable[Any, Any] = _with_schema(self.model) or self.model

    def describe(self, conversation: Conversation) -> Description:
        """The description, by the LLM if it can be had."""
        return self._drive(self._steps(conversation))

    def ask(self, conversation: Conversation) -> Description:
        """The LLM's own description; raises what goes wrong instead of handing over."""
        return self._drive(self._ask(conversation))

    def _drive(self, steps: Steps) -> Description:
        try:
            messages = next(steps)
            while True:
                try:
                    answer = self.policy.call(partial(self._asked.invoke, messages))
                except Exception as error:
                    messages = steps.throw(error)
                else:
                    messages = steps.send(answer)
        except StopIteration as stop:
            return stop.value

    async def adescribe(self, conversation: Conversation) -> Description:
        """:meth:`describe` without blocking the event loop."""
        import asyncio

        steps = self._steps(conversation)
        # The steps may run the offline describer, which computes.
        messages, done = await asyncio.to_thread(_advance, steps, None, None)
        while messages is not None:
            answer, failure = None, None
            try:
                answer = await self.policy.acall(partial(self._asked.ainvoke, messages))
            except Exception as error:
                failure = error
            messages, done = await asyncio.to_thread(_advance, steps, answer, failure)
        assert done is not None
        return done

    def _steps(self, conversation: Conversation) -> Steps:
        try:
            if self.outage is not None:
                self.outage.check()
            described = yield from self._ask(conversation)
        except Exception as error:
            # What a foreign model or server can raise is no closed set, and none of it may end
            # the chat.
            typed = self._typed(error)
            log.debug("the LLM failed: %s", type(error).__name__)
            if self.outage is not None:
                self.outage.failed(typed)
            return _HandingOver(self.offline, typed, self.outage).describe(conversation)
        if self.outage is not None:
            self.outage.over()
        wanted, sureness = wants_photo(conversation)
        if wanted and not described.share:
            described = described.model_copy(update={"share": True, "confidence": sureness})
        if described.share and described.descriptors.is_empty():
            kept = described.model_dump(include={"share", "confidence", "move", "exclude"})
            kept |= {"when": described.when, "where": described.where}
            return self.offline.describe(conversation).model_copy(update=kept)
        return self._without_secrets(described)

    def _ask(self, conversation: Conversation) -> Steps:
        messages = describe_messages(self.prompt, conversation)
        text = yield from self._text(messages)
        try:
            return parse_answer(text)
        except LLMAnswerUnusable:
            log.debug("the answer was no description; asking once more")
        echo = without_thoughts(text)[:MAX_ECHO_CHARS].strip() or "(nothing)"
        return parse_answer(
            (yield from self._text([*messages, AIMessage(echo), HumanMessage(REPAIR)]))
        )

    def _text(self, messages: list[BaseMessage]) -> Generator[list[BaseMessage], Any, str]:
        """The words of the answer, as far as they go when it ran into the token limit."""
        try:
            reply = yield messages
        except Exception as error:
            cut = _cut_off(error)
            if not cut:
                raise
            return cut
        return _text_of(reply)

    def _typed(self, error: Exception) -> LLMError:
        from bot.llm.client import as_llm_error

        return as_llm_error(error, model=self.model_name)

    def _without_secrets(self, described: Description) -> Description:
        # A hostile server knows the key, and could write it where others would see it.
        if not self.secrets:
            return described

        def clean(text: str) -> str:
            for secret in self.secrets:
                text = text.replace(secret, "")
            return text

        fields = {name: clean(text) for name, text in described.descriptors.model_dump().items()}
        places = (Place(clean(p.city), clean(p.region), clean(p.country)) for p in described.where)
        update = {
            "descriptors": Descriptors(**fields),
            "exclude": clean(described.exclude),
            "where": tuple(places),
        }
        return described.model_copy(update=update)


def describe_messages(prompt: Prompt, conversation: Conversation) -> list[BaseMessage]:
    """Instructions, shots as turns of their own, and the conversation as data."""
    messages: list[BaseMessage] = [SystemMessage(prompt.system)]
    for example in prompt.examples:
        messages += [HumanMessage(example.question), AIMessage(example.answer)]
    dated = replace(conversation, today=conversation.today or date.today())
    return [*messages, HumanMessage(transcript(dated))]


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
    steps: Steps, answer: Any, failure: Exception | None
) -> tuple[list[BaseMessage] | None, Description | None]:
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
            said = choices[0].message.content or ""
            return said if without_thoughts(said).strip() else None
    return None
