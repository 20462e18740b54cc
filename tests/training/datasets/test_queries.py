"""Dev queries are those that the product would ask."""

from pathlib import Path

from bot.conversation import Conversation, Turn
from bot.describe.phrases import PhraseDescriber
from bot.describe.query import to_query
from bot.describe.rules import RuleDescriber
from bot.descriptors import Description, Descriptors
from tests.support.fake_encoder import ColourEncoder
from training.datasets.example import Example
from training.datasets.queries import DevQuery, dev_queries

ENCODER = ColourEncoder()
PHOTO = Path("a.png")
TALK = Conversation(
    (
        Turn("1", "where were you?"),
        Turn("0", "at the red barn with my dog"),
        Turn("1", "is that where the old tractor stands?"),
    ),
    "0",
)
FIELDS = Descriptors(main_subject="red barn", background_scene="green field")


def asked(description: Description) -> tuple[tuple[str, float], ...]:
    return tuple((part.text, part.weight) for part in to_query(description, ENCODER).parts)


def test_each_caption_is_a_query() -> None:
    found = dev_queries([Example("a.png", PHOTO, ("a red barn", "a barn"))], ENCODER)
    assert found == [
        DevQuery((("a red barn", 1.0),), PHOTO, "caption"),
        DevQuery((("a barn", 1.0),), PHOTO, "caption"),
    ]


def test_a_dialogue_is_asked_as_a_chat_without_an_llm_asks() -> None:
    (found,) = dev_queries([Example("a.png", PHOTO, conversation=TALK)], ENCODER)
    assert found.kind == "dialogue" and found.photo == PHOTO
    assert found.parts == asked(PhraseDescriber(ENCODER).describe(TALK)) and len(found.parts) > 1


def test_another_describer_may_be_tried() -> None:
    example = Example("a.png", PHOTO, conversation=TALK)
    (found,) = dev_queries([example], ENCODER, RuleDescriber())
    assert found.parts == asked(RuleDescriber().describe(TALK))


def test_descriptors_are_asked_as_an_llms_are() -> None:
    (found,) = dev_queries([Example("a.png", PHOTO, descriptors=FIELDS)], ENCODER)
    assert found.kind == "descriptors"
    assert found.parts == asked(Description(descriptors=FIELDS, source="llm"))
    assert ("red barn", 2.0) in found.parts


def test_the_offline_describers_own_fields_are_no_second_query() -> None:
    example = Example("a.png", PHOTO, (), TALK, FIELDS, descriptors_by="offline")
    assert [query.kind for query in dev_queries([example], ENCODER)] == ["dialogue"]


def test_a_dialogue_that_says_nothing_makes_no_query() -> None:
    chatter = Conversation((Turn("0", "lol"), Turn("1", "ok")), "0")
    assert dev_queries([Example("a.png", PHOTO, conversation=chatter)], ENCODER) == []
    assert dev_queries([], ENCODER) == []


def test_long_texts_are_shortened_to_what_the_encoder_takes() -> None:
    long = Conversation(tuple(Turn("0", f"a red barn number {n}") for n in range(12)), "0")
    (found,) = dev_queries([Example("a.png", PHOTO, conversation=long)], ENCODER)
    counts = [ENCODER.count_tokens(text) for text, _ in found.parts]
    assert max(counts) <= ENCODER.max_text_tokens
