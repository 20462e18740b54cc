"""What a system makes of a dialogue: the words to search with, or why there are none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.conversation import Conversation, Turn
from bot.descriptors import Description
from bot.dialogues.dialogue import Dialogue
from retrieval.search.filters import Filter
from training.evaluation.reasons import (
    EMPTY_DESCRIPTORS,
    NO_CAPTION,
    NO_DESCRIPTORS,
    NOTHING_TO_GO_BY,
)


@dataclass(frozen=True)
class EvalQuery:
    """The query of one dialogue; exactly one of the first three says something, or ``failed``.

    Attributes:
        description: descriptors, by whomever.
        turns: messages, oldest first; the oldest go when an encoder cannot take all.
        caption: a human's words for the photo.
        conversation: what the description was made of, where it was made here.
        beside: messages that count beside the description.
        filter: which photos may be found; applied before ranking.
        exclude: what the photo does not show.
        failed: why there is no query.
        detail: more about ``failed``, for the report.
    """

    description: Description | None = None
    turns: tuple[str, ...] = ()
    caption: str = ""
    conversation: Conversation | None = None
    beside: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)
    exclude: str = ""
    failed: str | None = None
    detail: str = ""

    @property
    def text(self) -> str:
        """All of it as one text, for people."""
        if self.description is not None:
            fields = self.description.descriptors.model_dump().values()
            said = [text for text in (*fields, self.description.context.as_lines()) if text]
            return "; ".join(said)
        return self.caption or " / ".join(self.turns)


QueryMaker = Callable[[Sequence[Dialogue]], list[EvalQuery]]
"""Makes the queries of all dialogues, in their order."""


def ask_turns(choose: Callable[[Conversation], Iterable[Turn]]) -> QueryMaker:
    """Queries of the dialogue's own words."""

    def ask(dialogues: Sequence[Dialogue]) -> list[EvalQuery]:
        return [_of_turns(choose(dialogue.conversation())) for dialogue in dialogues]

    return ask


def whole_dialogue(conversation: Conversation) -> Iterable[Turn]:
    """Every turn before the photo."""
    return conversation.turns


def owners_turns(conversation: Conversation) -> Iterable[Turn]:
    """What the one said who is about to share."""
    return (turn for turn in conversation.turns if turn.speaker == conversation.owner)


def last_turns(count: int) -> Callable[[Conversation], Iterable[Turn]]:
    """The newest ``count`` turns."""

    def choose(conversation: Conversation) -> Iterable[Turn]:
        return conversation.turns[-count:]

    return choose


def ask_describer(describe: Callable[[Conversation], Description]) -> QueryMaker:
    """Queries of a describer that needs no LLM."""

    def ask(dialogues: Sequence[Dialogue]) -> list[EvalQuery]:
        return [_described(describe, dialogue.conversation()) for dialogue in dialogues]

    return ask


def ask_recorded(recorded: Mapping[str, Description], *, with_owner: bool = False) -> QueryMaker:
    """Queries of descriptors that were recorded before, by dialogue id."""

    def one(dialogue: Dialogue) -> EvalQuery:
        description = recorded.get(dialogue.id)
        if description is None:
            return EvalQuery(failed=NO_DESCRIPTORS)
        conversation = dialogue.conversation()
        beside = _texts(owners_turns(conversation)) if with_owner else ()
        if description.descriptors.is_empty():
            return EvalQuery(failed=EMPTY_DESCRIPTORS)
        return EvalQuery(description=description, beside=beside)

    return lambda dialogues: [one(dialogue) for dialogue in dialogues]


def ask_captions(captions: Mapping[str, str]) -> QueryMaker:
    """Queries of what a human wrote who saw the photo: how good the search could be."""

    def one(dialogue: Dialogue) -> EvalQuery:
        # Captions go by the file's name alone, where an id may hold the split: train/abc.
        name = (dialogue.photo_name or "").rpartition("/")[2]
        caption = captions.get(name.lower(), "")
        return EvalQuery(caption=caption) if caption else EvalQuery(failed=NO_CAPTION)

    return lambda dialogues: [one(dialogue) for dialogue in dialogues]


def _of_turns(turns: Iterable[Turn]) -> EvalQuery:
    texts = _texts(turns)
    return EvalQuery(turns=texts) if texts else EvalQuery(failed=NOTHING_TO_GO_BY)


def _texts(turns: Iterable[Turn]) -> tuple[str, ...]:
    return tuple(turn.text.strip() for turn in turns if turn.text.strip())


def _described(
    describe: Callable[[Conversation], Description], conversation: Conversation
) -> EvalQuery:
    if not conversation:
        return EvalQuery(failed=NOTHING_TO_GO_BY)
    description = describe(conversation)
    if description.is_empty():
        return EvalQuery(description=description, failed=EMPTY_DESCRIPTORS)
    return EvalQuery(description=description, conversation=conversation)
