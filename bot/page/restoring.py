"""A chat of the history as the page shows it: the same steps, photos and buttons as at first.

Import this only after :mod:`bot.page.launch` has set Chainlit's environment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import chainlit as cl
from chainlit.element import ElementDict
from chainlit.step import StepDict

from bot.assistant import Reply
from bot.history import KeptMessage
from bot.history.records import PhotoLookup, present_photos, read_reply
from bot.page.keeping import now
from bot.page.kept_pictures import picture_address
from bot.page.sentences import duration, plain, step_text
from bot.page.uploads import KIND, NAME
from bot.page.words import Words
from retrieval.library import Photo

GONE_ONE = "One photo is no longer in your library."
GONE = "{count} photos are no longer in your library."

Elements = Callable[[Reply], Sequence[cl.CustomElement]]


@dataclass
class Shown:
    """What the page shows of some messages.

    Attributes:
        steps: in their order; a step's parent comes before it.
        elements: galleries and the like.
        actions: buttons that can still be pressed.
    """

    steps: list[StepDict] = field(default_factory=list)
    elements: list[ElementDict] = field(default_factory=list)
    actions: list[cl.Action] = field(default_factory=list)


@dataclass(frozen=True)
class Restorer:
    """Makes messages of the history into what the page shows.

    Attributes:
        name: of the bot.
        library: tells which photos there still are.
        copies: the folder of the copies that were shared.
        elements: what a reply shows beside its words.
        picture: the file of a picture by its chat and name; None where it is gone.
    """

    name: str
    library: PhotoLookup
    copies: Path
    elements: Elements
    picture: Callable[[str, str], Path | None]

    def shown(self, chat_id: str, messages: Sequence[KeptMessage]) -> Shown:
        """What the page shows of these messages of a chat."""
        present = present_photos(self.library, (each for one in messages for each in one.photo_ids))
        runs = {one.id: str(uuid5(NAMESPACE_OID, one.id)) for one in messages}
        shown = Shown()
        for one in messages:
            if one.author == "user":
                self._add_question(chat_id, one, shown)
                run = _step(chat_id, one, "run", "", name="on_message", parent=one.id)
                shown.steps.append({**run, "id": runs[one.id]})
            else:
                self._add_answer(chat_id, one, runs.get(one.answers or ""), present, shown)
        return shown

    def _add_question(self, chat_id: str, message: KeptMessage, shown: Shown) -> None:
        text = message.words
        if message.picture:
            if self.picture(chat_id, message.picture) is not None:
                shown.elements.append(_picture(chat_id, message))
            else:
                language = getattr(cl.context.session, "language", None)
                gone = Words.of(language).say("history.picture_gone")
                text = f"{text}\n{gone}".strip()
        shown.steps.append(_step(chat_id, message, "user_message", text, name="user"))

    def _add_answer(
        self,
        chat_id: str,
        message: KeptMessage,
        parent: str | None,
        present: dict[int, Photo],
        shown: Shown,
    ) -> None:
        text, elements = message.markdown, list[cl.CustomElement]()
        if message.reply is not None:
            reply = read_reply(message.reply, present, self.copies)
            if reply.looked_for and not reply.hint:
                shown.steps.append(self._looked(chat_id, message, reply, parent))
            elements = list(self.elements(reply))
            gone = len(message.reply.get("photos", [])) - len(reply.photos)
            text = with_notice(text, _gone(gone))
        if text or elements:
            shown.steps.append(
                _step(chat_id, message, "assistant_message", text, name=self.name, parent=parent)
            )
        for number, element in enumerate(elements):
            element.id = str(uuid5(NAMESPACE_OID, f"{message.id} element {number}"))
            element.thread_id, element.for_id = chat_id, message.id
            shown.elements.append(element.to_dict())
        for button in message.buttons:
            shown.actions.append(cl.Action(**{**button, "forId": message.id}))

    def _looked(
        self, chat_id: str, message: KeptMessage, reply: Reply, parent: str | None
    ) -> StepDict:
        """The folded step that tells what was looked for."""
        took = duration(sum(reply.seconds.values()))
        text = step_text(reply.looked_for, reply.seconds, reply.searched)
        name = f"for a photo · {took}"
        step = _step(chat_id, message, "tool", text, name=name, parent=parent)
        step["id"] = str(uuid5(NAMESPACE_OID, f"{message.id} looked"))
        step["metadata"] = {"avatarName": self.name}
        return step


def with_notice(text: str, notice: str | None) -> str:
    """The text, and below it the notice in small print."""
    return f"{text}\n\n*{plain(notice)}*".strip() if notice else text


def message_step(chat_id: str, message_id: str, text: str, name: str) -> StepDict:
    """A message of the bot's that is shown but is not part of the chat."""
    return _step(
        chat_id, KeptMessage(message_id, "bot", "", now()), "assistant_message", text, name=name
    )


def _picture(chat_id: str, message: KeptMessage) -> ElementDict:
    """The picture that came with a message, as Chainlit shows one that was just sent."""
    return ElementDict(
        id=str(uuid5(NAMESPACE_OID, f"{message.id} picture")),
        threadId=chat_id,
        forId=message.id,
        type="image",
        display="inline",
        size="medium",
        name=NAME,
        mime=KIND,
        url=picture_address(chat_id, message.picture),
    )


def _gone(count: int) -> str | None:
    if count < 1:
        return None
    return GONE_ONE if count == 1 else GONE.format(count=count)


def _step(
    chat_id: str,
    message: KeptMessage,
    kind: Any,
    text: str,
    *,
    name: str,
    parent: str | None = None,
) -> StepDict:
    return StepDict(
        id=message.id,
        threadId=chat_id,
        parentId=parent,
        name=name,
        type=kind,
        input="",
        output=text,
        createdAt=message.said_at,
        start=message.said_at,
        end=message.said_at,
        streaming=False,
        isError=False,
        waitForAnswer=False,
        metadata={},
        tags=None,
        language=None,
        showInput=False,
        defaultOpen=False,
        autoCollapse=False,
        generation=None,
    )
