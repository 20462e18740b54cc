"""What the bot says next to the photos: streamed by an LLM, or a plain sentence without one."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableGenerator

from bot.conversation import Conversation
from bot.descriptors import FIELDS, Description
from bot.errors import LLMAnswerUnusable, NetworkSettingInvalid
from bot.llm.compat import Cure, Cures
from bot.llm.guard import ReplyGuard
from bot.llm.outage import Outage
from bot.llm.retries import RetryPolicy
from bot.llm.thoughts import ThoughtFilter
from bot.llm.transcript import transcript
from bot.settings import Settings
from prompts.loader import load_prompt
from retrieval.text import clean_text

log = logging.getLogger(__name__)

MAX_REPLY_TOKENS = 400
STOPPED = "(stopped)"
"""Put after a reply that the user stopped: it did not fail."""


@dataclass(frozen=True)
class ReplyRequest:
    """What a reply is written for.

    Attributes:
        conversation: up to the message that is answered.
        description: what was looked for, if anything.
        found: how many photos are shown; None when none was looked for.
    """

    conversation: Conversation
    description: Description | None = None
    found: int | None = None


def offline_reply(request: ReplyRequest) -> str:
    """The reply without an LLM."""
    if request.found is None:
        return "I'm listening. Ask for a photo whenever you like, or say that you have one."
    if request.found == 0:
        return "I found no photo that fits. Who or what is in it, and where was it taken?"
    if request.found == 1:
        return "This one seems to fit."
    return f"These {request.found} seem to fit, the best one first."


def reply_chain(
    llm: Settings | BaseChatModel,
    *,
    policy: RetryPolicy | None = None,
    outage: Outage | None = None,
) -> Runnable[ReplyRequest, str]:
    """The reply as an LCEL runnable that streams pieces of text.

    Without an LLM, or when it stays away, the pieces are :func:`offline_reply` and one line that
    says why. An LLM that fails half-way keeps what it has said. Never more than
    1,200 characters, no thoughts, no loops, no lines of other speakers, no key.

    Args:
        llm: the settings, or any LangChain chat model.
        policy: how often to try again; by the settings by default.
        outage: the one that the describer of the same chat was given.

    Example::

        for piece in reply_chain(settings).stream(ReplyRequest(conversation, description, 3)):
            print(piece, end="")
    """
    writer = _Writer(llm, policy, outage)
    return RunnableGenerator(writer.write, writer.awrite)


class _Writer:
    def __init__(
        self, llm: Settings | BaseChatModel, policy: RetryPolicy | None, outage: Outage | None
    ) -> None:
        self.model: BaseChatModel | None = None
        self.policy = policy or RetryPolicy()
        self.outage = outage
        self.name: str | None = None
        self.secrets: tuple[str, ...] = ()
        self.cures = Cures()
        self.thinks_first = False
        if not isinstance(llm, Settings):
            self.model = llm
        elif llm.uses_llm:
            from bot.llm.client import cures_for, make_chat_model, policy_of, secrets_of

            # Where a proxy cannot be used, the describer of the same settings says so.
            with suppress(NetworkSettingInvalid):
                self.model = make_chat_model(llm, min(MAX_REPLY_TOKENS, llm.max_tokens))
            self.policy = policy or policy_of(llm)
            self.cures, self.name = cures_for(llm), llm.model
            self.secrets = secrets_of(llm)

    def write(self, requests: Iterator[ReplyRequest]) -> Iterator[str]:
        for request in requests:
            if self.model is None:
                yield offline_reply(request)
                continue
            model, messages, reader = self.model, reply_messages(request), self._reader(request)
            try:
                self._check()
                for _ in range(2):
                    first, rest = self.policy.call(partial(_first, model, messages))
                    yield from reader.read(first)
                    with closing(rest):
                        for chunk in rest:
                            yield from reader.read(chunk)
                            if reader.guard.full:
                                break
                    if not self._try_with_more_tokens(reader):
                        break
                yield from reader.end()
                self._answered(reader)
            except Exception as error:
                yield from self._without_llm(request, reader, error)

    async def awrite(self, requests: AsyncIterator[ReplyRequest]) -> AsyncIterator[str]:
        async for request in requests:
            if self.model is None:
                yield offline_reply(request)
                continue
            model, messages, reader = self.model, reply_messages(request), self._reader(request)
            try:
                self._check()
                for _ in range(2):
                    first, rest = await self.policy.acall(partial(_afirst, model, messages))
                    for piece in reader.read(first):
                        yield piece
                    async with aclosing(rest):
                        async for chunk in rest:
                            for piece in reader.read(chunk):
                                yield piece
                            if reader.guard.full:
                                break
                    if not self._try_with_more_tokens(reader):
                        break
                for piece in reader.end():
                    yield piece
                self._answered(reader)
            except Exception as error:
                for piece in self._without_llm(request, reader, error):
                    yield piece

    def _reader(self, request: ReplyRequest) -> "_Reader":
        speakers = {turn.speaker for turn in request.conversation.turns}
        return _Reader(ReplyGuard(self.secrets, speakers), hold=self.thinks_first)

    def _check(self) -> None:
        if self.outage is not None:
            self.outage.check()

    def _answered(self, reader: "_Reader") -> None:
        self.thinks_first = self.thinks_first or reader.thoughts.unopened
        if self.outage is not None:
            self.outage.over()

    def _try_with_more_tokens(self, reader: "_Reader") -> bool:
        """Whether all tokens went into thoughts, and more of them were not tried yet."""
        if reader.guard.shown or reader.finish != "length" or not self.name:
            return False
        if Cure.MORE_TOKENS in self.cures.of(self.name):
            return False
        self.cures.remember(self.name, {Cure.MORE_TOKENS})
        reader.begin()
        return True

    def _without_llm(
        self, request: ReplyRequest, reader: "_Reader", error: Exception
    ) -> Iterator[str]:
        from bot.llm.client import as_llm_error

        typed = as_llm_error(error, model=self.name)
        log.debug("the LLM's reply failed: %s", typed)
        if self.outage is not None:
            self.outage.failed(typed)
        if reader.guard.shown:
            yield " …"
            return
        yield offline_reply(request)
        # The describer has said it already when it met the same failure.
        if request.description is not None and request.description.notice is not None:
            return
        reason = str(typed)
        notice: str | None = f"{reason[:1].upper()}{reason[1:]}."
        if self.outage is not None and notice is not None:
            notice = self.outage.notice(notice)
        if notice is not None:
            yield f"\n\n({notice})"


class _Reader:
    """The chunks of one reply: thoughts taken out, then guarded."""

    def __init__(self, guard: ReplyGuard, *, hold: bool) -> None:
        self.guard = guard
        self.finish = ""
        self._hold = hold
        self.begin()

    def begin(self) -> None:
        """Read a reply from its beginning."""
        self.thoughts = ThoughtFilter(hold=self._hold)

    def read(self, chunk: Any) -> Iterator[str]:
        """What may be shown after one more chunk."""
        metadata = getattr(chunk, "response_metadata", None) or {}
        self.finish = str(metadata.get("finish_reason") or self.finish)
        yield from self.guard.let_through(self.thoughts.feed(clean_text(_said(chunk))))

    def end(self) -> Iterator[str]:
        """The rest. Raises LLMAnswerUnusable when nothing was said at all."""
        yield from self.guard.let_through(self.thoughts.end())
        yield from self.guard.end()


def reply_messages(request: ReplyRequest) -> list[BaseMessage]:
    """Instructions, what is known of the search, and the conversation as data."""
    if request.found is None or request.description is None:
        known = "No photo was looked for."
    else:
        fields = (getattr(request.description.descriptors, name) for name in FIELDS)
        looked = ", ".join(filter(None, fields)) or "what was said"
        known = f"Looked for: {looked}. Photos found and shown: {request.found}."
    system = f"{load_prompt('reply').system}\n\n{known}"
    return [SystemMessage(system), HumanMessage(transcript(request.conversation))]


def _said(chunk: Any) -> str:
    if getattr(chunk, "additional_kwargs", {}).get("refusal"):
        raise LLMAnswerUnusable("the LLM refused to reply")
    content = getattr(chunk, "content", "")
    if isinstance(content, list):
        return "".join(p if isinstance(p, str) else str(p.get("text", "")) for p in content)
    return str(content)


def _first(
    model: BaseChatModel, messages: list[BaseMessage]
) -> tuple[Any, Generator[Any, None, None]]:
    """The first chunk and the rest: only until then can a request be sent again unseen."""
    chunks = cast("Generator[Any, None, None]", model.stream(messages))
    for chunk in chunks:
        return chunk, chunks
    raise LLMAnswerUnusable("the LLM's reply was empty")


async def _afirst(
    model: BaseChatModel, messages: list[BaseMessage]
) -> tuple[Any, AsyncGenerator[Any, None]]:
    chunks = cast("AsyncGenerator[Any, None]", model.astream(messages))
    async for chunk in chunks:
        return chunk, chunks
    raise LLMAnswerUnusable("the LLM's reply was empty")
