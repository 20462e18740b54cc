"""The conversation in the page: thin callbacks that parse, call and show.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import chainlit as cl
from chainlit.input_widget import InputWidget, Slider, Switch

from bot.assistant import Choices, Reply, Session, SharedPhoto
from bot.assistant.choices import MAX_PHOTOS
from bot.errors import EmptyDialogue
from bot.llm.reply import STOPPED, ReplyRequest
from bot.page.better_eyes import eyes_line
from bot.page.callbacks import Callbacks
from bot.page.feedback import PageFeedback
from bot.page.gallery import gallery_props, mix, question_props, shared_props
from bot.page.history import OWNER, PageHistory
from bot.page.keeping import LiveChat, LiveChats
from bot.page.photo_actions import PhotoActions
from bot.page.replay import ReplayPage
from bot.page.restoring import with_notice
from bot.page.sentences import (
    NOTHING_TO_READ,
    SOMETHING_WRONG,
    duration,
    plain,
    plain_text,
    step_text,
)
from bot.page.services import PageServices
from bot.page.starters import Welcome, make_welcome
from bot.page.uploads import picture_of
from bot.page.words import Words
from retrieval.errors import PhotopalError
from retrieval.photos.reading import open_image

log = logging.getLogger(__name__)

NAME = "Photopal"


class ChatPage:
    """The callbacks, over services that were loaded once."""

    def __init__(self, services: PageServices, chats: LiveChats) -> None:
        """Nothing is heard of Chainlit before :meth:`register`.

        Args:
            services: of the person, or of all who share a library.
            chats: everybody's that are going on.
        """
        self.services = services
        settings = services.settings
        self.defaults = Choices(
            photos=min(settings.photos, MAX_PHOTOS),
            always_on=settings.always_on,
            use_llm=services.assistant.llm is not None,
            clarify=True,
        )
        self._welcomed: tuple[tuple[int, date], Welcome] | None = None
        self.replay = ReplayPage(services.replay) if services.replay is not None else None
        self.history = PageHistory(
            services,
            chats,
            name=NAME,
            new_choices=self._new_choices,
            elements=self._elements,
            offer_settings=self._offer_settings,
            is_on=lambda: self.replay is None or not self.replay.is_on(),
        )
        self.feedback = PageFeedback(services.library, self.history.chat)

    def register(self, to: Callbacks) -> None:
        """Hand the callbacks over.

        There may be a page for each person, so never hand one to Chainlit itself: it would then
        answer everybody.
        """
        to.set_chat_profiles(self.profiles)
        if self.replay is not None:
            self.replay.register(to)
        to.on_chat_start(self.start)
        to.on_chat_start_again(self.start_again)
        to.on_settings_update(self.change_settings)
        to.on_settings_edit(self.change_settings)
        self.history.register(to)
        turn = self.history.in_turn
        to.on_message(turn(self.message))
        actions = PhotoActions(
            self.services.assistant,
            self._session,
            self._choices,
            self._show,
            self._say,
            self.feedback,
        )
        actions.register(to, turn)
        to.action_callback("look_now")(turn(self.look_now, once=True))
        to.action_callback("without_filter")(turn(self.without_filter, once=True))
        to.action_callback("classic_search")(turn(self.classic_search, once=True))
        to.action_callback("answer_now")(turn(self.answer_now, once=True))
        to.action_callback("answer_question")(turn(self.answer_question))

    # -- the session ------------------------------------------------------------------------

    async def profiles(
        self, current_user: cl.User | None, language: str | None = None
    ) -> list[cl.ChatProfile]:
        """The chat's profile carries the welcome and the openers; beside it, maybe the replay's."""
        welcome = await asyncio.to_thread(self._welcome)
        words = Words.of(language)
        person = current_user.identifier if current_user is not None else OWNER
        eyes = await asyncio.to_thread(eyes_line, self.services, person, words)
        starters = [
            cl.Starter(label=opener.label, message=opener.message) for opener in welcome.openers
        ]
        chat = cl.ChatProfile(
            name=NAME,
            markdown_description="\n\n".join(
                part
                for part in (
                    f"# {words.say('welcome.title')}",
                    words.say("welcome.text"),
                    welcome.text,
                    eyes,
                )
                if part
            ),
            icon="/public/logo.svg",
            default=True,
            starters=starters,
        )
        return [chat] if self.replay is None else [chat, self.replay.profile()]

    def _welcome(self) -> Welcome:
        """Made once for each day and state of the library."""
        state = self.services.library.change, date.today()
        if self._welcomed is None or self._welcomed[0] != state:
            samples = self.services.samples
            self._welcomed = state, make_welcome(self.services.assistant, samples=samples)
        return self._welcomed[1]

    async def start(self) -> None:
        """Offer the settings."""
        if self.replay is not None and self.replay.is_on():
            await self.replay.start()
            return
        await self._offer_settings(self.history.chat())
        await self.history.tell_problem()

    async def start_again(self) -> None:
        """Offer the settings to a browser that lost them."""
        if self.replay is None or not self.replay.is_on():
            await self._offer_settings(self.history.chat())

    async def _offer_settings(self, chat: LiveChat) -> None:
        settings, choices = self.services.settings, chat.choices
        say = Words.of(getattr(cl.context.session, "language", None)).say
        widgets: list[InputWidget] = [
            Slider(
                id="photos",
                label=say("settings.photos.label"),
                initial=choices.photos,
                min=1,
                max=MAX_PHOTOS,
                step=1,
                description=say("settings.photos.text"),
            ),
            Switch(
                id="always_on",
                label=say("settings.always_on.label"),
                initial=choices.always_on,
                description=say("settings.always_on.text"),
            ),
            Switch(
                id="hints",
                label=say("settings.hints.label"),
                initial=choices.hints,
                description=say("settings.hints.text"),
            ),
            Switch(
                id="clarify",
                label=say("settings.clarify.label"),
                initial=choices.clarify,
                description=say("settings.clarify.text"),
            ),
            Switch(
                id="use_llm",
                label=say("settings.use_llm.label"),
                initial=choices.use_llm,
                disabled=self.services.assistant.llm is None,
                description=(
                    say("settings.use_llm.text", model=settings.model)
                    if self.services.assistant.llm is not None
                    else say("settings.use_llm.none")
                ),
            ),
            Switch(
                id="keep",
                label=say("settings.keep.label"),
                initial=chat.keeps and chat.history is not None,
                disabled=chat.history is None,
                description=say("settings.keep.text"),
            ),
        ]
        await cl.ChatSettings(widgets).send()

    async def change_settings(self, values: dict[str, Any]) -> None:
        """What was chosen holds at once, for this chat and for the person's later ones."""
        choices = Choices.of(values, self._choices(), llm=self.services.assistant.llm is not None)
        await self.history.choose(choices, values.get("keep"))
        await asyncio.to_thread(self.services.choices.keep, self.history.person(), choices)

    def _choices(self) -> Choices:
        return self.history.chat().choices

    def _new_choices(self, person: str) -> Choices:
        """The settings of a new chat: as the person last had them."""
        llm = self.services.assistant.llm is not None
        return self.services.choices.of(person, self.defaults, llm=llm)

    def _session(self) -> Session:
        return self.history.chat().session

    # -- messages ---------------------------------------------------------------------------

    async def message(self, message: cl.Message) -> None:
        """Answer what the user said."""
        if self.replay is not None and self.replay.is_on():
            await self.replay.message(message)
            return
        await self._respond(message.content or "", picture_of(message))

    async def _respond(self, text: str, picture: Path | None) -> None:
        """Answer words and a picture, or either of them."""
        assistant, session, choices = self.services.assistant, self._session(), self._choices()
        if picture is None:
            await self._answer(lambda: assistant.respond(session, text, choices))
        else:
            await self._answer(
                lambda: assistant.respond_to_picture(session, open_image(picture), text, choices)
            )

    async def look_now(self, action: cl.Action) -> None:
        """Look for photos although nobody asked for one."""
        look = self.services.assistant.look
        await self._answer(lambda: look(self._session(), self._choices()))

    async def classic_search(self, action: cl.Action) -> None:
        """Look for the person's own words, without the LLM."""
        search = self.services.assistant.classic_search
        await self._answer(lambda: search(self._session(), self._choices()))

    async def without_filter(self, action: cl.Action) -> None:
        """Look again, at any time and place."""
        again = self.services.assistant.without_filter
        await self._answer(lambda: again(self._session(), self._choices()))

    async def answer_now(self, action: cl.Action) -> None:
        """Answer a message that had no answer when the server stopped."""
        asked = await self.history.unanswered(action)
        if asked is not None:
            await self._respond(*asked)

    async def answer_question(self, action: cl.Action) -> None:
        """The photos that fit an answer to the question that was asked beside them."""
        answer, asked = self.services.assistant.answer, action.payload.get("question")
        number = action.payload.get("answer")
        number = number if type(number) is int else -1
        await self._answer(lambda: answer(self._session(), str(asked), number, self._choices()))

    async def _answer(self, work: Callable[[], Reply]) -> None:
        """Show a reply; whatever goes wrong becomes one line in the chat."""
        try:
            await self._show(await self._in_thread(work))
        except EmptyDialogue:
            await self._say(NOTHING_TO_READ)
        except PhotopalError as error:
            log.debug("answering failed", exc_info=True)
            await self._say(f"{_sentence(error)}")
        except Exception as error:
            _log("answering failed", error)
            await self._say(SOMETHING_WRONG)

    async def _say(self, text: str, reply: Reply | None = None) -> None:
        """Show a message of the bot's, in Markdown, with all that a reply shows; keep it."""
        elements = await asyncio.to_thread(self._elements, reply) if reply is not None else []
        actions = _actions(reply) + self.history.first_buttons() if reply is not None else []
        message = cl.Message(content=text, author=NAME, elements=elements, actions=actions)
        await message.send()
        self.history.answered(message, reply, text=None if reply is None else reply.text)

    async def _in_thread(self, work: Callable[[], Reply]) -> Reply:
        """Run in a thread, which shares this visitor's context and with it the session."""
        llm = self.services.assistant.llm is not None and self._choices().use_llm
        try:
            return await self.services.answering.run(work, llm=llm)
        except asyncio.CancelledError:
            await self._say(STOPPED)
            raise

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
        if reply.shared:
            await self.feedback.given("share", [one.photo_id for one in reply.shared])
        # Photos do not wait for words: an LLM's come below them.
        shows = reply.request is None or bool(reply.photos or reply.shared or reply.text)
        if shows:
            text = plain_text(reply.text)
            if reply.question is not None:
                text = f"{text}\n\n{plain_text(reply.question.text)}".strip()
            await self._say(with_notice(text, reply.notice), reply)
        if reply.request is not None:
            await self._stream_reply(reply.request, None if shows else reply)

    def _elements(self, reply: Reply) -> list[cl.CustomElement]:
        """What a reply shows beside its words; made again when the chat is resumed.

        Reads the library, so call it away from the event loop.
        """
        votes = self._session().votes
        props = gallery_props(reply.photos, self.services.library, votes) if reply.photos else None
        more = {"quiet": reply.hint, "mix": mix(reply), "question": question_props(reply)}
        elements = [_gallery({**props, **more})] if props else []
        return elements + [self._shared_element(one) for one in reply.shared]

    async def _stream_reply(self, request: ReplyRequest, reply: Reply | None) -> None:
        """Stream the LLM's words; the chain has words of its own when the LLM fails.

        Args:
            request: what the words are to say.
            reply: what is kept with them, where no message before them shows it.
        """
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
            self.history.answered(message, reply, text=said or None)

    def _shared_element(self, shared: SharedPhoto) -> cl.CustomElement:
        photo = self.services.library.photo(shared.photo_id)
        self.services.shared.remember(photo, shared.copy)
        return cl.CustomElement(name="SharedPhoto", props=shared_props(photo, shared.copy.name))


def _log(what: str, error: Exception) -> None:
    """One line for the terminal; where it happened only with ``--debug``."""
    log.error("%s: %s", what, error, exc_info=log.isEnabledFor(logging.DEBUG))


def _gallery(props: dict[str, Any]) -> cl.CustomElement:
    return cl.CustomElement(name="PhotoGallery", props=props)


def _actions(reply: Reply) -> list[cl.Action]:
    """The buttons below a reply."""
    actions = []
    if reply.filter_words:
        actions.append(_filter_button(reply.filter_words))
    if reply.offers_look:
        actions.append(_look_button())
    if reply.request is not None and reply.sure is not None:
        actions.append(_classic_button())
    return actions


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


def _sentence(error: Exception) -> str:
    text = plain(str(error)) or type(error).__name__
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
