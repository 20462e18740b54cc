"""The offline describer: no LLM, the same answer every time, a few milliseconds."""

from bot.conversation import Conversation, Turn
from bot.describe.noun_phrases import Phrase, phrases_of
from bot.descriptors import MAX_CONTEXT_CHARS, MAX_FIELD_CHARS, Description, Descriptors
from bot.intent.share import wants_photo

_FIELD_OF_KIND = {
    "subjects": "main_subject",
    "scenes": "background_scene",
    "events": "events",
    "attributes": "materials_and_attributes",
}
_OBJECTS = "foreground_objects"
_MOST_PHRASES = {"main_subject": 2, _OBJECTS: 5, "background_scene": 3, "events": 4}
_DEFAULT_MOST = 4

_TURNS = 12
_TURN_CHARS = 400
_OTHER_WEIGHT = 0.6
_DECAY = 0.85
"""Of a turn's weight for each turn that stands between it and the share."""


class RuleDescriber:
    """Fills the five fields with phrases of the conversation.

    A phrase weighs what its turn weighs: the owner's turns more than the other's, those close to
    the share more than earlier ones. Its words decide the field (:mod:`bot.vocabulary`). A
    second thing or being goes to the objects. What cannot be put into a field is not lost: the
    last turns themselves, without those that are chit-chat alone, are the description's context.
    """

    def describe(self, conversation: Conversation) -> Description:
        """The description of the photo that fits the conversation."""
        share, confidence = wants_photo(conversation)
        turns = [turn for turn in conversation.turns if turn.text.strip()][-_TURNS:]
        return Description(
            descriptors=_fields(turns, conversation),
            share=share,
            confidence=confidence,
            context=Conversation(_context(turns), conversation.owner),
            source="offline",
        )


def _fields(turns: list[Turn], conversation: Conversation) -> Descriptors:
    weighted: list[tuple[float, Phrase]] = []
    for distance, turn in enumerate(reversed(turns)):
        weight = _DECAY**distance * (1.0 if conversation.is_owners(turn) else _OTHER_WEIGHT)
        weighted += [(weight, phrase) for phrase in phrases_of(turn.text[:_TURN_CHARS])]
    # sorted() keeps the order of equal weights: the same conversation, the same description.
    weighted.sort(key=lambda pair: -pair[0])
    fields: dict[str, list[str]] = {}
    for _, phrase in weighted:
        field = _FIELD_OF_KIND.get(phrase.kind or "", _OBJECTS if phrase.named else "")
        if field == "main_subject" and len(fields.get(field, [])) >= _MOST_PHRASES[field]:
            field = _OBJECTS
        if field:
            _add(fields.setdefault(field, []), phrase.text, _MOST_PHRASES.get(field, _DEFAULT_MOST))
    return Descriptors(**{name: ", ".join(phrases) for name, phrases in fields.items()})


def _add(phrases: list[str], text: str, most: int) -> None:
    length = sum(len(phrase) + 2 for phrase in phrases)
    if len(phrases) < most and text not in phrases and length + len(text) <= MAX_FIELD_CHARS:
        phrases.append(text)


def _context(turns: list[Turn]) -> tuple[Turn, ...]:
    """The last turns that say something, as many as fit, oldest first."""
    kept: list[Turn] = []
    length = 0
    for turn in reversed(turns):
        text = " ".join(turn.text.split())[:_TURN_CHARS]
        if not phrases_of(text):
            continue
        length += len(text)
        if length > MAX_CONTEXT_CHARS:
            break
        kept.append(Turn(turn.speaker, text))
    return tuple(reversed(kept))
