"""``/api/respond``: a message to the assistant, and its answer, whole or as it comes."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from bot.access.facts import FilterFacts, FoundPhoto, Sure, filter_facts, found_photos
from bot.access.problems import problem_of
from bot.api.bodies import CleanRoute
from bot.api.services import ApiServices
from bot.api.sessions import session_as_json, session_from
from bot.assistant import Choices, Reply, Session
from bot.assistant.choices import MAX_PHOTOS
from bot.assistant.wording import shared_text
from bot.errors import QuestionUnclear

log = logging.getLogger(__name__)


class ChoicesIn(BaseModel):
    """How to answer; what is left away is as the server was started."""

    model_config = ConfigDict(extra="forbid", strict=True)

    photos: int | None = Field(
        default=None, ge=1, le=MAX_PHOTOS, description="How many photos at most."
    )
    always_on: bool = Field(default=False, description="Look for photos after every message.")
    hints: bool = Field(default=False, description="Offer a photo that nobody asked for.")
    use_llm: bool | None = Field(default=None, description="False: answer without the LLM.")


class RespondIn(BaseModel):
    """A message in its session.

    A program that keeps the session itself sends ``session``: the one of the last answer, ``{}``
    at first. Else the session is kept here: the first answer tells its ``session_id``, and the
    next messages name it.
    """

    model_config = ConfigDict(extra="forbid")

    message: str
    session: dict[str, Any] | None = None
    session_id: str | None = Field(default=None, max_length=64)
    choices: ChoicesIn = Field(default_factory=ChoicesIn)
    now: date | None = Field(default=None, description="The day that counts as today.")


class ReplyOut(BaseModel):
    """The assistant's answer."""

    text: str
    photos: list[FoundPhoto]
    shared: list[int] = Field(description="Ids of the photos that are handed over: ask for copies.")
    move: str = Field(description="What the message was taken for, such as 'request' or 'more'.")
    sure: Sure | None = Field(description="Null where no photo was wanted.")
    filter: FilterFacts | None
    looked_for: dict[str, str]
    searched: int
    notice: str | None
    hint: bool


class RespondOut(BaseModel):
    """An answer, and the session after it: as JSON, or by its id."""

    reply: ReplyOut
    session: dict[str, Any] | None = None
    session_id: str | None = None


@dataclass(frozen=True)
class _Opened:
    """The session of a request: gives it while the message is answered.

    Attributes:
        session: the session, kept only when the answer succeeds.
        identifier: under which it is kept here; None when the program keeps it.
    """

    session: AbstractContextManager[Session]
    identifier: str | None


def respond_routes(services: ApiServices) -> APIRouter:
    """The routes over these services."""
    router = APIRouter(prefix="/api", tags=["conversation"], route_class=CleanRoute)

    # A plain function: the framework runs it in a worker thread, away from the event loop.
    @router.post("/respond")
    def respond(asked: RespondIn) -> RespondOut:
        """Answer a message."""
        opened = _opened(services, asked)
        with opened.session as session:
            reply = _replied(services, session, asked)
            words = reply.text
            if reply.request is not None:
                words = f"{words} {services.assistant.written(session, reply.request)}".strip()
            return _answered(services, session, opened, reply, words)

    @router.post(
        "/respond/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def respond_stream(asked: RespondIn) -> StreamingResponse:
        """Answer a message as server-sent events: ``reply``, ``words`` …, ``done``.

        ``reply`` holds everything but the words that an LLM is still writing; ``words`` are pieces
        of these, ``{"text": …}``; ``done`` is what ``/api/respond`` answers. A failure on the way
        is one event ``problem``. When nobody listens any more, the session stays as it was.
        """
        # Refused before the answer begins, so that a refusal has a status of its own.
        opened = await asyncio.to_thread(_opened, services, asked)
        events = _events(services, asked, opened)
        return StreamingResponse(events, media_type="text/event-stream")

    @router.delete("/sessions/{session_id}", status_code=204)
    def end_session(session_id: str) -> None:
        """Forget a session that is kept here."""
        services.sessions.end(session_id)

    return router


async def _events(services: ApiServices, asked: RespondIn, opened: _Opened) -> AsyncIterator[str]:
    try:
        with opened.session as session:
            reply = await asyncio.to_thread(_replied, services, session, asked)
            yield _event("reply", _reply_out(services, session, reply, reply.text))
            said = ""
            writer = services.assistant.writer
            if reply.request is not None and writer is not None:
                async for piece in writer.astream(reply.request):
                    said += piece
                    yield _event("words", {"text": piece})
                session.bot_says(said)
            words = f"{reply.text} {said}".strip()
            yield _event("done", _answered(services, session, opened, reply, words))
    except Exception as error:
        log.debug("an answer failed on its way", exc_info=True)
        yield _event("problem", problem_of(error).as_dict())


def _event(name: str, value: BaseModel | dict[str, Any]) -> str:
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return f"event: {name}\ndata: {json.dumps(data, allow_nan=False)}\n\n"


def _opened(services: ApiServices, asked: RespondIn) -> _Opened:
    """The session that a request means. Raises SessionUnknown, QuestionUnclear."""
    if asked.session is not None and asked.session_id is not None:
        raise QuestionUnclear("send session or session_id, not both")
    if asked.session is not None:
        session = session_from(asked.session, services.assistant.galleries)
        return _Opened(nullcontext(session), None)
    identifier = asked.session_id or services.sessions.begin()
    services.sessions.require(identifier)
    return _Opened(services.sessions.using(identifier), identifier)


def _replied(services: ApiServices, session: Session, asked: RespondIn) -> Reply:
    if asked.now is not None:
        session.now = asked.now
    reply = services.assistant.respond(session, asked.message, _choices(services, asked.choices))
    services.metrics.answered(reply.move, reply.sure)
    return reply


def _choices(services: ApiServices, chosen: ChoicesIn) -> Choices:
    usual = services.loaded.choices()
    return Choices(
        photos=chosen.photos or usual.photos,
        always_on=chosen.always_on,
        hints=chosen.hints,
        use_llm=usual.use_llm and chosen.use_llm is not False,
    )


def _answered(
    services: ApiServices, session: Session, opened: _Opened, reply: Reply, words: str
) -> RespondOut:
    return RespondOut(
        reply=_reply_out(services, session, reply, words),
        session=None if opened.identifier else session_as_json(session),
        session_id=opened.identifier,
    )


def _reply_out(services: ApiServices, session: Session, reply: Reply, words: str) -> ReplyOut:
    shared = [one.photo_id for one in reply.shared]
    if shared:
        # The assistant's own words tell where on this machine the copies lie.
        words = shared_text(session, services.assistant.galleries.shown(shared))
    return ReplyOut(
        text=words,
        photos=found_photos(reply.photos),
        shared=shared,
        move=reply.move,
        sure=reply.sure,
        filter=filter_facts(reply.filter),
        looked_for=dict(reply.looked_for),
        searched=reply.searched,
        notice=reply.notice,
        hint=reply.hint,
    )
