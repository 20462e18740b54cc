"""The conversation in the page: thin callbacks that parse, call and show.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import chainlit as cl
from chainlit.input_widget import InputWidget, Slider, Switch

from bot.descriptors import Description
from bot.errors import EmptyDialogue
from bot.llm.reply import ReplyRequest
from bot.page.choices import MAX_PHOTOS, Choices
from bot.page.gallery import caption, gallery_props, shape
from bot.page.memory import MAX_MESSAGE_CHARS, Transcript
from bot.page.password import PasswordGate
from bot.page.replay import ReplayPage
from bot.page.sentences import (
    HINT,
    NOT_ASKED,
    NOT_ASKED_AGAIN,
    NOTHING_TO_READ,
    SOMETHING_WRONG,
    duration,
    found,
    plain,
    step_text,
)
from bot.page.services import PageServices
from bot.page.starters import openers
from bot.suggest import GALLERY, Suggester
from retrieval.errors import PhotoNotFound, PhotopalError, RetrievalError

log = logging.getLogger(__name__)

NAME = "Photopal"
WELCOME = (
    "# Chat, and get the right photo\n\n"
    "You own the photos and are about to share one: tell me what you are chatting about, "
    "and I find the photos that fit."
)
USER = "owner"
THINGS = ("main_subject", "foreground_objects", "background_scene")
"""The fields that can say by themselves which photo is meant."""


class ChatPage:
    """The callbacks, over services that were loaded once."""

    def __init__(self, services: PageServices) -> None:
        self.services = services
        settings = services.settings
        self.defaults = Choices(
            photos=min(settings.photos, MAX_PHOTOS),
            always_on=settings.always_on,
            use_llm=services.llm is not None,
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
                disabled=self.services.llm is None,
                description=(
                    f"{described}{settings.model}. The chat's text goes there, photos never do."
                    if self.services.llm is not None
                    else "None is set up, so everything stays offline."
                ),
            ),
        ]
        await cl.ChatSettings(widgets).send()

    async def change_settings(self, values: dict[str, Any]) -> None:
        """Keep what was chosen for the rest of the session."""
        choices = Choices.of(values, self._choices(), llm=self.services.llm is not None)
        cl.user_session.set("choices", choices)

    def _choices(self) -> Choices:
        return cast(Choices, cl.user_session.get("choices") or self.defaults)

    def _transcript(self) -> Transcript:
        transcript = cl.user_session.get("transcript")
        if transcript is None:
            transcript = Transcript()
            cl.user_session.set("transcript", transcript)
        return cast(Transcript, transcript)

    def _seen(self) -> set[int]:
        """The photos that this session has shown."""
        seen = cl.user_session.get("seen")
        if seen is None:
            seen = set()
            cl.user_session.set("seen", seen)
        return cast(set[int], seen)

    # -- messages ---------------------------------------------------------------------------

    async def message(self, message: cl.Message) -> None:
        """Answer what the user said."""
        if self.replay is not None and self.replay.is_on():
            await self.replay.message(message)
            return
        cut = self._transcript().user_says(message.content or "")
        if cut:
            await _say(
                f"That is a long message; I go by its last {MAX_MESSAGE_CHARS:,} characters."
            )
        await self._safely(lambda: self._answer(look=False))

    async def look_now(self, action: cl.Action) -> None:
        """Look for photos although nobody asked for one."""
        with suppress(Exception):
            await action.remove()
        await self._safely(lambda: self._answer(look=True))

    async def _safely(self, work: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong becomes one line in the chat."""
        try:
            await work()
        except EmptyDialogue:
            await _say(NOTHING_TO_READ)
        except PhotopalError as error:
            log.debug("answering failed", exc_info=True)
            await _say(f"{_sentence(error)}")
        except Exception as error:
            _log("answering failed", error)
            await _say(SOMETHING_WRONG)

    async def _answer(self, *, look: bool) -> None:
        choices = self._choices()
        conversation = self._transcript().conversation()
        suggester = self.services.suggester(use_llm=choices.use_llm)
        started = time.perf_counter()
        description = await self._describe(suggester)
        seconds = {"describe": time.perf_counter() - started}
        llm_writes = description.source == "llm" and self.services.reply is not None
        if not (look or choices.always_on or description.share):
            if llm_writes:
                await self._stream_reply(ReplyRequest(conversation, description))
            else:
                hint = await self._hint(suggester, description) if choices.hints else None
                await self._stay_quiet(description, hint)
            return

        async with cl.Step(
            name="for a photo", type="tool", show_input=False, metadata={"avatarName": NAME}
        ) as step:
            started = time.perf_counter()
            result, _ = await asyncio.to_thread(
                suggester.find, description, replace(GALLERY, k=choices.photos)
            )
            seconds["search"] = time.perf_counter() - started
            step.name = f"for a photo · {duration(sum(seconds.values()))}"
            step.output = step_text(description, seconds, result.searched)
        props = await asyncio.to_thread(gallery_props, result, self.services.library)
        count = len(props["photos"])
        self._seen().update(photo["id"] for photo in props["photos"])
        if count:
            self._transcript().settle()
        gallery = [cl.CustomElement(name="PhotoGallery", props=props)] if count else []
        # Photos do not wait for words: an LLM's come below them.
        if not llm_writes:
            await _say(_with_notice(found(count), description.notice), elements=gallery)
        else:
            if gallery:
                await _say("", elements=gallery)
            await self._stream_reply(ReplyRequest(conversation, description, count))

    async def _describe(self, suggester: Suggester) -> Description:
        """The photo to look for: an LLM sees the whole chat, the offline describer the newest."""
        transcript = self._transcript()
        if suggester is self.services.llm:
            return await suggester.adescribe(transcript.conversation())
        newest = await suggester.adescribe(transcript.open_conversation())
        if any(getattr(newest.descriptors, name).strip() for name in THINGS):
            return newest
        # "The one where he sleeps" means what the talk was about before.
        whole = await suggester.adescribe(transcript.conversation())
        return whole.model_copy(update={"share": newest.share or whole.share})

    async def _hint(self, suggester: Suggester, description: Description) -> dict[str, Any] | None:
        """A photo that fits what was said without being asked for; each one only once."""
        result, _ = await asyncio.to_thread(suggester.find, description, replace(GALLERY, k=1))
        props = await asyncio.to_thread(gallery_props, result, self.services.library)
        best = props["photos"][:1]
        if not best or best[0]["id"] in self._seen():
            return None
        self._seen().add(best[0]["id"])
        self._transcript().settle()
        return {"photos": best, "quiet": True}

    async def _stay_quiet(self, description: Description, hint: dict[str, Any] | None) -> None:
        """Answer without a gallery: photos are not pushed."""
        if hint is not None:
            text, elements = HINT, [cl.CustomElement(name="PhotoGallery", props=hint)]
        else:
            text, elements = NOT_ASKED, []
            if cl.user_session.get("explained"):
                text = NOT_ASKED_AGAIN
            cl.user_session.set("explained", True)
        await _say(
            _with_notice(text, description.notice), elements=elements, actions=[_look_button()]
        )

    async def _stream_reply(self, request: ReplyRequest) -> None:
        """Stream the LLM's words; the chain has words of its own when the LLM fails."""
        assert self.services.reply is not None
        message = cl.Message(content="", author=NAME)
        async for piece in self.services.reply.astream(request):
            await message.stream_token(piece)
        await message.update()
        self._transcript().bot_says(message.content)

    # -- sharing ----------------------------------------------------------------------------

    async def share(self, action: cl.Action) -> dict[str, bool]:
        """Make a copy of a photo without hidden data, show it and offer it for download."""
        photo_id = action.payload.get("photo_id")
        try:
            if type(photo_id) is not int or not 0 < photo_id < 2**63:
                raise PhotoNotFound("there is no such photo")
            photo = await asyncio.to_thread(self.services.library.photo, photo_id)
            copy = await asyncio.to_thread(self.services.shared.share, photo)
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
        self._transcript().user_shares()
        name = caption(photo.path)
        element = cl.CustomElement(
            name="SharedPhoto",
            props={
                "url": f"/photos/{photo.id}/shared?v={time.time_ns()}",
                "filename": copy.path.name,
                "alt": f"Shared: {name}",
                "ratio": round(shape(photo), 3),
                "facts": "No location, no camera data",
            },
        )
        await _say(
            f"Here is **{plain(name)}**, ready to share: a copy without location, camera and "
            f"other hidden data.\n\nSaved as `{_shown(copy.path)}`",
            elements=[element],
        )
        return {"ok": True}


def _log(what: str, error: Exception) -> None:
    """One line for the terminal; where it happened only with ``--debug``."""
    log.error("%s: %s", what, error, exc_info=log.isEnabledFor(logging.DEBUG))


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


def _shown(path: Path) -> str:
    """A path for people, safe between backticks."""
    with suppress(ValueError, RuntimeError):
        path = "~" / path.relative_to(Path.home())
    return str(path).replace("`", "'").encode("utf-8", "replace").decode("utf-8")
