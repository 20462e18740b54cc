"""The conversation in the page: thin callbacks that parse, call and show.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import chainlit as cl
from chainlit.input_widget import InputWidget, Slider, Switch

from bot.assistant import Choices, Reply, Session, SharedPhoto
from bot.assistant.choices import MAX_PHOTOS
from bot.errors import EmptyDialogue
from bot.llm.reply import STOPPED, ReplyRequest
from bot.page.gallery import caption, gallery_props, shape
from bot.page.password import PasswordGate
from bot.page.replay import ReplayPage
from bot.page.sentences import (
    NOTHING_TO_READ,
    SOMETHING_WRONG,
    duration,
    plain,
    plain_text,
    step_text,
)
from bot.page.services import PageServices
from bot.page.starters import openers
from retrieval.errors import PhotoNotFound, PhotopalError, RetrievalError

log = logging.getLogger(__name__)

NAME = "Photopal"
WELCOME = (
    "# Chat, and get the right photo\n\n"
    "You own the photos and are about to share one: ask for it, or tell me what you are chatting "
    "about. Then say “more”, “older”, “not that one” or “share the second”."
)
USER = "owner"


class ChatPage:
    """The callbacks, over services that were loaded once."""

    def __init__(self, services: PageServices) -> None:
        self.services = services
        settings = services.settings
        self.defaults = Choices(
            photos=min(settings.photos, MAX_PHOTOS),
            always_on=settings.always_on,
            use_llm=services.assistant.llm is not None,
        )
        self.replay = ReplayPage(services.replay) if services.replay is not None else None

    def register(self) -> None:
        """Hand the callbacks to Chainlit."""
        cl.set_chat_profiles(self.profiles)
        if self.replay is not None:
            self.replay.register()
        cl.on_chat_start(self.start)
        cl.on_settings_update(self.change_settings)
        cl.on_message(self.message)
        cl.action_callback("share_photo")(self.share)
        cl.action_callback("look_now")(self.look_now)
        cl.action_callback("without_filter")(self.without_filter)
        cl.action_callback("classic_search")(self.classic_search)
        # Chainlit would otherwise store chats in whatever DATABASE_URL happens to name.
        cl.data_layer(cast(Any, lambda: None))
        password = self.services.settings.password
        if password is not None:
            gate = PasswordGate(password)

            async def log_in(username: str, password: str) -> cl.User | None:
                return cl.User(identifier=USER) if await gate.accepts(password) else None

            cl.password_auth_callback(log_in)

    # -- the session ------------------------------------------------------------------------

    async def profiles(self, current_user: cl.User | None) -> list[cl.ChatProfile]:
        """The chat's profile carries the welcome and the openers; beside it, maybe the replay's."""
        starters = [
            cl.Starter(label=opener.label, message=opener.message)
            for opener in openers(samples=self.services.samples)
        ]
        chat = cl.ChatProfile(
            name=NAME,
            markdown_description=WELCOME,
            icon="/public/logo.svg",
            default=True,
            starters=starters,
        )
        return [chat] if self.replay is None else [chat, self.replay.profile()]

    async def start(self) -> None:
        """Offer the settings."""
        if self.replay is not None and self.replay.is_on():
            await self.replay.start()
            return
        settings = self.services.settings
        described = "Describe the photo and reply with "
        widgets: list[InputWidget] = [
            Slider(
                id="photos",
                label="Photos to show",
                initial=self.defaults.photos,
                min=1,
                max=MAX_PHOTOS,
                step=1,
                description="At most; photos that do not fit are left out.",
            ),
            Switch(
                id="always_on",
                label="Look after every message",
                initial=self.defaults.always_on,
                description="Otherwise only when you ask or are about to share.",
            ),
            Switch(
                id="hints",
                label="Hint at a photo that fits",
                initial=self.defaults.hints,
                description="One small photo, once, when it fits what you say.",
            ),
            Switch(
                id="use_llm",
                label="Use the LLM",
                initial=self.defaults.use_llm,
                disabled=self.services.assistant.llm is None,
                description=(
                    f"{described}{settings.model}. The chat's text goes there, photos never do. "
                    "A plain request is answered without it."
                    if self.services.assistant.llm is not None
                    else "None is set up, so everything stays offline."
                ),
            ),
        ]
        await cl.ChatSettings(widgets).send()

    async def change_settings(self, values: dict[str, Any]) -> None:
        """Keep what was chosen for the rest of the session."""
        choices = Choices.of(values, self._choices(), llm=self.services.assistant.llm is not None)
        cl.user_session.set("choices", choices)

    def _choices(self) -> Choices:
        return cast(Choices, cl.user_session.get("choices") or self.defaults)

    def _session(self) -> Session:
        session = cl.user_session.get("session")
        if session is None:
            session = Session()
            cl.user_session.set("session", session)
        return cast(Session, session)

    # -- messages ---------------------------------------------------------------------------

    async def message(self, message: cl.Message) -> None:
        """Answer what the user said."""
        if self.replay is not None and self.replay.is_on():
            await self.replay.message(message)
            return
        text = message.content or ""
        respond = self.services.assistant.respond
        await self._answer(lambda: respond(self._session(), text, self._choices()))

    async def look_now(self, action: cl.Action) -> None:
        """Look for photos although nobody asked for one."""
        with suppress(Exception):
            await action.remove()
        look = self.services.assistant.look
        await self._answer(lambda: look(self._session(), self._choices()))

    async def classic_search(self, action: cl.Action) -> None:
        """Look for the person's own words, without the LLM."""
        with suppress(Exception):
            await action.remove()
        search = self.services.assistant.classic_search
        await self._answer(lambda: search(self._session(), self._choices()))

    async def without_filter(self, action: cl.Action) -> None:
        """Look again, at any time and place."""
        with suppress(Exception):
            await action.remove()
        again = self.services.assistant.without_filter
        await self._answer(lambda: again(self._session(), self._choices()))

    async def _answer(self, work: Callable[[], Reply]) -> None:
        """Show a reply; whatever goes wrong becomes one line in the chat."""
        try:
            await self._show(await _in_thread(work))
        except EmptyDialogue:
            await _say(NOTHING_TO_READ)
        except PhotopalError as error:
            log.debug("answering failed", exc_info=True)
            await _say(f"{_sentence(error)}")
        except Exception as error:
            _log("answering failed", error)
            await _say(SOMETHING_WRONG)

    async def _show(self, reply: Reply) -> None:
        if reply.looked_for and not reply.hint:
            took = duration(sum(reply.seconds.values()))
            async with cl.Step(
                name=f"for a photo · {took}",
                type="tool",
                show_input=False,
                metadata={"avatarName": NAME},
            ) as step:
                step.output = step_text(reply.looked_for, reply.seconds, reply.searched)
        props = gallery_props(reply.photos, self.services.library) if reply.photos else None
        elements = [_gallery({**props, "quiet": reply.hint})] if props else []
        elements += [self._shared_element(one) for one in reply.shared]
        actions = []
        if reply.filter_words:
            actions.append(_filter_button(reply.filter_words))
        if reply.offers_look:
            actions.append(_look_button())
        if reply.request is not None and reply.sure is not None:
            actions.append(_classic_button())
        # Photos do not wait for words: an LLM's come below them.
        if reply.request is None or elements or reply.text:
            text = plain_text(reply.text)
            await _say(_with_notice(text, reply.notice), elements=elements, actions=actions)
        if reply.request is not None:
            await self._stream_reply(reply.request)

    async def _stream_reply(self, request: ReplyRequest) -> None:
        """Stream the LLM's words; the chain has words of its own when the LLM fails."""
        writer = self.services.assistant.writer
        assert writer is not None
        message, said = cl.Message(content="", author=NAME), ""
        try:
            async for piece in writer.astream(request):
                said += piece
                await message.stream_token(piece)
        except asyncio.CancelledError:
            await message.stream_token(f" {STOPPED}" if said else STOPPED)
            raise
        finally:
            await message.update()
            self._session().bot_says(said)

    # -- sharing ----------------------------------------------------------------------------

    async def share(self, action: cl.Action) -> dict[str, bool]:
        """Make a copy of a photo without hidden data, show it and offer it for download."""
        photo_id = action.payload.get("photo_id")
        try:
            if type(photo_id) is not int or not 0 < photo_id < 2**63:
                raise PhotoNotFound("there is no such photo")
            share = self.services.assistant.share
            reply = await asyncio.to_thread(share, self._session(), [photo_id])
        except RetrievalError as error:
            log.debug("sharing failed", exc_info=True)
            await _say(f"That photo could not be shared: {plain(str(error))}.")
            return {"ok": False}
        except OSError as error:
            log.debug("sharing failed", exc_info=True)
            reason = plain(error.strerror or "the disk refused")
            await _say(f"The copy could not be saved: {reason}.")
            return {"ok": False}
        except Exception as error:
            _log("sharing failed", error)
            await _say(SOMETHING_WRONG)
            return {"ok": False}
        await self._show(reply)
        return {"ok": True}

    def _shared_element(self, shared: SharedPhoto) -> cl.CustomElement:
        photo = self.services.library.photo(shared.photo_id)
        self.services.shared.remember(photo, shared.copy)
        name = caption(photo.path)
        return cl.CustomElement(
            name="SharedPhoto",
            props={
                "url": f"/photos/{photo.id}/shared?v={time.time_ns()}",
                "filename": shared.copy.name,
                "alt": f"Shared: {name}",
                "ratio": round(shape(photo), 3),
                "facts": "No location, no camera data",
            },
        )


def _log(what: str, error: Exception) -> None:
    """One line for the terminal; where it happened only with ``--debug``."""
    log.error("%s: %s", what, error, exc_info=log.isEnabledFor(logging.DEBUG))


async def _in_thread(work: Callable[[], Reply]) -> Reply:
    """Run in a thread, which shares this visitor's context and with it the session."""
    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        await _say(STOPPED)
        raise


def _gallery(props: dict[str, Any]) -> cl.CustomElement:
    return cl.CustomElement(name="PhotoGallery", props=props)


def _filter_button(words: str) -> cl.Action:
    return cl.Action(
        name="without_filter",
        payload={},
        label=words,
        icon="x",
        tooltip="Look at any time and place instead",
    )


def _classic_button() -> cl.Action:
    return cl.Action(
        name="classic_search",
        payload={},
        label="Search my words only",
        icon="search",
        tooltip="Look for just what you said, without the LLM",
    )


def _look_button() -> cl.Action:
    return cl.Action(
        name="look_now", payload={}, label="Look for photos", icon="search", tooltip="Look now"
    )


async def _say(
    text: str,
    *,
    elements: list[Any] | None = None,
    actions: list[cl.Action] | None = None,
) -> None:
    await cl.Message(
        content=text, author=NAME, elements=elements or [], actions=actions or []
    ).send()


def _with_notice(text: str, notice: str | None) -> str:
    """The text, and below it the notice in small print."""
    return f"{text}\n\n*{plain(notice)}*".strip() if notice else text


def _sentence(error: Exception) -> str:
    text = plain(str(error)) or type(error).__name__
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
