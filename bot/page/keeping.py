"""The chats that are going on in the page, and how they get into the history.

A chat is written after it was shown, in a thread, and never stands in its way: while the history
cannot be written, the chat goes on, says so once, and tries again with every answer and meanwhile.
"""

import asyncio
import logging
from asyncio import sleep
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

from bot.assistant import Choices, Session
from bot.errors import ChatNotFound, HistoryError
from bot.history import History, KeptChat, KeptFeedback, KeptMessage
from bot.history.feedback import Kind
from bot.history.titles import title_of

log = logging.getLogger(__name__)

DELETED = "This chat was deleted, so it is not kept any more."
LOST = "The history's file was taken away, and earlier chats with it. This chat is kept from here."
NO_PICTURE = "Your picture cannot be kept with this chat: {reason}."
NOT_KEPT = "This chat cannot be kept for now: {reason}."

TRY_AGAIN_SECONDS = (5, 10, 20, 40) + 60 * (60,)
"""Pauses before a chat that could not be kept is written again."""

Write = partial[None]
"""Takes the history."""


@dataclass(eq=False)
class LiveChat:
    """One chat, in one tab or in several.

    Attributes:
        id: of the thread.
        owner: who chats.
        library: uid of the library that it is about.
        session: what the assistant remembers.
        choices: the settings.
        keeps: whether it goes into the history.
        turn: held while an answer is made, so that two tabs wait for each other.
        answering: id of the message that is being answered; None between answers and for buttons.
        title: in the sidebar; "" before the first answer.
        fresh: what was said since :meth:`take_fresh` was last called.
        history: where it is kept.
        started_at: when it was first kept; "" while nothing of it is.
        offered_forget: whether the button that deletes it was shown.
        announced: the title that the sidebar shows.
        refreshed: how often the sidebar was told to look again.
        kept_late: called when a later try has kept what could not be kept before.
    """

    id: str
    owner: str
    library: str
    session: Session = field(default_factory=Session)
    choices: Choices = field(default_factory=Choices)
    keeps: bool = True
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    answering: str | None = None
    title: str = ""
    fresh: list[KeptMessage] = field(default_factory=list)
    history: History | None = None
    started_at: str = ""
    offered_forget: bool = False
    announced: str = ""
    refreshed: int = 0
    kept_late: "Callable[[LiveChat], Awaitable[None]] | None" = None
    _waiting: list[Write] = field(default_factory=list)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _generation: int = 0
    _in_trouble: bool = False
    _first_message: str = ""
    _picture_trouble: str | None = None
    _unsaid: str | None = None
    _trying: asyncio.Task[None] | None = None

    # -- what happens in the chat ----------------------------------------------------------

    def said(self, message: KeptMessage, picture: Path | None = None) -> None:
        """Somebody said something.

        Args:
            message: with the name of the picture that came with it.
            picture: its file, for as long as the visitor's session lasts.
        """
        if message.author == "user" and not self._first_message:
            self._first_message = message.text
        self.fresh.append(message)
        if not self.keeps or self.history is None:
            return
        if not self.started_at:
            self.started_at = message.said_at
            self._begin()
        self._waiting.append(partial(History.add, chat_id=self.id, message=message))
        if picture is not None:
            self._waiting.append(partial(self._keep_picture, name=message.picture, picture=picture))

    def _keep_picture(self, history: History, *, name: str, picture: Path) -> None:
        """The message is kept also where its picture cannot be."""
        try:
            history.pictures.keep(self.id, name, picture.read_bytes())
        except OSError as error:
            # The visitor was gone before the history could be written.
            log.warning("a picture is gone before it was kept: %s", error.strerror)
        except HistoryError as error:
            self._picture_trouble = NO_PICTURE.format(reason=error)

    def settled(self) -> None:
        """An answer is complete: this is the state to go on from."""
        self.answering = None
        self.title = title_of(self.session, self._first_message)
        if self.started_at:
            self._write_session()

    def pressed(self, message_id: str, button_id: str) -> None:
        """A button was pressed and is gone."""
        if self.started_at:
            self._waiting.append(
                partial(History.remove_button, message_id=message_id, button_id=button_id)
            )

    def choose(self, choices: Choices) -> None:
        """The person changed the settings."""
        self.choices = choices
        if self.started_at:
            self._waiting.append(
                partial(History.set_choices, chat_id=self.id, choices=asdict(choices))
            )

    def gave(self, feedback: KeptFeedback) -> None:
        """The person said something of a photo; it is kept with the chat."""
        if self.started_at:
            self._waiting.append(partial(History.give, feedback=feedback))
            self._write_state()

    def took_back(self, photo_id: int, kinds: Sequence[Kind]) -> None:
        """The person took back what was said of a photo."""
        if self.started_at:
            self._waiting.append(
                partial(History.take_back, chat_id=self.id, photo_id=photo_id, kinds=kinds)
            )
            self._write_state()

    def forget_judgement(self, photo_id: int) -> None:
        """What was said of a photo was deleted from the history."""
        self.session.forget_judgement(photo_id)
        if self.started_at:
            self._write_state()

    def take_fresh(self) -> list[KeptMessage]:
        """What was said since this was last called, for other tabs."""
        fresh, self.fresh = self.fresh, []
        return fresh

    @property
    def unsaved(self) -> list[KeptMessage]:
        """What was said and is not in the history yet."""
        return [one.keywords["message"] for one in self._waiting if one.func is History.add]

    @property
    def has_new_title(self) -> bool:
        """Whether the history has a title for it that the sidebar does not show."""
        return self.keeps and not self._waiting and self.title != self.announced

    # -- the history -----------------------------------------------------------------------

    async def save(self) -> str | None:
        """Write what is waiting.

        Returns:
            A sentence for the person where that failed for the first time, else None.
        """
        async with self._saving:
            notice = await self._write_waiting() or self._unsaid
            self._unsaid = None
            return notice

    async def _write_waiting(self) -> str | None:
        waiting = list(self._waiting)
        if not waiting or self.history is None:
            return None
        try:
            await asyncio.to_thread(_write, self.history, waiting)
        except ChatNotFound:
            return await self._gone()
        except HistoryError as error:
            log.debug("keeping a chat failed", exc_info=True)
            return self._in_trouble_for(self.history.told(error))
        except Exception as error:
            # Whatever it is, the chat goes on.
            log.error("keeping a chat failed: %s", error, exc_info=True)
            return self._in_trouble_for("something went wrong on my side")
        del self._waiting[: len(waiting)]
        self._in_trouble = False
        notice, self._picture_trouble = self._picture_trouble, None
        return notice

    async def _try_again(self) -> None:
        """Write what is waiting as soon as that can be done, also when nobody says any more.

        The task holds the chat, so that it is not lost when the last tab is closed.
        """
        for pause in TRY_AGAIN_SECONDS:
            await sleep(pause)
            async with self._saving:
                self._unsaid = await self._write_waiting() or self._unsaid
            if not self._waiting:
                if self.kept_late is not None:
                    await self.kept_late(self)
                return

    async def forget(self) -> None:
        """Delete the chat for good and keep nothing more of it. Raises HistoryError."""
        async with self._saving:
            self.stop_keeping()
            if self.history is not None:
                await asyncio.to_thread(_delete, self.history, self.id)

    def stop_keeping(self) -> None:
        """Keep nothing more of it."""
        self.keeps = False
        self.started_at = ""
        self._waiting.clear()

    def _in_trouble_for(self, reason: str) -> str | None:
        told, self._in_trouble = self._in_trouble, True
        if self._trying is None or self._trying.done():
            self._trying = asyncio.create_task(self._try_again())
        return None if told else NOT_KEPT.format(reason=reason)

    async def _gone(self) -> str:
        """The chat is not in the history any more: deleted, or gone with the whole file."""
        assert self.history is not None
        if self.history.generation == self._generation:
            self.stop_keeping()
            return DELETED
        waiting = list(self._waiting)
        self._waiting.clear()
        self._begin()
        self._waiting += waiting
        try:
            await asyncio.to_thread(_write, self.history, list(self._waiting))
            self._waiting.clear()
        except HistoryError as error:
            return NOT_KEPT.format(reason=self.history.told(error))
        return LOST

    def _begin(self) -> None:
        assert self.history is not None
        self._generation = self.history.generation
        title = self.title or title_of(self.session, self._first_message)
        chat = KeptChat(
            id=self.id,
            owner=self.owner,
            library=self.library,
            title=title,
            started_at=self.started_at,
            changed_at=self.started_at,
            session=self.session.model_dump_json(),
            choices=asdict(self.choices),
        )
        self._waiting.append(partial(History.begin, chat=chat))

    def _write_state(self) -> None:
        """While an answer is made the state is changing; it is written when the answer is there."""
        if not self.turn.locked():
            self._write_session()

    def _write_session(self) -> None:
        self._waiting.append(
            partial(
                History.set_session,
                chat_id=self.id,
                session=self.session.model_dump_json(),
                title=self.title,
            )
        )


class LiveChats:
    """The chats that any tab has open, by the id of their thread.

    A chat is dropped when the last tab that has it is gone for good.
    """

    def __init__(self, history: History | None) -> None:
        self.history = history
        # By owner too: an id that somebody else sends must not lead to another's chat.
        self._chats: WeakValueDictionary[tuple[str, str], LiveChat] = WeakValueDictionary()

    def with_id(self, chat_id: str) -> list[LiveChat]:
        """The chats of that id that are going on: one, or none."""
        return [chat for chat in list(self._chats.values()) if chat.id == chat_id]

    def new(self, chat_id: str, owner: str, library: str, choices: Choices) -> LiveChat:
        """A chat that begins now, or goes on in another tab.

        Args:
            chat_id: of the thread.
            owner: who chats.
            library: uid of the library that it is about.
            choices: the settings.
        """
        chat = self._chats.get((owner, chat_id))
        if chat is None:
            chat = LiveChat(chat_id, owner, library, choices=choices, history=self.history)
            self._chats[owner, chat_id] = chat
        return chat

    async def resumed(self, chat_id: str, owner: str, choices: Choices) -> LiveChat:
        """A chat of the history, or the one that is going on in another tab.

        Args:
            chat_id: of the thread.
            owner: who asks.
            choices: the settings where the history has none that can be read.

        Raises:
            HistoryError: there is no such chat of this owner, or the history cannot be read.
        """
        chat = self._chats.get((owner, chat_id))
        if chat is not None:
            await chat.save()
            return chat
        assert self.history is not None
        kept = await asyncio.to_thread(self.history.chat, chat_id)
        if kept.owner != owner:
            raise ChatNotFound(f"there is no chat {chat_id} of {owner}")
        # Another tab may have been faster.
        chat = self._chats.get((owner, chat_id)) or LiveChat(
            chat_id,
            owner,
            kept.library,
            session=_session(kept.session),
            choices=Choices.of(kept.choices, choices, llm=choices.use_llm),
            title=kept.title,
            history=self.history,
            started_at=kept.started_at,
            announced=kept.title,
            _generation=self.history.generation,
            _first_message=kept.title,
        )
        self._chats[owner, chat_id] = chat
        return chat


def now() -> str:
    """The moment, as the history has it: ISO 8601 in UTC, ending in Z."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _session(text: str) -> Session:
    try:
        return Session.model_validate_json(text)
    except ValueError:
        # Written by another version: the words and photos are still shown, only "more" and
        # "the second one" have nothing to go by.
        log.warning("the state of a chat cannot be read; it starts afresh")
        return Session()


def _write(history: History, waiting: list[Write]) -> None:
    with history.transaction():
        for write in waiting:
            write(history)


def _delete(history: History, chat_id: str) -> None:
    try:
        history.delete(chat_id)
    except ChatNotFound:
        log.debug("a chat was not in the history")
