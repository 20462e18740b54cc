"""The chat's way into the history and back: kept turn by turn, resumed, shown in every tab.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import chainlit as cl
from chainlit.session import WebsocketSession, ws_sessions_id
from chainlit.types import ThreadDict

from bot.assistant import Choices, Reply
from bot.errors import HistoryError
from bot.history import KeptMessage
from bot.history.records import kept_reply
from bot.page.callbacks import Callbacks
from bot.page.keeping import LiveChat, LiveChats, now
from bot.page.restoring import Elements, Restorer, Shown, message_step
from bot.page.sentences import plain, unescaped
from bot.page.services import PageServices

log = logging.getLogger(__name__)

OWNER = "owner"
"""The one user of a page without accounts, with and without a password."""

WINDOW = 100
"""Messages of a chat that are shown when it is resumed; Chainlit takes a millisecond for each."""
EARLIER = 200
"""Messages that the button for earlier ones adds."""

NO_HISTORY = "Chats are not kept: {problem}."
NOT_KEPT_NOW = (
    "This chat is not kept any more. What was kept of it is deleted; the rest goes when you "
    "leave it."
)
NOT_DELETED = "What was kept of this chat could not be deleted: {problem}."
A_PICTURE = "(a picture)"
"""Said by a message that is nothing but a picture, which is never kept."""
CUT_OFF = "I was stopped before I could answer."

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
        self.restorer = Restorer(name, services.library, services.assistant.share_folder, elements)

    def register(self, to: Callbacks) -> None:
        """Hand the callbacks over."""
        to.on_chat_resume(self.resume)
        to.action_callback("forget_chat")(self.forget)
        to.action_callback("show_earlier")(self.show_earlier)

    # -- a turn ----------------------------------------------------------------------------

    def chat(self) -> LiveChat:
        """The visitor's chat."""
        chat: LiveChat | None = cl.user_session.get("chat")
        if chat is None:
            person = self.person()
            choices = self.new_choices(person)
            thread_id = cl.context.session.thread_id
            chat = self.chats.new(thread_id, person, self.library, choices)
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
                text = event.content or (A_PICTURE if event.elements else "")
                chat.said(KeptMessage(event.id, "user", text, now()))
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
        if notice is not None:
            await _note(notice)
        if chat.keeps and chat.title != chat.announced:
            chat.announced = chat.title
            await self._refresh_sidebar(chat)

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
        if self.problem and self.is_on():
            await cl.context.emitter.send_toast(NO_HISTORY.format(problem=self.problem), "warning")

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
            await _note(NOT_DELETED.format(problem=error))
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
            cl.user_session.set("chat", chat)
            shown = await self._shown(chat, WINDOW)
        except HistoryError as error:
            log.debug("resuming a chat failed", exc_info=True)
            await cl.context.emitter.send_toast(NO_HISTORY.format(problem=error), "error")
            return
        await self.offer_settings(chat)
        metadata = thread["metadata"] or {}
        settings = metadata.get("chat_settings", {})
        thread["metadata"] = {**metadata, "chat_settings": {**settings, "keep": chat.keeps}}
        thread["steps"], thread["elements"] = shown.steps, shown.elements
        await _send_actions(shown.actions)

    async def show_earlier(self, action: cl.Action) -> None:
        """Show more of a long chat's beginning."""
        chat = self.chat()
        number = action.payload.get("shown")
        if type(number) is not int or not 0 < number < 2**31:
            return
        try:
            shown = await self._shown(chat, number + EARLIER)
        except HistoryError as error:
            await _note(NO_HISTORY.format(problem=error))
            return
        with suppress(Exception):
            await action.remove()
        metadata = {"chat_profile": self.name}
        await cl.context.emitter.emit(
            "resume_thread",
            {
                "id": chat.id,
                "metadata": metadata,
                "steps": shown.steps,
                "elements": shown.elements,
            },
        )
        await _send_actions(shown.actions)

    async def _shown(self, chat: LiveChat, last: int) -> Shown:
        """The newest messages of a chat, with a button for the earlier ones."""
        history = self.chats.history
        assert history is not None
        messages = await asyncio.to_thread(history.messages, chat.id, last=last)
        hidden = await asyncio.to_thread(history.count_messages, chat.id) - len(messages)
        chat.offered_forget = True
        shown = await asyncio.to_thread(self.restorer.shown, chat.id, messages)
        if hidden > 0:
            top = str(uuid5(NAMESPACE_OID, f"{chat.id} earlier"))
            words = "1 earlier message" if hidden == 1 else f"{hidden:,} earlier messages"
            shown.steps.insert(0, message_step(chat.id, top, f"*{words}*", self.name))
            button = cl.Action(
                name="show_earlier", payload={"shown": len(messages)}, label="Show earlier"
            )
            button.id, button.forId, button.icon = f"{top}-button", top, "chevron-up"
            shown.actions.append(button)
        if messages and messages[-1].author == "user" and not chat.turn.locked():
            bottom = str(uuid5(NAMESPACE_OID, f"{messages[-1].id} cut off"))
            shown.steps.append(message_step(chat.id, bottom, f"*{CUT_OFF}*", self.name))
            button = cl.Action(
                name="answer_now", payload={"message": messages[-1].id}, label="Answer now"
            )
            button.id, button.forId, button.icon = f"{bottom}-button", bottom, "rotate-cw"
            shown.actions.append(button)
        return shown

    async def unanswered(self, action: cl.Action) -> str | None:
        """The message that a button wants answered; the button and its line go."""
        chat, message_id = self.chat(), action.payload.get("message")
        if self.chats.history is None:
            return None
        messages = await asyncio.to_thread(self.chats.history.messages, chat.id, last=1)
        with suppress(Exception):
            await cl.context.emitter.emit("delete_message", {"id": action.forId})
        if not messages or messages[0].id != message_id or messages[0].author != "user":
            return None
        chat.answering = messages[0].id
        return messages[0].text

    # -- other tabs ------------------------------------------------------------------------

    async def _show_elsewhere(self, chat: LiveChat) -> None:
        """Show what was said in the other tabs that have this chat open."""
        fresh, tabs = chat.take_fresh(), _other_tabs(chat)
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

    async def _refresh_sidebar(self, chat: LiveChat) -> None:
        """Make the browser ask for the list of chats again, which it does at a new interaction."""
        chat.refreshed += 1
        interaction = {"interaction": f"{chat.id} {chat.refreshed}", "thread_id": chat.id}
        await cl.context.emitter.emit("first_interaction", interaction)


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


def _other_tabs(chat: LiveChat) -> list[WebsocketSession]:
    here = cl.context.session
    return [
        tab
        for tab in ws_sessions_id.values()
        if tab.thread_id == chat.id
        and tab is not here
        and tab.user is not None
        and tab.user.identifier == chat.owner
    ]


def _forget_button() -> cl.Action:
    return cl.Action(
        name="forget_chat",
        payload={},
        label="Do not keep this chat",
        icon="eye-off",
        tooltip="Delete it from the history, and keep nothing more of it",
    )
