"""``/api/suggest``: a conversation of other people, and photos for either side."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from bot.access.facts import FilterFacts, FoundPhoto, Sure, filter_facts, found_photos
from bot.api.bodies import CleanRoute
from bot.api.services import ApiServices
from bot.api.two_people import (
    MAX_SIDES,
    SideSuggestion,
    read_conversation,
    recent,
    sides_of,
    suggest_for,
)
from bot.conversation import Conversation
from bot.descriptors import Descriptors
from bot.dialogues.formats import decoded
from bot.errors import EmptyDialogue

MAX_K = 50


class SuggestOptions(BaseModel):
    """Whose photos, and how many."""

    model_config = ConfigDict(extra="forbid")

    side: str | None = Field(
        default=None, max_length=200, description="Who shares; all sides without it."
    )
    dialogue: str | None = Field(default=None, max_length=200, description="Which one, of several.")
    k: int = Field(default=6, ge=1, le=MAX_K, description="How many photos at most, for each side.")
    fitting: bool = Field(default=False, description="Leave out what does not fit.")
    now: date | None = Field(default=None, description="The day of the newest message.")


class SuggestIn(SuggestOptions):
    """A conversation, and whose photos are looked for.

    The conversation is a text (lines ``A: …``, an export of WhatsApp or Signal) or JSON in any of
    the known shapes (PhotoChat's, a list of turns, Telegram's ``result.json``).
    """

    conversation: str | list[Any] | dict[str, Any]


class SideOut(BaseModel):
    """What one side would share next."""

    side: str
    share: bool = Field(description="Whether this is the moment for a photo.")
    confidence: float
    descriptors: Descriptors = Field(description="What the photo would show.")
    source: str = Field(description="Who described it: 'offline' or 'llm'.")
    filter: FilterFacts | None = Field(description="Time and place that the talk names for it.")
    photos: list[FoundPhoto]
    sure: Sure
    searched: int
    notice: str | None


class SuggestOut(BaseModel):
    """Suggestions for each side, who spoke last first."""

    speakers: int
    messages: int = Field(description="Of the whole conversation.")
    read: int = Field(description="The newest ones, which the suggestions were made from.")
    sides: list[SideOut]
    notes: list[str] = Field(description="What was odd about the conversation, one line each.")


def suggest_routes(services: ApiServices) -> APIRouter:
    """The routes over these services."""
    router = APIRouter(prefix="/api", tags=["two people"], route_class=CleanRoute)

    @router.post("/suggest")
    def suggest(asked: SuggestIn) -> SuggestOut:
        """Photos for a conversation, for either side."""
        return _suggested(services, asked.conversation, asked)

    @router.post(
        "/suggest/file",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
    )
    async def suggest_file(
        request: Request, options: Annotated[SuggestOptions, Query()]
    ) -> SuggestOut:
        """The same for a file as a messenger exports it, which is the body as it is."""
        body = await request.body()
        return await run_in_threadpool(
            lambda: _suggested(services, decoded(body, "the file"), options)
        )

    return router


def _suggested(services: ApiServices, sent: Any, options: SuggestOptions) -> SuggestOut:
    dialogue, notes = read_conversation(sent, options.dialogue)
    conversation = dialogue.conversation()
    if not conversation:
        raise EmptyDialogue("nobody says anything before the photo: there is nothing to go by")
    turns = recent(conversation.turns)
    today = options.now or conversation.today or services.today()
    speakers = len({turn.speaker for turn in dialogue.turns})
    if speakers > MAX_SIDES and options.side is None:
        notes.append(f"{speakers:,} people speak: suggestions are for {MAX_SIDES} of them")
    found = [
        suggest_for(
            services.assistant,
            services.suggester,
            Conversation(turns, side, today),
            k=options.k,
            fitting=options.fitting,
            today=today,
        )
        for side in sides_of(dialogue, options.side)
    ]
    return SuggestOut(
        speakers=speakers,
        messages=len(dialogue.turns),
        read=len(turns),
        sides=[_side_out(one) for one in found],
        notes=notes,
    )


def _side_out(found: SideSuggestion) -> SideOut:
    description = found.description
    return SideOut(
        side=found.side,
        share=description.share,
        confidence=round(description.confidence, 4),
        descriptors=description.descriptors,
        source=description.source,
        filter=filter_facts(found.filter),
        photos=found_photos(found.gallery.photos),
        sure=found.gallery.sure,
        searched=found.gallery.searched,
        notice=found.notice,
    )
