"""When to share: plain words, the model's weights, and what must not set it off."""

import json
from importlib.resources import files

import pytest

from bot.conversation import Conversation, Turn
from bot.intent.cues import LOOK_BACK, features
from bot.intent.share import ShareModel, share_model, wants_photo


def talk(*messages: str) -> Conversation:
    """Owner and other one in turn; a message ``>…`` is said by the same one as before."""
    turns: list[Turn] = []
    for message in messages:
        before = turns[-1].speaker if turns else "bot"
        same = message.startswith(">")
        other = "user" if before == "bot" else "bot"
        turns.append(Turn(before if same else other, message.removeprefix(">")))
    return Conversation(tuple(turns), "user")


@pytest.mark.parametrize(
    "message",
    [
        "show me",
        "Show me!!",
        "got a pic?",
        "do you have any photos of it?",
        "here's a photo",
        "Here is a picture of us.",
        "you should see his face",
        "You should have seen his face!",
        "look at this",
        "check it out",
        "let me show you my new bike",
        "can I see the cat?",
        "I want to see the photo of the temple",
        "pics or it didn't happen",
        "wanna see my dog?",
        "find the picture of my cat",
        "photo please",
        "pics!!",
    ],
)
def test_plain_words_share(message: str) -> None:
    share, confidence = wants_photo(talk(message))
    assert share
    assert confidence >= 0.9


@pytest.mark.parametrize(
    "messages",
    [
        ("hi",),
        ("hello, how are you?", "good, and you?"),
        ("I have a lot of work this week", "oh no", "yes, but it is going well"),
        ("What is the capital of France?",),
        ("send me the report by Friday",),
        ("show me how to cook rice",),
        ("I see what you mean",),
        ("take care, see you tomorrow",),
        ("We should meet", "Sure", "Friday then?", "Friday is fine", "great"),
    ],
)
def test_chit_chat_does_not(messages: tuple[str, ...]) -> None:
    share, confidence = wants_photo(talk(*messages))
    assert not share
    assert confidence < 0.2


def test_nothing_said_is_no_reason() -> None:
    assert wants_photo(Conversation()) == (False, 0.0)
    assert wants_photo(talk("   ")) == (False, 0.0)


def test_an_accepted_offer_shares_and_a_refused_one_less() -> None:
    before = (
        "we went to the lake",
        "oh nice",
        "with the whole family",
        "how was it?",
        "so good, the kids swam all day",
        "lovely",
        "I took some photos, would you like to see one?",
    )
    accepted, high = wants_photo(talk(*before, "sure, please!"))
    _, low = wants_photo(talk(*before, "no, I don't have the time"))
    assert accepted
    assert high > low


def test_a_shared_photo_ends_the_matter() -> None:
    asked = Turn("bot", "show me!")
    shared = Turn("user", "", shares_photo=True)
    thanks = Turn("bot", "thanks")
    assert wants_photo(Conversation((asked,), "user"))[0]
    assert not wants_photo(Conversation((asked, shared, thanks), "user"))[0]


def test_the_same_conversation_gives_the_same_answer() -> None:
    conversation = talk("hey", "hi", "my dog is in the garden", "aw, how sweet")
    assert wants_photo(conversation) == wants_photo(conversation)


@pytest.mark.timeout(60)
def test_a_huge_message_is_taken() -> None:
    conversation = talk("a " * 500_000, "want to " * 100_000, "see " * 200_000)
    assert isinstance(wants_photo(conversation)[0], bool)


def test_odd_characters_are_taken() -> None:
    assert isinstance(wants_photo(talk("\x00\ud800 🐶" * 50))[0], bool)


def test_only_the_newest_turns_are_read() -> None:
    old = ["show me"] + ["ok"] * (LOOK_BACK + 1)
    names = [name for name in features(talk(*old)) if name.startswith("show me")]
    assert names == []


def test_the_stored_weights_are_of_features_that_exist() -> None:
    stored = json.loads(
        files("bot.intent").joinpath("share_weights.json").read_text(encoding="utf-8")
    )
    assert 0 < stored["threshold"] < 1
    known = {
        name.split(" @")[0]
        for messages in (
            ("photo?", "sure", "I took a photo, here it is", "nice!", "see", "ok", "no"),
            ("do you want to see it?", "yes please", "let me show you"),
        )
        for name in features(talk(*messages))
    }
    used = {name.split(" @")[0] for name in stored["weights"]}
    assert len(used & known) > len(known) / 2


def test_the_model_is_a_logistic_regression() -> None:
    model = ShareModel(bias=0.0, threshold=0.5, weights={"a": 1.0, "b": -1.0})
    assert model.probability({}) == 0.5
    assert model.probability({"a": 1.0, "b": 1.0, "unknown": 9.0}) == 0.5
    assert model.probability({"a": 1.0}) == pytest.approx(0.731, abs=1e-3)
    assert share_model() is share_model()
