"""The trained describer with the weights that are shipped."""

import pytest

from bot.conversation import Conversation, Turn
from bot.describe.phrases import PhraseDescriber
from bot.describe.query import to_query
from bot.describe.rules import RuleDescriber
from bot.descriptors import FIELDS
from bot.vocabulary.phrase_bank import WEIGHTS, PhraseBank
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.encoders.starter import StarterEncoder
from tests.support.fake_encoder import ColourEncoder


@pytest.fixture(scope="module")
def encoder() -> StarterEncoder:
    return StarterEncoder.load()


@pytest.fixture(scope="module")
def describer(encoder: StarterEncoder) -> PhraseDescriber:
    return PhraseDescriber(encoder)


def talk(*texts: str) -> Conversation:
    turns = tuple(Turn("me" if place % 2 == 0 else "you", text) for place, text in enumerate(texts))
    return Conversation(turns, "me")


def test_the_phrases_were_made_by_the_shipped_starter(encoder: StarterEncoder) -> None:
    assert PhraseBank.load(WEIGHTS).made_by == encoder.text_fingerprint, (
        "run python -m training.phrases again"
    )


def test_every_field_has_phrases_of_its_own() -> None:
    bank = PhraseBank.load(WEIGHTS)
    assert set(bank.groups) == set(FIELDS)
    assert len({phrase.lower() for phrase in bank.phrases}) == len(bank.phrases) == 2200


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("8 inches overnight", "no school??", "none! they were out with the sled by nine"),
         ("snow", "sled")),
        (("he got the paddle out at sunrise", "on the lake?", "yes, two hours, came back soaked"),
         ("kayak", "canoe", "paddl", "row", "boat")),
        (("that two wheeled toy of his", "the one from his birthday?", "yes, no training wheels!"),
         ("bike", "bicycle", "cycl", "scooter", "trike", "tricycle")),
    ],
)  # fmt: skip
def test_it_names_what_was_only_hinted(
    describer: PhraseDescriber, said: tuple[str, ...], words: tuple[str, ...]
) -> None:
    fields = describer.describe(talk(*said)).descriptors
    text = " ".join(getattr(fields, name) for name in FIELDS).lower()
    assert any(word in text for word in words), text


def test_the_rest_is_the_plain_describers(describer: PhraseDescriber) -> None:
    conversation = talk("we were at the beach", "lucky! show me", "the waves were huge")
    found, plain = describer.describe(conversation), RuleDescriber().describe(conversation)
    assert (found.share, found.confidence, found.context) == (
        plain.share,
        plain.confidence,
        plain.context,
    )
    assert found.source == "offline"
    assert found == describer.describe(conversation), "the same answer every time"


def test_small_talk_alone_is_left_to_the_plain_describer(describer: PhraseDescriber) -> None:
    assert describer.describe(talk("ok", "😀")) == RuleDescriber().describe(talk("ok", "😀"))


def test_another_encoder_is_not_asked_to_read_the_dialogue() -> None:
    loaded = PhraseDescriber(ColourEncoder())
    assert loaded.describe(talk("snow up to the knees", "wow")).descriptors.main_subject


class _Counting:
    """The starter, with a list of the texts that it embedded."""

    def __init__(self, encoder: StarterEncoder) -> None:
        self.inner = encoder
        self.embedded: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def encode_texts(self, texts: list[str]) -> object:
        self.embedded += texts
        return self.inner.encode_texts(texts)


def test_a_window_is_embedded_once_for_describing_and_searching(encoder: StarterEncoder) -> None:
    counting = _Counting(encoder)
    cached = CachedTextEncoder(counting)  # type: ignore[arg-type]
    conversation = talk("we were at the beach", "lucky! show me", "the waves were huge")
    description = PhraseDescriber(cached).describe(conversation)
    query = to_query(description, cached)
    cached.encode_texts([part.text for part in query.parts])
    assert len(counting.embedded) == len(set(counting.embedded))
    assert len(counting.embedded) <= len(query.parts)
