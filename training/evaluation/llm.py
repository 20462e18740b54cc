"""Asks the LLM about many conversations: a few at a time, no faster than allowed, nothing lost."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult

from bot.conversation import Conversation
from bot.dialogues.dialogue import Dialogue
from training.errors import EvaluationError
from training.evaluation.answers import Answer, AnswerCache, Tokens
from training.evaluation.queries import EvalQuery
from training.evaluation.reasons import EMPTY_DESCRIPTORS, LLM_FAILED, NOTHING_TO_GO_BY

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from bot.descriptors import Description


@dataclass(frozen=True)
class RateLimit:
    """How hard the server may be driven.

    Attributes:
        concurrency: requests under way at once.
        per_minute: requests begun in a minute; None for no limit.
    """

    concurrency: int = 4
    per_minute: float | None = None


@dataclass(frozen=True)
class AnswerProgress:
    """How far the asking has come; ``kept`` answers were known before and cost nothing now."""

    done: int = 0
    total: int = 0
    kept: int = 0
    failed: int = 0
    tokens: Tokens = field(default_factory=Tokens)


@dataclass(frozen=True)
class Reply:
    """The LLM's description, or in one line why there is none."""

    description: "Description | None" = None
    failed: str | None = None


Watch = Callable[[AnswerProgress], None]

HOPELESS = 25
"""Failures before any answer after which the rest is not even tried: a wrong key, say."""


class LLMAsker:
    """Asks through the describer chain, and keeps every answer as it comes."""

    def __init__(
        self,
        chain: "Runnable[Conversation, Description]",
        cache: AnswerCache,
        rate: RateLimit | None = None,
        watch: Watch | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        """Ask ``chain`` (:func:`bot.describe.llm.describer_chain`), unless ``cache`` knows.

        Args:
            chain: asks the LLM.
            cache: keeps its answers.
            rate: of asking.
            watch: told of every answer.
            secrets: texts that are never kept.
        """
        self._secrets = tuple(secrets)
        self._chain = chain
        self._cache = cache
        self._rate = rate or RateLimit()
        self._watch = watch or (lambda progress: None)
        self.progress = AnswerProgress()

    def ask(self, dialogues: Sequence[Dialogue]) -> list[EvalQuery]:
        """The queries of all dialogues: an :data:`training.evaluation.queries.QueryMaker`."""
        conversations = [dialogue.conversation() for dialogue in dialogues]
        replies = iter(self.describe([one for one in conversations if one]))
        return [
            _asked(next(replies)) if conversation else EvalQuery(failed=NOTHING_TO_GO_BY)
            for conversation in conversations
        ]

    def describe(self, conversations: Sequence[Conversation]) -> list[Reply]:
        """A reply to each. Ctrl-C goes through at once; what was answered until then is kept."""
        return asyncio.run(self._describe(conversations))

    async def _describe(self, conversations: Sequence[Conversation]) -> list[Reply]:
        self.progress = replace(self.progress, total=self.progress.total + len(conversations))
        gate = asyncio.Semaphore(max(1, self._rate.concurrency))
        limiter = _RateLimiter(self._rate.per_minute)

        async def one(conversation: Conversation) -> Reply:
            kept = self._cache.get(conversation)
            description = None if kept is None else read_answer(kept.text, conversation)
            if description is not None:
                self._tell(kept=1)
                return Reply(description)
            async with gate:
                await limiter.wait()
                return await self._one(conversation)

        tasks = [asyncio.ensure_future(one(conversation)) for conversation in conversations]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            raise

    async def _one(self, conversation: Conversation) -> Reply:
        from langchain_core.callbacks import get_usage_metadata_callback

        written = _WhatIsWritten()
        with get_usage_metadata_callback() as usage:
            description = await self._chain.ainvoke(conversation, {"callbacks": [written]})
        tokens = Tokens(
            sum(one.get("input_tokens", 0) for one in usage.usage_metadata.values()),
            sum(one.get("output_tokens", 0) for one in usage.usage_metadata.values()),
        )
        if description.source != "llm":
            # The chain never fails: it hands over to the offline describer, which must not be
            # counted as the LLM.
            self._tell(failed=1, tokens=tokens)
            notice = description.notice or "the LLM's descriptors were empty"
            reason = notice.removesuffix("; the offline describer took over.")
            if self.progress.failed == self.progress.done >= HOPELESS:
                raise EvaluationError(
                    f"the LLM failed {HOPELESS} times and never answered: {reason}; mend that, or "
                    "leave it out with --offline"
                )
            return Reply(failed=reason)
        # An answer that was cut off raises in the client before anybody is shown its text.
        text = written.text or _as_text(description)
        for secret in self._secrets:
            text = text.replace(secret, "…")
        self._cache.put(conversation, Answer(text, tokens))
        self._tell(tokens=tokens)
        return Reply(description)

    def _tell(self, *, kept: int = 0, failed: int = 0, tokens: Tokens | None = None) -> None:
        before = self.progress
        self.progress = AnswerProgress(
            before.done + 1,
            before.total,
            before.kept + kept,
            before.failed + failed,
            before.tokens + (tokens or Tokens()),
        )
        self._watch(self.progress)


def read_answer(text: str, conversation: Conversation) -> "Description | None":
    """What the describer chain makes of an answer, today; None when it can read nothing in it."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    from bot.describe.llm import describer_chain
    from bot.describe.rules import RuleDescriber

    # The chain itself, before a model that says again what was said.
    chain = describer_chain(FakeListChatModel(responses=[text]), RuleDescriber())
    description = chain.invoke(conversation)
    return description if description.source == "llm" else None


class _WhatIsWritten(BaseCallbackHandler):
    """Listens to the LLM; ``text`` is the last answer, word for word."""

    def __init__(self) -> None:
        self.text = ""

    def on_llm_end(self, response: LLMResult, **more: Any) -> None:
        generations = response.generations[0] if response.generations else []
        self.text = generations[0].text if generations else ""


def _as_text(description: "Description") -> str:
    """A description as the LLM would have written it."""
    answer = description.descriptors.model_dump()
    return json.dumps({**answer, "share": description.share, "confidence": description.confidence})


class _RateLimiter:
    """Lets one request begin every so many seconds."""

    def __init__(self, per_minute: float | None) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        now = time.monotonic()
        begin = max(now, self._next)
        self._next = begin + self._interval
        if begin > now:
            await asyncio.sleep(begin - now)


def _asked(reply: Reply) -> EvalQuery:
    if reply.description is None:
        return EvalQuery(failed=LLM_FAILED, detail=reply.failed or "")
    if reply.description.descriptors.is_empty():
        return EvalQuery(description=reply.description, failed=EMPTY_DESCRIPTORS)
    return EvalQuery(description=reply.description)
