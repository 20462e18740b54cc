"""What Chainlit asks of the history: who chats, which chats there are, rename and delete.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chainlit.data.base import BaseDataLayer
from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import (
    Feedback,
    PageInfo,
    PaginatedResponse,
    Pagination,
    ThreadDict,
    ThreadFilter,
)
from chainlit.user import PersistedUser, User
from fastapi import HTTPException

from bot.errors import ChatNotFound, HistoryError
from bot.history import History, KeptChat
from bot.page.keeping import LiveChats

log = logging.getLogger(__name__)

MAX_PAGE = 100
LibraryOf = Callable[[str], Awaitable[str | None]]
T = TypeVar("T")


class HistoryLayer(BaseDataLayer):
    """The history as Chainlit sees it.

    The chat writes itself (:mod:`bot.page.keeping`). Chainlit would write every step in a task of
    its own, in whatever order these finish, with pictures' addresses in them; so what it hands
    over to be stored is left alone here.

    Args:
        chats: the history, and the chats that are going on.
        library_of: uid of the library that a person works with now; None where there is none.
        profile: the name of the chat profile that chats belong to.
    """

    def __init__(self, chats: LiveChats, library_of: LibraryOf, profile: str) -> None:
        self.chats = chats
        self.library_of = library_of
        self.profile = profile

    # -- users -----------------------------------------------------------------------------

    async def get_user(self, identifier: str) -> PersistedUser:
        """A user is known by the identifier alone; who may log in is decided elsewhere."""
        return PersistedUser(id=identifier, createdAt="1970-01-01T00:00:00Z", identifier=identifier)

    async def create_user(self, user: User) -> PersistedUser:
        """As :meth:`get_user`: nothing is stored of a user."""
        return await self.get_user(user.identifier)

    # -- chats -----------------------------------------------------------------------------

    async def get_thread_author(self, thread_id: str) -> str:
        """Who chatted; "" for a chat that is not kept."""
        chat = await self._chat(thread_id)
        return chat.owner if chat is not None else ""

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """A chat without its messages, which the page adds when it resumes the chat."""
        chat = await self._chat(thread_id)
        return None if chat is None else _thread(chat, self.profile)

    async def list_threads(
        self, pagination: Pagination, filters: ThreadFilter
    ) -> PaginatedResponse[ThreadDict]:
        """A page of the chats of one user, the one that changed last first."""
        if not filters.userId:
            raise HTTPException(401, "Log in first.")
        first = min(max(pagination.first, 1), MAX_PAGE)
        library = await self.library_of(filters.userId)
        chats: list[KeptChat] = await self._ask(
            lambda history: history.chats(
                owner=filters.userId,
                library=library or "",
                search=filters.search or "",
                first=first + 1,
                after=pagination.cursor,
            ),
            [],
        )
        page = [_thread(chat, self.profile) for chat in chats[:first]]
        return PaginatedResponse(
            pageInfo=PageInfo(
                hasNextPage=len(chats) > first,
                startCursor=page[0]["id"] if page else None,
                endCursor=page[-1]["id"] if page else None,
            ),
            data=page,
        )

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Rename a chat. What Chainlit stores by itself comes with a user or with metadata."""
        if name is None or user_id is not None or metadata is not None or tags is not None:
            return
        try:
            await self._change(lambda history: history.rename(thread_id, name))
        except ValueError as error:
            raise HTTPException(422, str(error)) from error

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a chat for good, also where it is still going on in a tab."""
        for live in self.chats.with_id(thread_id):
            live.stop_keeping()
        await self._change(lambda history: history.delete(thread_id))

    # -- thumbs ----------------------------------------------------------------------------

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """The page shows no thumbs."""
        raise HTTPException(404, "There is no such thing here.")

    async def delete_feedback(self, feedback_id: str) -> bool:
        """The page shows no thumbs."""
        return False

    # -- what the chat stores itself -------------------------------------------------------

    async def create_step(self, step_dict: StepDict) -> None:
        """Left to the chat."""

    async def update_step(self, step_dict: StepDict) -> None:
        """Left to the chat."""

    async def delete_step(self, step_id: str) -> None:
        """Left to the chat."""

    async def create_element(self, element: Element) -> None:
        """Left to the chat: elements are made anew from the ids of their photos."""

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """None: no element is stored."""
        return None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Left to the chat."""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        """None: the page has no favourite messages."""
        return []

    async def build_debug_url(self) -> str:
        """There is none."""
        return ""

    async def close(self) -> None:
        """Close the history."""
        if self.chats.history is not None:
            self.chats.history.close()

    # -- inside ----------------------------------------------------------------------------

    async def _chat(self, thread_id: str) -> KeptChat | None:
        """A chat about the library that its owner works with; what is waiting is written first."""
        for live in self.chats.with_id(thread_id):
            await live.save()

        def find(history: History) -> KeptChat | None:
            try:
                return history.chat(thread_id)
            except ChatNotFound:
                return None

        chat = await self._ask(find, None)
        if chat is None or chat.library != await self.library_of(chat.owner):
            return None
        return chat

    async def _ask(self, read: Callable[[History], T], otherwise: T) -> T:
        """Read from the history in a thread. The chat itself says what is wrong with it."""
        if self.chats.history is None:
            return otherwise
        try:
            return await asyncio.to_thread(read, self.chats.history)
        except HistoryError:
            log.debug("reading the history failed", exc_info=True)
            return otherwise

    async def _change(self, write: Callable[[History], None]) -> None:
        """Write to the history in a thread; the browser is told what went wrong."""
        if self.chats.history is None:
            raise HTTPException(503, "There is no history.")
        try:
            await asyncio.to_thread(write, self.chats.history)
        except ChatNotFound as error:
            raise HTTPException(404, "There is no such chat.") from error
        except HistoryError as error:
            raise HTTPException(503, "The history cannot be written right now.") from error


def _thread(chat: KeptChat, profile: str) -> ThreadDict:
    return ThreadDict(
        id=chat.id,
        # Chainlit groups by this day; what was just talked about belongs to today.
        createdAt=chat.changed_at,
        name=chat.title,
        userId=chat.owner,
        userIdentifier=chat.owner,
        tags=None,
        metadata={"chat_profile": profile, "chat_settings": dict(chat.choices)},
        steps=[],
        elements=[],
    )
