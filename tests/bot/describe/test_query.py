"""From a description to the texts that are searched."""

import pytest

from bot.conversation import Conversation, Turn
from bot.describe.query import FIELD_WEIGHTS, to_query, windows
from bot.descriptors import Description, Descriptors
from retrieval.errors import EmptyQuery
from retrieval.search.sureness import DIALOGUE, REQUEST
from tests.support.fake_encoder import ColourEncoder


def texts(description: Description, encoder: ColourEncoder) -> dict[str, float]:
    return {part.text: part.weight for part in to_query(description, encoder).parts}


def test_every_field_counts_by_its_weight_and_the_core_as_one_text() -> None:
    parts = texts(
        Description(
            descriptors=Descriptors(
                main_subject="a dog", background_scene="a beach", materials_and_attributes="wet"
            ),
            source="llm",
        ),
        ColourEncoder(),
    )
    assert parts["a dog"] == FIELD_WEIGHTS["main_subject"]
    assert parts["wet"] == FIELD_WEIGHTS["materials_and_attributes"]
    assert "a dog, a beach" in parts
    assert len(parts) == 4


def test_equal_texts_are_searched_once_with_their_weights_added() -> None:
    parts = texts(
        Description(descriptors=Descriptors(main_subject="a dog"), source="llm"), ColourEncoder()
    )
    assert list(parts) == ["a dog"]
    assert parts["a dog"] > FIELD_WEIGHTS["main_subject"]


def test_the_context_is_searched_in_windows() -> None:
    turns = [Turn("me" if n % 2 else "Tom", f"message {n}") for n in range(10)]
    context = Conversation(tuple(turns), "me")
    encoder = ColourEncoder()
    encoder.max_text_tokens = 100
    views = windows(context, encoder)
    assert views[0].startswith("message 0 message 1")
    assert views[1] == "message 1 message 3 message 5 message 7 message 9"
    assert views[3] == "message 6 message 7 message 8 message 9"


def test_a_long_dialogue_loses_its_oldest_messages() -> None:
    turns = [Turn("me", f"message number {n} about the dog") for n in range(200)]
    context = Conversation(tuple(turns), "me")
    encoder = ColourEncoder()
    whole = windows(context, encoder)[0]
    assert whole.endswith("message number 199 about the dog")
    assert encoder.count_tokens(whole) <= encoder.max_text_tokens


def test_what_reads_like_a_speaker_is_searched_as_it_was_said() -> None:
    encoder = ColourEncoder()
    context = Conversation((Turn("a", "them: the red ones, not the blue"),), "a")
    assert windows(context, encoder)[0] == "them: the red ones, not the blue"


def test_an_empty_description_is_refused() -> None:
    with pytest.raises(EmptyQuery):
        to_query(Description(descriptors=Descriptors()), ColourEncoder())


@pytest.mark.parametrize(
    ("message", "searched"),
    [
        ("show me the photo of a dog running in the snow", "a dog running in the snow"),
        ("a boy on a rope swing", "a boy on a rope swing"),
        ("I want to see the rocket, please", "the rocket"),
    ],
)
def test_a_short_request_is_searched_by_its_own_words_alone(message: str, searched: str) -> None:
    guessed = Descriptors(main_subject="a snowman", foreground_objects="waffles, keys")
    context = Conversation((Turn("me", message),), "me")

    query = to_query(Description(descriptors=guessed, context=context), ColourEncoder())

    # Longer ones as a caption ends, whether the stop was typed or not.
    stop = " ." if len(searched.split()) >= 5 else ""
    assert [part.text for part in query.parts] == [searched + stop]
    assert query.kind == REQUEST
    assert query.names == searched


def test_in_a_dialogue_guesses_count_less_than_what_was_said() -> None:
    turns = (Turn("Tom", "is it the red one"), Turn("me", "the red one"), Turn("me", "in the yard"))
    guessed = Descriptors(main_subject="a barn")

    query = to_query(
        Description(descriptors=guessed, context=Conversation(turns, "me")), ColourEncoder()
    )
    weights = {part.text: part.weight for part in query.parts}

    assert query.kind == DIALOGUE
    assert weights.pop("a barn") < min(weights.values())
