"""Photos for a conversation of other people: what either side would share next."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bot.access.lookup import gallery_of
from bot.assistant import Assistant
from bot.assistant.facts import filter_words
from bot.assistant.gallery import Gallery
from bot.conversation import Conversation, Turn
from bot.describe.query import to_query
from bot.descriptors import Description
from bot.dialogues.dialogue import RECENT_TURNS, Dialogue
from bot.dialogues.reading import left_out, parse_dialogues
from bot.errors import DialogueUnreadable, EmptyDialogue, QuestionUnclear
from bot.intent.dialogue_plan import plan_of
from bot.suggest import Suggester
from retrieval.errors import EmptyQuery
from retrieval.filters import Filter
from retrieval.search import SearchOptions

MAX_SIDES = 8
MAX_READ_CHARS = 20_000
"""Of the newest messages together."""

NAME = "the conversation"


@dataclass(frozen=True)
class SideSuggestion:
    """What one side would share next.

    Attributes:
        side: who it is.
        description: the photo that was looked for, and whether now is the moment.
        gallery: photos, best first.
        filter: time and place that the talk names for the photo.
        notice: one line when something went otherwise than asked.
    """

    side: str
    description: Description
    gallery: Gallery
    filter: Filter
    notice: str | None


def read_conversation(sent: Any, identifier: str | None) -> tuple[Dialogue, list[str]]:
    """The dialogue that a program sent, and lines on what was odd about it.

    Args:
        sent: a text (lines ``A: …``, an export, JSON), or JSON values in one of the known shapes.
        identifier: of the dialogue that is meant, where there are several.

    Raises:
        DialogueUnreadable, EmptyDialogue: there is none in it.
        QuestionUnclear: there are several, and none was chosen.
    """
    text = sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False)
    if not text.strip():
        raise EmptyDialogue("the conversation is empty: send what was said")
    found = parse_dialogues(text, name=NAME)
    notes = left_out(found).oddities()
    if identifier is not None:
        return found.find(identifier), notes
    if len(found) > 1:
        some = ", ".join(one.id[:40] for one in list(found)[:5])
        raise QuestionUnclear(
            f"these are {len(found):,} conversations: name one as dialogue, such as {some}"
        )
    return found.dialogues[0], notes


def sides_of(dialogue: Dialogue, chosen: str | None) -> list[str]:
    """Whose photos are looked for: the chosen side, else all, who spoke last first.

    Raises:
        DialogueUnreadable: nobody of that name speaks.
    """
    speakers = list(dict.fromkeys(turn.speaker for turn in reversed(dialogue.turns)))
    if chosen is None:
        return speakers[:MAX_SIDES]
    if chosen not in speakers:
        names = ", ".join(speakers[:5])
        raise DialogueUnreadable(f"nobody called {chosen!r} speaks; speakers: {names}")
    return [chosen]


def recent(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The newest messages, as many as are read."""

    def fitting() -> Iterator[Turn]:
        left = MAX_READ_CHARS
        for turn in reversed(turns[-RECENT_TURNS:]):
            left -= len(turn.text)
            if left < 0:
                return
            yield turn

    return tuple(fitting())[::-1] or tuple(turns[-1:])


def suggest_for(
    assistant: Assistant,
    suggester: Suggester,
    conversation: Conversation,
    *,
    k: int,
    fitting: bool,
    today: date,
) -> SideSuggestion:
    """What the owner of the conversation would share next.

    Args:
        assistant: over the library.
        suggester: describes, with the LLM where there is one.
        conversation: its newest messages.
        k: how many photos at most.
        fitting: leave out what does not fit.
        today: the day from which times are counted.

    Raises:
        EmptyDialogue: nobody says anything.
        RetrievalError: the library cannot be searched.
    """
    description = suggester.describe(conversation)
    plan = plan_of(conversation, now=today, places=assistant.galleries.places())
    chosen = Filter(dates=description.when or plan.when, places=description.where or plan.where)
    notice = description.notice
    if chosen and not len(assistant.library.ids_matching(chosen)):
        notice = notice or f"no photo is from {filter_words(chosen)}: all were looked at"
        chosen = Filter()
    try:
        query = to_query(description, assistant.searcher.encoder)
    except EmptyQuery:
        gallery = Gallery()
    else:
        options = SearchOptions(k, cutoff=fitting, collapse=fitting, filter=chosen)
        gallery = gallery_of(assistant, assistant.searcher.search(query, options))
        if not gallery.photos:
            gallery = replace(gallery, sure="none")
    return SideSuggestion(conversation.owner, description, gallery, chosen, notice)
