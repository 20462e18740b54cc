"""What the bot says next to the photos: streamed by an LLM, or a plain sentence without one."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableGenerator

from bot.conversation import Conversation
from bot.describe.transcript import transcript
from bot.descriptors import FIELDS, Description
from bot.errors import LLMAnswerUnusable
from bot.llm.retries import RetryPolicy
from bot.settings import Settings
from prompts.loader import load_prompt

log = logging.getLogger(__name__)

MAX_REPLY_CHARS = 1_200
MAX_REPLY_TOKENS = 400


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
    llm: Settings | BaseChatModel, *, policy: RetryPolicy | None = None
) -> Runnable[ReplyRequest, str]:
    """The reply as an LCEL runnable that streams pieces of text.

    Without an LLM, or when it stays away, the pieces are :func:`offline_reply` and one line that
    says why. An LLM that fails half-way keeps what it has said. Never more than
    ``MAX_REPLY_CHARS`` characters, never the key.

    Example::

        for piece in reply_chain(settings).stream(ReplyRequest(conversation, description, 3)):
            print(piece, end="")
    """
    writer = _Writer(llm, policy)
    return RunnableGenerator(writer.write, writer.awrite)


class _Writer:
    def __init__(self, llm: Settings | BaseChatModel, policy: RetryPolicy | None) -> None:
        self.model: BaseChatModel | None = None
        self.policy = policy or RetryPolicy()
        self.endpoint: str | None = None
        self.name: str | None = None
        self.secrets: tuple[str, ...] = ()
        if not isinstance(llm, Settings):
            self.model = llm
        elif llm.uses_llm:
            from bot.llm.client import endpoint_of, make_chat_model, policy_of, secrets_of

            self.model = make_chat_model(llm, MAX_REPLY_TOKENS)
            self.policy = policy or policy_of(llm)
            self.endpoint, self.name = endpoint_of(llm), llm.model
            self.secrets = secrets_of(llm)

    def write(self, requests: Iterator[ReplyRequest]) -> Iterator[str]:
        for request in requests:
            if self.model is None:
                yield offline_reply(request)
                continue
            model, messages, gate = self.model, reply_messages(request), _Gate(self.secrets)
            try:
                first, rest = self.policy.call(partial(_first, model, messages))
                yield from gate.let_through(_said(first))
                with closing(rest):
                    for chunk in rest:
                        yield from gate.let_through(_said(chunk))
                        if gate.full:
                            break
                yield from gate.end()
            except Exception as error:
                yield from self._without_llm(request, gate, error)

    async def awrite(self, requests: AsyncIterator[ReplyRequest]) -> AsyncIterator[str]:
        async for request in requests:
            if self.model is None:
                yield offline_reply(request)
                continue
            model, messages, gate = self.model, reply_messages(request), _Gate(self.secrets)
            try:
                first, rest = await self.policy.acall(partial(_afirst, model, messages))
                for piece in gate.let_through(_said(first)):
                    yield piece
                async with aclosing(rest):
                    async for chunk in rest:
                        for piece in gate.let_through(_said(chunk)):
                            yield piece
                        if gate.full:
                            break
                for piece in gate.end():
                    yield piece
            except Exception as error:
                for piece in self._without_llm(request, gate, error):
                    yield piece

    def _without_llm(self, request: ReplyRequest, gate: "_Gate", error: Exception) -> Iterator[str]:
        from bot.llm.client import as_llm_error

        reason = str(as_llm_error(error, self.endpoint, self.name))
        log.debug("the LLM's reply failed: %s", reason)
        if gate.passed:
            yield " …"
            return
        yield offline_reply(request)
        # The describer has said it already when it met the same failure.
        if request.description is None or request.description.notice is None:
            yield f"\n\n({reason[:1].upper()}{reason[1:]}.)"


class _Gate:
    """Lets a stream of text through, up to a bound, with secrets cut out even across pieces."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self.secrets = secrets
        self.held = ""
        self.passed = 0

    @property
    def full(self) -> bool:
        return self.passed >= MAX_REPLY_CHARS

    def let_through(self, text: str) -> Iterator[str]:
        self.held += text
        for secret in self.secrets:
            self.held = self.held.replace(secret, "…")
        # The beginning of a secret may be at the end; hold back as much as could be one.
        keep = max(
            (n for s in self.secrets for n in range(1, len(s)) if self.held.endswith(s[:n])),
            default=0,
        )
        out, self.held = self.held[: len(self.held) - keep], self.held[len(self.held) - keep :]
        yield from self._bounded(out)

    def end(self) -> Iterator[str]:
        """The rest. Raises LLMAnswerUnusable when nothing was said at all."""
        out, self.held = self.held, ""
        yield from self._bounded(out)
        if not self.passed:
            raise LLMAnswerUnusable("the LLM's reply was empty")

    def _bounded(self, out: str) -> Iterator[str]:
        if not self.passed:
            out = out.lstrip()
        room = MAX_REPLY_CHARS - self.passed
        if out and room > 0:
            self.passed += len(out)
            yield out if len(out) <= room else out[:room] + " …"


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
