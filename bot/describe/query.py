"""From a description to the query for the search: which texts, and how much each counts.

What was tried, and with what result: ``python -m training.compare_queries`` prints the table.
"""

from collections.abc import Iterable

from bot.conversation import Conversation, Turn
from bot.descriptors import FIELDS, Description, Descriptors
from retrieval.encoders.base import Encoder
from retrieval.encoders.shorten import shorten_fields
from retrieval.errors import EmptyQuery
from retrieval.search import Query, QueryText

FIELD_WEIGHTS = {
    "main_subject": 2.0,
    "foreground_objects": 1.0,
    "background_scene": 1.0,
    "events": 1.0,
    "materials_and_attributes": 0.5,
}
CORE_FIELDS = FIELDS[:3]
CORE_WEIGHT = 2.0
"""Of the subject, the objects and the scene as one text."""

WINDOW_WEIGHT = 1.0
PHRASES_WEIGHT = 1.0
"""Of the offline describer's five fields as one text, beside five windows of the dialogue."""


def to_query(description: Description, encoder: Encoder) -> Query:
    """The query for a description.

    An LLM's fields are searched one by one and, the first three, as one text; the scores are
    standardised and added up with weights. The offline describer read the dialogue by the starter
    encoder's eyes, so there the dialogue itself, in five windows, counts more.

    Every text is shortened to what the encoder takes: phrases of the least important fields go
    first, and of a dialogue the oldest messages.

    Raises:
        EmptyQuery: the description says nothing.
    """
    fields, context = description.descriptors, description.context
    if context:
        parts = dialogue_parts(context, encoder)
        parts.append((_joined(fields, FIELDS, encoder), PHRASES_WEIGHT))
    else:
        parts = [(_joined(fields, (name,), encoder), FIELD_WEIGHTS[name]) for name in FIELDS]
        parts.append((_joined(fields, CORE_FIELDS, encoder), CORE_WEIGHT))
    merged: dict[str, float] = {}
    for text, weight in parts:
        if text:
            merged[text] = merged.get(text, 0.0) + weight
    if not merged:
        raise EmptyQuery("there is nothing to look for yet: say more about the photo")
    return Query(tuple(QueryText(text, weight) for text, weight in merged.items()))


def dialogue_parts(context: Conversation, encoder: Encoder) -> list[tuple[str, float]]:
    """The texts of a dialogue that are searched for, and their weights."""
    return [(text, WINDOW_WEIGHT) for text in windows(context, encoder)]


def windows(context: Conversation, encoder: Encoder) -> list[str]:
    """Five views of a dialogue: all turns, the owner's, the last six, four, the owner's last three.

    Near the share the talk is about the photo; before it, it sets the scene. No single view is
    best for all dialogues.
    """
    every, own = _texts(context.turns), _texts(context.owners_turns)
    views = (every, own, every[-6:], every[-4:], own[-3:])
    return [_latest(view, encoder) for view in views if view]


def _texts(turns: Iterable[Turn]) -> list[str]:
    return [text for turn in turns if (text := turn.text.strip())]


def _joined(fields: Descriptors, names: Iterable[str], encoder: Encoder) -> str:
    named = [(name, getattr(fields, name)) for name in names]
    return shorten_fields(named, encoder.max_text_tokens, encoder.count_tokens)


def _latest(messages: list[str], encoder: Encoder) -> str:
    """The last messages that fit as one text; at least one, which the encoder may shorten."""
    kept = messages
    while len(kept) > 1 and encoder.count_tokens(" ".join(kept)) > encoder.max_text_tokens:
        kept = kept[1:]
    return " ".join(kept)
