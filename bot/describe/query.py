"""From a description to the query for the search: which texts, and how much each counts.

What was tried, and with what result: ``python -m training.compare_queries`` prints the table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.conversation import Conversation, Turn
from bot.descriptors import FIELDS, Description, Descriptors, OfflineDescriber
from bot.intent.asking import content_of
from bot.intent.not_this import without_excluded
from bot.intent.written import without_quotes, written_in
from retrieval.encoders.base import Encoder
from retrieval.encoders.shorten import shorten_fields
from retrieval.errors import EmptyQuery
from retrieval.search import Query, QueryText, Written
from retrieval.search.sureness import DESCRIPTORS, DIALOGUE, REQUEST

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
GUESSES_WEIGHT: Mapping[OfflineDescriber, float] = {"phrases": 0.25, "small_llm": 1.0}
"""Of an offline describer's five fields as one text, beside five windows of the dialogue: its
guesses may add something, and never speak over the people. Those of the small language model are
better than the phrases."""

_COUNTED = frozenset({"a", "an", "any", "two", "three"})
_DETERMINERS = frozenset(
    {"the", "my", "our", "your", "his", "her", "their", "some", "that", "this", "those", "these"}
)

SENTENCE_WORDS = 5
"""Fewer words are a name or a phrase."""

SHORT_TURNS = 2
"""What one person says alone in so few messages is a request, and more is a dialogue."""


def request_query(text: str, *, exclude: Iterable[str] = ()) -> Query:
    """The query of a short request: the person's own words, and nothing that was guessed of them.

    Args:
        text: what the photo shows, without the words of asking.
        exclude: what it must not show, a text each.

    Raises:
        EmptyQuery: the request says nothing.
    """
    apart = [
        QueryText(part, PART_WEIGHT if one.lower() in _KINDS else 1.0)
        for one in exclude
        for part in _KINDS.get(one.lower(), (one,))
    ]
    return weighted_query([QueryText(text)], exclude=apart)


PART_WEIGHT = 0.5
"""Of each of the words for one thing that is excluded."""
_PEOPLE = (
    "people",
    "a man",
    "a woman",
    "a boy",
    "a girl",
    "a child",
    "a group of people",
    "a crowd of people",
    "a man and a woman",
)
_KINDS = {"people": _PEOPLE, "persons": _PEOPLE, "anyone": _PEOPLE, "a person": _PEOPLE}
"""What is to be excluded in the words of captions: one man on a beach is little like "people". On
Flickr8k dev these together tell photos with people from others at an AUC of 0.91, "people" alone
at 0.74."""


def weighted_query(texts: Sequence[QueryText], *, exclude: Iterable[QueryText] = ()) -> Query:
    """The query of a request in several texts, some of which count more than others.

    Args:
        texts: what the photo shows, without the words of asking.
        exclude: what it must not show.

    Raises:
        EmptyQuery: the request says nothing.
    """
    said = " ".join(one.text for one in texts)
    if not said.strip():
        raise EmptyQuery("there is nothing to look for yet: say more about the photo")
    plain = [replace(one, text=without_quotes(one.text)) for one in texts]
    return Query(
        tuple(replace(one, text=_as_sentence(one.text)) for one in plain),
        kind=REQUEST,
        names=" ".join(one.text for one in plain),
        exclude=tuple(exclude),
        written=_written(said),
    )


def _written(text: str) -> Written | None:
    """What a request says that is to be read in the photo."""
    told = written_in(text)
    return Written(told.said, told.certain) if told.said else None


def _as_sentence(text: str) -> str:
    """A longer text with a full stop, as the captions have that the encoders were trained on.

    So a caption finds the same photos whether it was typed with its stop or asked for without.
    """
    text = text.strip().rstrip(" .")
    return f"{text} ." if len(text.split()) >= SENTENCE_WORDS else text


def as_caption(text: str) -> str:
    """One or two bare words as a caption would say them: "boys" is "a boy", "street" "a street".

    The encoders were trained on captions, and know a word less well alone than in its place; of
    whose it is ("my dog", "that dog") they know nothing. "" where there is nothing to change:
    longer texts, and those that have an article.
    """
    if scene := _SCENES.get(" ".join(text.lower().split())):
        return scene
    words = text.split()
    if len(words) > 1 and words[0].lower() in _DETERMINERS:
        words = words[1:]
    if not 1 <= len(words) <= 2 or words[0].lower() in _COUNTED or not text.isascii():
        return ""
    words[-1] = _singular(words[-1])
    article = "an" if words[0][0].lower() in "aeiou" else "a"
    return " ".join([article, *words])


_SCENES = dict.fromkeys(("night", "at night", "the night"), "lights at night")
"""Times of day that no caption gives alone."""


def means_a_known_one(text: str) -> bool:
    """Whether a text speaks of one that both sides know: "the zebra", "my dog"."""
    return text.split()[0].lower() in _DETERMINERS if text.strip() else False


def _singular(noun: str) -> str:
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "sses", "xes")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3:
        return noun[:-1]
    return noun


def is_request(context: Conversation) -> bool:
    """Whether a talk is one person's short request, to be searched by :func:`request_query`."""
    return len(context.turns) <= SHORT_TURNS and len({one.speaker for one in context.turns}) == 1


def to_query(description: Description, encoder: Encoder) -> Query:
    """The query for a description.

    A short request (:func:`is_request`) is searched by its own words. An LLM's fields are searched
    one by one and, the first three, as one text; the scores are standardised and added up with
    weights. Of a longer dialogue without an LLM five windows are searched, and beside them, with
    little weight, what the offline describer guessed. Words that come with an LLM's fields are one
    more text beside them.

    Every text is shortened to what the encoder takes: phrases of the least important fields go
    first, and of a dialogue the oldest messages.

    Raises:
        EmptyQuery: the description says nothing.
    """
    fields, context = description.descriptors, description.context
    offline = description.source == "offline"
    if context and offline and is_request(context):
        return request_query(own_words(context))
    if context and offline:
        parts = dialogue_parts(context, encoder)
        guess = _joined(fields, FIELDS, encoder)
        parts.append((guess, GUESSES_WEIGHT[description.describer]))
    else:
        guess = ""
        parts = [(_joined(fields, (name,), encoder), FIELD_WEIGHTS[name]) for name in FIELDS]
        parts.append((_joined(fields, CORE_FIELDS, encoder), CORE_WEIGHT))
        parts.append((own_words(context), CORE_WEIGHT))
    merged: dict[str, float] = {}
    for text, weight in parts:
        if text:
            merged[text] = merged.get(text, 0.0) + weight
    if not merged:
        raise EmptyQuery("there is nothing to look for yet: say more about the photo")
    if context and offline:
        # How sure an answer is was learned with the phrases among the texts, not with the model's.
        by_model = description.describer == "small_llm"
        return Query(
            tuple(
                QueryText(text, weight, guessed=by_model and text == guess)
                for text, weight in merged.items()
            ),
            kind=DIALOGUE,
        )
    newest = list(_texts(context.turns))[-1:] if context else []
    return Query(
        tuple(QueryText(*part) for part in merged.items()),
        kind=DESCRIPTORS,
        written=_written(newest[0]) if newest else None,
    )


def own_words(context: Conversation) -> str:
    """What a person says that the photo shows, without the words of asking."""
    said = [content_of(text) or text for text in _texts(context.turns)]
    return " ".join(said)


def dialogue_parts(context: Conversation, encoder: Encoder) -> list[tuple[str, float]]:
    """The texts of a dialogue that are searched for, and their weights."""
    return [(text, WINDOW_WEIGHT) for text in windows(context, encoder)]


def windows(context: Conversation, encoder: Encoder) -> list[str]:
    """Five views of a dialogue: all turns, the owner's, the last six, four, the owner's last three.

    Near the share the talk is about the photo; before it, it sets the scene. No single view is
    best for all dialogues. Words for a photo that is not meant are left out.
    """
    turns = without_excluded(context.turns)
    every, own = _texts(turns), _texts(one for one in turns if one.speaker == context.owner)
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
