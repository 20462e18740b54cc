"""The visual descriptors: the five fields of VisualDialog that describe the photo to look for."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.conversation import Conversation, Turn
from retrieval.search.filters import DateRange, Place
from retrieval.text import clean_text

Source: TypeAlias = Literal["llm", "offline", "recorded"]
OfflineDescriber: TypeAlias = Literal["phrases", "small_llm"]

FIELDS = (
    "main_subject",
    "foreground_objects",
    "background_scene",
    "events",
    "materials_and_attributes",
)
"""Most important first: when a text must be shortened, the last go first."""

MAX_FIELD_CHARS = 200
MAX_CONTEXT_CHARS = 2000
"""Of all turns of a description's context together."""


def _as_phrase(value: Any) -> Any:
    """A list becomes one string, null the empty one; what is too long ends at a comma or word."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value if item is not None)
    if isinstance(value, str):
        value = " ".join(clean_text(value).split())
        if len(value) > MAX_FIELD_CHARS:
            cut = value[:MAX_FIELD_CHARS]
            stop = cut.rfind(",")
            stop = stop if stop > 0 else cut.rfind(" ")
            value = cut[: stop if stop > 0 else MAX_FIELD_CHARS].rstrip(" ,")
    return value


def _as_conversation(value: Any) -> Any:
    """A context; recordings made before it was a conversation hold its lines as one text."""
    if not isinstance(value, str):
        return value
    turns = []
    for line in value.splitlines():
        mark, colon, said = line.partition(": ")
        speaker, text = (mark, said) if colon and mark in ("me", "them") else ("me", line)
        if text.strip():
            turns.append(Turn(speaker, text.strip()))
    return Conversation(tuple(turns), owner="me")


Phrase = Annotated[str, BeforeValidator(_as_phrase), Field(max_length=MAX_FIELD_CHARS)]


class Descriptors(BaseModel):
    """What the photo would show, in five short phrases; unknown ones are empty."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    main_subject: Phrase = ""
    foreground_objects: Phrase = ""
    background_scene: Phrase = ""
    events: Phrase = ""
    materials_and_attributes: Phrase = ""

    def is_empty(self) -> bool:
        """True when no field says anything."""
        return not any(getattr(self, name).strip() for name in FIELDS)


class Description(BaseModel):
    """What a describer makes of a conversation.

    Attributes:
        descriptors: the photo to look for.
        share: whether a photo should be shown now.
        confidence: of ``share``, from 0 to 1.
        context: what no field could hold but the query should know (offline describer): the last
            turns that say something, oldest first; empty when there is no need of them.
        move: what the newest message does in the talk, one of :class:`bot.intent.plan.Move`;
            empty where nobody said so.
        when: periods that the photo must lie in, any of them.
        where: places that it must lie in, any of them.
        exclude: what it must not show.
        source: who wrote it.
        describer: of an offline one, which describer did: phrases that fit the dialogue's meaning,
            or the small language model on this machine.
        notice: one line for the user when something went otherwise than asked, else None.
    """

    model_config = ConfigDict(frozen=True)

    descriptors: Descriptors
    share: bool = False
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    context: Annotated[Conversation, BeforeValidator(_as_conversation)] = Conversation()
    move: str = Field(default="", max_length=20)
    when: tuple[DateRange, ...] = ()
    where: tuple[Place, ...] = ()
    exclude: Phrase = ""
    source: Source = "offline"
    describer: OfflineDescriber = "phrases"
    notice: str | None = None

    def is_empty(self) -> bool:
        """True when there is nothing to look for."""
        return self.descriptors.is_empty() and not self.context
