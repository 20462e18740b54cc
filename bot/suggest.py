"""From a conversation to ranked photos: describe, make the query, search."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from bot.conversation import Conversation
from bot.describe.query import to_query
from bot.descriptors import Description
from bot.errors import EmptyDialogue
from retrieval.errors import EmptyQuery
from retrieval.search import Query, SearchOptions, SearchResult

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder


GALLERY = SearchOptions(k=6, cutoff=True, collapse=True)
"""What a chat shows: a handful of photos that fit, each picture once."""


class PhotoSearcher(Protocol):
    """What the suggester needs of :class:`retrieval.search.Searcher`."""

    @property
    def encoder(self) -> "Encoder":
        """The encoder of the library."""
        ...

    def search(self, query: Query, options: SearchOptions = ...) -> SearchResult:
        """The photos that fit best."""
        ...


@dataclass(frozen=True)
class Suggestion:
    """Photos for a conversation, and how they were found.

    Attributes:
        description: the photo that was looked for, and whether to share one now.
        result: the photos, best first.
        query: what the encoder was asked; None when the conversation gave nothing to ask.
        seconds: time taken by ``describe`` and ``search``.
    """

    description: Description
    result: SearchResult
    query: Query | None
    seconds: Mapping[str, float] = field(default_factory=dict)


NOTHING = SearchResult(hits=(), searched=0, seconds=0.0, nothing_fits=True)


class Suggester:
    """Suggests photos for conversations.

    ``suggest`` does all; a chat page that looks only when a photo is wanted calls ``describe``,
    reads ``description.share``, and then calls ``find``.
    """

    def __init__(
        self, searcher: PhotoSearcher, describer: Runnable[Conversation, Description]
    ) -> None:
        self.searcher = searcher
        self.describer = describer

    def describe(self, conversation: Conversation) -> Description:
        """The photo to look for. Raises EmptyDialogue when no turn says anything."""
        _require_text(conversation)
        return self.describer.invoke(conversation)

    async def adescribe(self, conversation: Conversation) -> Description:
        """:meth:`describe` without blocking the event loop."""
        _require_text(conversation)
        return await self.describer.ainvoke(conversation)

    def find(
        self,
        description: Description,
        options: SearchOptions = GALLERY,
    ) -> tuple[SearchResult, Query | None]:
        """The photos that fit a description; nothing fits one that says nothing."""
        try:
            query = to_query(description, self.searcher.encoder)
            return self.searcher.search(query, options), query
        except EmptyQuery:
            return NOTHING, None

    def suggest(
        self,
        conversation: Conversation,
        options: SearchOptions = GALLERY,
    ) -> Suggestion:
        """Describe and find in one go."""
        started = time.perf_counter()
        description = self.describe(conversation)
        described = time.perf_counter()
        result, query = self.find(description, options)
        found = time.perf_counter()
        seconds = {"describe": described - started, "search": found - described}
        return Suggestion(description, result, query, seconds)

    async def asuggest(
        self,
        conversation: Conversation,
        options: SearchOptions = GALLERY,
    ) -> Suggestion:
        """:meth:`suggest` without blocking the event loop."""
        import asyncio

        started = time.perf_counter()
        description = await self.adescribe(conversation)
        described = time.perf_counter()
        result, query = await asyncio.to_thread(self.find, description, options)
        found = time.perf_counter()
        seconds = {"describe": described - started, "search": found - described}
        return Suggestion(description, result, query, seconds)


def suggestion_chain(
    suggester: Suggester, options: SearchOptions = GALLERY
) -> Runnable[Conversation, Suggestion]:
    """The suggester as an LCEL runnable: ``invoke``, ``ainvoke``, ``batch``, ``stream``, ``|``."""

    def run(conversation: Conversation, config: RunnableConfig) -> Suggestion:
        return suggester.suggest(conversation, options)

    async def arun(conversation: Conversation, config: RunnableConfig) -> Suggestion:
        return await suggester.asuggest(conversation, options)

    return RunnableLambda(run, afunc=arun, name="suggestion")


def _require_text(conversation: Conversation) -> None:
    if not conversation:
        raise EmptyDialogue("the conversation is empty; say something first")
