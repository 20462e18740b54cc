"""The chat's way into the history and back: kept turn by turn, resumed, shown in every tab.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import chainlit as cl
from chainlit.session import WebsocketSession, ws_sessions_id
from chainlit.types import ThreadDict

from bot.assistant import Choices, Reply
from bot.errors import HistoryError
from bot.history import KeptMessage
from bot.history.pictures import new_name
from bot.history.records import A_PICTURE, kept_reply
from bot.page.callbacks import Callbacks
from bot.page.keeping import LiveChat, LiveChats, now
from bot.page.restoring import Elements, Restorer, Shown, message_step
from bot.page.sentences import plain, unescaped
from bot.page.services import PageServices
from bot.page.uploads import picture_of
from bot.page.words import Words

log = logging.getLogger(__name__)

OWNER = "owner"
"""The one user of a page without accounts, with and without a password."""

WINDOW = 100
"""Messages of a chat that are shown at once. A browser needs many milliseconds for each, so that
the buttons for earlier ones turn pages, and do not make one that grows."""

NO_HISTORY = "Chats are not kept: {problem}."
NOT_KEPT_NOW = (
    "This chat is not kept any more. What was kept of it is deleted; the rest goes when you "
    "leave it."
)
NOT_DELETED = "What was kept of this chat could not be deleted: {problem}."
CUT_OFF = "I was stopped before I could answer."

LOOKS_BACK = "looks_back"
"""In the visitor's session: whether an earlier page of the chat is shown."""

Event = cl.Message | cl.Action
Callback = Callable[[Any], Awaitable[Any]]


class PageHistory:
    """Keeps the chats of the page and brings them back.

    Args:
        services: with the history, the library, and the copies that were shared.
        chats: everybody's that are going on.
        name: of the bot, and of the profile that is kept.
        new_choices: the settings of a person's new chat.
        elements: what a reply shows beside its words.
        offer_settings: sends the settings of a chat to the browser.
        is_on: whether the visitor is in the profile that is kept.
    """

    def __init__(
        self,
        services: PageServices,
        chats: LiveChats,
        *,
        name: str,
        new_choices: Callable[[str], Choices],
        elements: Elements,
        offer_settings: Callable[[LiveChat], Awaitable[None]],
        is_on: Callable[[], bool],
    ) -> None:
        self.problem = services.history_problem
        self.chats = chats
        self.library = services.library.uid
        self.name = name
        self.new_choices = new_choices
        self.offer_settings = offer_settings
        self.is_on = is_on
        copies = services.assistant.share_folder
        self.restorer = Restorer(name, services.library, copies, elements, self.picture)

    def register(self, to: Callbacks) -> None:
        """Hand the callbacks over."""
        to.on_chat_resume(self.resume)
        to.action_callback("forget_chat")(self.forget)
        to.action_callback("show_earlier")(self.show_earlier)
        to.action_callback("show_newest")(self.show_newest)

    # -- a turn ----------------------------------------------------------------------------

    def chat(self) -> LiveChat:
        """The visitor's chat."""
        chat: LiveChat | None = cl.user_session.get("chat")
        if chat is None:
            person = self.person()
            choices = self.new_choices(person)
            thread_id = cl.context.session.thread_id
            chat = self.chats.new(thread_id, person, self.library, choices)
            chat.kept_late = self._announce
            cl.user_session.set("chat", chat)
        return chat

    @staticmethod
    def person() -> str:
        """Who is visiting; everybody is the owner where nobody logs in."""
        user = cl.user_session.get("user")
        return user.identifier if user is not None else OWNER

    def in_turn(self, callback: Callback, *, once: bool = False) -> Callback:
        """A callback that answers: one at a time in a chat, and kept when it is done.

        Args:
            callback: takes a message or the action of a button.
            once: the button goes when it is pressed.
        """

        async def run(event: Event) -> Any:
            if not self.is_on():
                return await callback(event)
            chat = self.chat()
            if isinstance(event, cl.Message):
                picture = picture_of(event)
                text = event.content or (A_PICTURE if picture is not None else "")
                name = new_name() if picture is not None else ""
                chat.said(KeptMessage(event.id, "user", text, now(), picture=name), picture)
                # Kept before it is answered: the answer may never come.
                saving = asyncio.create_task(chat.save())
                if chat.keeps and chat.history is not None:
                    # Narrow windows need it: see photopal.js.
                    await cl.context.emitter.send_window_message({"photopalChat": chat.id})
            elif once:
                await self._press(chat, event)
            async with chat.turn:
                chat.answering = event.id if isinstance(event, cl.Message) else None
                try:
                    return await callback(event)
                finally:
                    notice = await saving if isinstance(event, cl.Message) else None
                    await self._settle(chat, notice)

        return run

    def answered(
        self, message: cl.Message, reply: Reply | None = None, *, text: str | None = None
    ) -> None:
        """The bot said something.

        Args:
            message: as it was shown.
            reply: what came with it; None where the bot only spoke.
            text: what it says as plain text; None to read it from the Markdown.
        """
        if not self.is_on():
            return
        chat = self.chat()
        chat.said(
            KeptMessage(
                message.id,
                "bot",
                unescaped(message.content) if text is None else text,
                now(),
                markdown=message.content,
                answers=chat.answering,
                reply=None if reply is None else kept_reply(reply),
                buttons=tuple(action.to_dict() for action in message.actions),
            )
        )

    def first_buttons(self) -> list[cl.Action]:
        """What the first answer of a chat offers besides."""
        if not self.is_on():
            return []
        chat = self.chat()
        if chat.history is None or not chat.keeps or chat.offered_forget:
            return []
        chat.offered_forget = True
        return [_forget_button()]

    async def _settle(self, chat: LiveChat, notice: str | None) -> None:
        chat.settled()
        notice = await chat.save() or notice
        await self._show_elsewhere(chat)
        if cl.user_session.get(LOOKS_BACK):
            # What was just said stands below an old page: turn to where it belongs.
            await self._turn_to(chat, None)
        if notice is not None:
            await _note(notice)
        await self._announce(chat)

    async def _press(self, chat: LiveChat, action: cl.Action) -> None:
        """Take a button away."""
        with suppress(Exception):
            await action.remove()
        if action.forId:
            chat.pressed(action.forId, action.id)

    # -- settings --------------------------------------------------------------------------

    async def choose(self, choices: Choices, keep: object) -> None:
        """The person changed the settings.

        Args:
            choices: the new ones.
            keep: True or False where the person decided whether the chat is kept.
        """
        chat = self.chat()
        chat.choose(choices)
        if keep is False and chat.keeps:
            await self._forget(chat)
        elif keep is True and not chat.keeps:
            chat.keeps = True
        await chat.save()

    async def tell_problem(self) -> None:
        """Say once at the start that nothing is kept, and why."""
        if not self.is_on():
            return
        problem = self.problem or await asyncio.to_thread(self._trouble)
        if problem:
            await cl.context.emitter.send_toast(NO_HISTORY.format(problem=problem), "warning")

    def _trouble(self) -> str:
        """Why the history cannot be used right now; "" where it can."""
        try:
            if self.chats.history is not None:
                self.chats.history.chats(first=0)
        except HistoryError as error:
            log.debug("the history cannot be used", exc_info=True)
            return self._told(error)
        return ""

    def _told(self, error: HistoryError) -> str:
        history = self.chats.history
        return str(error) if history is None else history.told(error)

    async def forget(self, action: cl.Action) -> None:
        """Delete what was kept of the chat and keep nothing more of it."""
        chat = self.chat()
        if await self._forget(chat):
            await self._press(chat, action)
            await self.offer_settings(chat)

    async def _forget(self, chat: LiveChat) -> bool:
        try:
            await chat.forget()
        except HistoryError as error:
            log.debug("deleting a chat failed", exc_info=True)
            await _note(NOT_DELETED.format(problem=self._told(error)))
            return False
        await _note(NOT_KEPT_NOW)
        await self._refresh_sidebar(chat)
        return True

    # -- resuming --------------------------------------------------------------------------

    async def resume(self, thread: ThreadDict) -> None:
        """Bring a chat back: its state, its settings, and all that was said and shown."""
        owner = thread["userIdentifier"] or OWNER
        try:
            chat = await self.chats.resumed(thread["id"], owner, self.new_choices(owner))
            chat.kept_late = self._announce
            cl.user_session.set("chat", chat)
            shown = await self._shown(chat)
        except HistoryError as error:
            log.debug("resuming a chat failed", exc_info=True)
            await cl.context.emitter.send_toast(
                NO_HISTORY.format(problem=self._told(error)), "error"
            )
            return
        await self.offer_settings(chat)
        metadata = thread["metadata"] or {}
        settings = metadata.get("chat_settings", {})
        thread["metadata"] = {**metadata, "chat_settings": {**settings, "keep": chat.keeps}}
        thread["steps"], thread["elements"] = shown.steps, shown.elements
        await _send_actions(shown.actions)

    async def show_earlier(self, action: cl.Action) -> None:
        """Turn a page back in a long chat."""
        before = action.payload.get("before")
        if type(before) is int and 0 < before < 2**63:
            await self._turn_to(self.chat(), before)

    async def show_newest(self, action: cl.Action) -> None:
        """Turn to the end of a long chat."""
        await self._turn_to(self.chat(), None)

    async def _turn_to(self, chat: LiveChat, before: int | None) -> None:
        """Show one page of a chat in place of another.

        Args:
            chat: the visitor's.
            before: the number of the message that it ends before; None for the newest.
        """
        if self.chats.history is None:
            return
        try:
            shown = await self._shown(chat, before)
        except HistoryError as error:
            await _note(NO_HISTORY.format(problem=self._told(error)))
            return
        cl.user_session.set(LOOKS_BACK, before is not None)
        thread = {
            "id": chat.id,
            "metadata": {"chat_profile": self.name},
            "steps": shown.steps,
            "elements": shown.elements,
        }
        await cl.context.emitter.emit("resume_thread", thread)
        await _send_actions(shown.actions)

    async def _shown(self, chat: LiveChat, before: int | None = None) -> Shown:
        """A page of a chat, the newest one unless said, with buttons for what is not on it."""
        history = self.chats.history
        assert history is not None
        messages = await asyncio.to_thread(history.messages, chat.id, last=WINDOW, before=before)
        first = messages[0].number if messages else 0
        count = partial(asyncio.to_thread, history.count_messages, chat.id)
        hidden = await count(before=first)
        if before is None:
            there = {one.id for one in messages}
            messages += [one for one in chat.unsaved if one.id not in there]
        chat.offered_forget = True
        shown = await asyncio.to_thread(self.restorer.shown, chat.id, messages)
        say = Words.of(getattr(cl.context.session, "language", None)).say
        if hidden > 0:
            words = (
                say("history.earlier_one")
                if hidden == 1
                else say("history.earlier", n=f"{hidden:,}")
            )
            button = cl.Action(
                name="show_earlier",
                payload={"before": first},
                label=say("history.show_earlier"),
                icon="chevron-up",
            )
            self._add_line(shown, chat, f"{first} earlier", words, button, top=True)
        if before is not None:
            button = cl.Action(
                name="show_newest",
                payload={},
                label=say("history.show_newest"),
                icon="chevrons-down",
            )
            later = await count() - await count(before=before)
            words = say("history.later_one") if later == 1 else say("history.later", n=f"{later:,}")
            self._add_line(shown, chat, f"{before} later", words, button)
        elif messages and messages[-1].author == "user" and not chat.turn.locked():
            button = cl.Action(
                name="answer_now",
                payload={"message": messages[-1].id},
                label="Answer now",
                icon="rotate-cw",
            )
            self._add_line(shown, chat, f"{messages[-1].id} cut off", CUT_OFF, button)
        return shown

    def _add_line(
        self,
        shown: Shown,
        chat: LiveChat,
        name: str,
        words: str,
        button: cl.Action,
        *,
        top: bool = False,
    ) -> None:
        """A line that is no part of the chat, with a button below it."""
        line = str(uuid5(NAMESPACE_OID, f"{chat.id} {name}"))
        step = message_step(chat.id, line, f"*{words}*", self.name)
        shown.steps.insert(0 if top else len(shown.steps), step)
        button.id, button.forId = f"{line}-button", line
        shown.actions.append(button)

    async def unanswered(self, action: cl.Action) -> tuple[str, Path | None] | None:
        """What a button wants answered, words and picture; the button and its line go."""
        chat, message_id = self.chat(), action.payload.get("message")
        if self.chats.history is None:
            return None
        messages = await asyncio.to_thread(self.chats.history.messages, chat.id, last=1)
        with suppress(Exception):
            await cl.context.emitter.emit("delete_message", {"id": action.forId})
        if not messages or messages[0].id != message_id or messages[0].author != "user":
            return None
        chat.answering = messages[0].id
        return messages[0].words, self.picture(chat.id, messages[0].picture)

    def picture(self, chat_id: str, name: str) -> Path | None:
        """The file of a picture that came with a message of a chat; None where there is none."""
        history = self.chats.history
        return None if history is None else history.pictures.path(chat_id, name)

    # -- other tabs ------------------------------------------------------------------------

    async def _show_elsewhere(self, chat: LiveChat) -> None:
        """Show what was said in the other tabs that have this chat open."""
        here = cl.context.session
        fresh, tabs = chat.take_fresh(), [tab for tab in _tabs(chat) if tab is not here]
        if not fresh or not tabs:
            return
        shown = await asyncio.to_thread(self.restorer.shown, chat.id, fresh)
        for tab in tabs:
            with suppress(Exception):
                for step in shown.steps:
                    await _emit(tab, "new_message", step)
                for element in shown.elements:
                    await _emit(tab, "element", element)
                for action in shown.actions:
                    await _emit(tab, "remove_action", action.to_dict())
                    await _emit(tab, "action", action.to_dict())

    async def _announce(self, chat: LiveChat) -> None:
        """Show the title of a chat in the sidebar once it is in the history."""
        if chat.has_new_title:
            chat.announced = chat.title
            await self._refresh_sidebar(chat)

    async def _refresh_sidebar(self, chat: LiveChat) -> None:
        """Make the browser ask for the list of chats again, which it does at a new interaction."""
        chat.refreshed += 1
        interaction = {"interaction": f"{chat.id} {chat.refreshed}", "thread_id": chat.id}
        for tab in _tabs(chat):
            with suppress(Exception):
                await _emit(tab, "first_interaction", interaction)


async def _send_actions(actions: list[cl.Action]) -> None:
    for action in actions:
        # A tab that lost its connection only has them already.
        await action.remove()
        await action.send(action.forId or "")


async def _emit(tab: WebsocketSession, event: str, data: Any) -> None:
    await tab.emit(event, data)  # type: ignore[misc]


async def _note(text: str) -> None:
    """Say something that is no part of the chat."""
    await cl.Message(content=f"*{plain(text)}*", author="Photopal").send()


def _tabs(chat: LiveChat) -> list[WebsocketSession]:
    """The tabs that have a chat open."""
    return [
        tab
        for tab in list(ws_sessions_id.values())
        if tab.thread_id == chat.id and tab.user is not None and tab.user.identifier == chat.owner
    ]


def _forget_button() -> cl.Action:
    return cl.Action(
        name="forget_chat",
        payload={},
        label="Do not keep this chat",
        icon="eye-off",
        tooltip="Delete it from the history, and keep nothing more of it",
    )
