"""The page of each person: opened when they come, found again at each event in their chat.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import chainlit as cl
from chainlit.session import ws_sessions_id

from bot.page.callbacks import Callback, Callbacks
from bot.page.chat import NAME, ChatPage
from bot.page.closed import closed_page
from bot.page.data_layer import HistoryLayer
from bot.page.history import PageHistory
from bot.page.keeping import LiveChats
from bot.page.people import People
from bot.page.services import PageServices
from retrieval.errors import PhotopalError

log = logging.getLogger(__name__)

OPEN_LIBRARIES = 8
"""Libraries that stay in memory although nobody has a chat open over them."""


@dataclass(frozen=True, eq=False)
class PersonalPage:
    """What one person has on the page.

    Attributes:
        services: what it works with.
        library: uid of the library.
        callbacks: what happens at an event in the person's chat.
        key: of the account that it was opened for.
    """

    services: PageServices
    library: str
    callbacks: Callbacks
    key: object


class PersonalPages:
    """Everybody's pages. Those that nobody uses are dropped when there are many."""

    def __init__(self, people: People) -> None:
        """Opens the one page for all, where there is one.

        Args:
            people: who uses the page.
        """
        self.people = people
        self.chats = LiveChats(people.history)
        self.layer = HistoryLayer(self.chats, self.library_of, NAME)
        self._open: OrderedDict[str, PersonalPage] = OrderedDict()
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._routed: set[str] = set()
        self._one: PersonalPage | None = None
        if people.one_for_all:
            self._one = self._opened("", None)
            self._route_actions(self._one.callbacks)

    def register(self) -> None:
        """Let Chainlit send all events here."""
        cl.data_layer(lambda: self.layer)
        cl.set_chat_profiles(self._profiles)
        cl.on_chat_start(self._without_argument("on_chat_start"))
        for name in ("on_chat_resume", "on_message", "on_settings_update", "on_settings_edit"):
            getattr(cl, name)(self._with_argument(name))

    # -- finding them ----------------------------------------------------------------------

    async def of(self, person: str) -> PersonalPage:
        """The page of a person; a library that is not open yet is opened in a thread.

        Raises:
            AccountUnknown: there is no such person (any more).
            PhotopalError: they have nothing to work with, such as no photo yet.
        """
        if self._one is not None:
            return self._one
        page = self._known(person)
        if page is None:
            lock = self._opening.setdefault(person, asyncio.Lock())
            async with lock:
                page = self._known(person)
                if page is None:
                    key = self._key(person)
                    page = await asyncio.to_thread(self._opened, person, key)
                    self._open[person] = page
                    self._route_actions(page.callbacks)
        self._open.move_to_end(person)
        self._drop()
        return page

    async def library_of(self, person: str) -> str | None:
        """The uid of the library that a person works with; None where there is none."""
        try:
            return (await self.of(person)).library
        except PhotopalError:
            log.debug("no library for somebody", exc_info=True)
            return None

    def photos(self) -> int:
        """How many photos can be searched in the libraries that are open."""
        pages = [self._one] if self._one is not None else list(self._open.values())
        libraries = {page.library: page.services.library for page in pages}
        return sum(library.searchable_count() for library in libraries.values())

    def _key(self, person: str) -> object:
        """Another one when the account was removed and made anew. Raises AccountUnknown."""
        assert self.people.accounts is not None
        account = self.people.accounts.find(person)
        return account.created_at, account.library

    def _known(self, person: str) -> PersonalPage | None:
        page = self._open.get(person)
        if page is not None and page.key != self._key(person):
            del self._open[person]
            return None
        return page

    def _opened(self, person: str, key: object) -> PersonalPage:
        services = self.people.services(person)
        callbacks = Callbacks()
        ChatPage(services, self.chats).register(callbacks)
        return PersonalPage(services, services.library.uid, callbacks, key)

    def _drop(self) -> None:
        """Forget the pages that were not used for longest; answers in the making keep theirs."""
        if len(self._open) <= OPEN_LIBRARIES:
            return
        here = {session.user.identifier for session in ws_sessions_id.values() if session.user}
        for person in list(self._open)[:-1]:
            if len(self._open) > OPEN_LIBRARIES and person not in here:
                del self._open[person]

    # -- sending events there --------------------------------------------------------------

    async def start_again(self) -> None:
        """A browser connected twice and may have lost what the start sent."""
        await self._call("on_chat_start_again")

    async def _callbacks(self, person: str) -> Callbacks:
        try:
            return (await self.of(person)).callbacks
        except PhotopalError as error:
            log.warning("the page of %s cannot be opened: %s", person, error)
            return closed_page(error)

    async def _call(self, name: str, *given: Any) -> Any:
        """Let the visitor's page do what it does at an event."""
        callbacks = await self._callbacks(PageHistory.person())
        callback = callbacks.events.get(name)
        return await callback(*given) if callback is not None else None

    async def _end(self) -> None:
        """The visitor left; nothing is opened for that."""
        page = self._one or self._open.get(PageHistory.person())
        if page is not None and "on_chat_end" in page.callbacks.events:
            await page.callbacks.events["on_chat_end"]()

    async def _profiles(
        self, current_user: cl.User | None, language: str | None = None
    ) -> list[cl.ChatProfile]:
        person = current_user.identifier if current_user is not None else ""
        callbacks = await self._callbacks(person)
        profiles: list[cl.ChatProfile] = await callbacks.events["set_chat_profiles"](
            current_user, language
        )
        return profiles

    # Chainlit looks at how many arguments a callback takes, and at their names.

    def _without_argument(self, name: str) -> Callback:
        async def call() -> Any:
            return await self._call(name)

        return call

    def _with_argument(self, name: str) -> Callback:
        async def call(event: Any) -> Any:
            return await self._call(name, event)

        return call

    def _route_actions(self, callbacks: Callbacks) -> None:
        """Let Chainlit send the buttons of a page here, and the end of a chat if it cares."""
        if "on_chat_end" in callbacks.events and "on_chat_end" not in self._routed:
            self._routed.add("on_chat_end")
            cl.on_chat_end(self._end)
        for name in callbacks.actions:
            if name not in self._routed:
                self._routed.add(name)
                cl.action_callback(name)(self._action(name))

    def _action(self, name: str) -> Callback:
        async def press(action: cl.Action) -> Any:
            callbacks = await self._callbacks(PageHistory.person())
            callback: Callback | None = callbacks.actions.get(name)
            return await callback(action) if callback is not None else None

        return press
