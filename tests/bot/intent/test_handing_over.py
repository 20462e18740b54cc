"""What is handed over cannot be taken back: only who asks for it gets it."""

import pytest

from bot.intent.plan import Move, TalkState

SHOWN = TalkState(topic="boats", asked=True, shown=6)


@pytest.mark.parametrize(
    "message",
    [
        "don't forward it",
        "please do not send that one",
        "no, don't post the fourth one",
        "never share these",
        "I already posted it",
        "was it sent?",
        "did you send that?",
        "abort that",
        "is the fifth one from Porto?",
        "and the fourth?",
        "the fourth one looks blurry",
        "haha the 2nd one is mad",
        "not the third one",
        "that's my cousin on the left!",
        "thats us at the pier",
        "was it windy?",
        "no thanks, forget it",
        "show me 4",
    ],
)
def test_nothing_is_handed_over(plan, message: str) -> None:
    assert plan(message, SHOWN).move not in (Move.SHARE, Move.ORDINAL)


@pytest.mark.parametrize(
    ("message", "exclude"),
    [("photos without text", "text"), ("without a hand in it", "a hand"), ("no print", "print")],
)
def test_words_of_sharing_that_are_things(plan, message: str, exclude: str) -> None:
    assert plan(message, SHOWN).exclude == exclude


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("forward it", ()),
        ("forward the fourth to Ben", (4,)),
        ("no, send the second", (2,)),
        ("actually post both", ()),
        ("the fifth one is perfect", (5,)),
        ("I'd take number two", (2,)),
        ("can I have the last one?", (-1,)),
    ],
)
def test_what_is_asked_for_is(plan, message: str, numbers: tuple[int, ...]) -> None:
    found = plan(message, SHOWN)
    assert found.move in (Move.SHARE, Move.ORDINAL)
    assert not numbers or found.numbers == numbers


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("sailors in port", "sailors in port"),
        ("horse in water", "horse in water"),
        ("woman in a hat", "woman in a hat"),
        ("surfers in Porto", "surfers"),
        ("my daughter riding a pony", "my daughter riding a pony"),
        ("our cat on the sofa", "our cat on the sofa"),
        ("there was a picture of a bus in the fog", "a bus in the fog"),
        ("Grandma wants to see the photo of the harbour", "the harbour"),
        ("it would be so kind if you could show me the photo of the parade", "the parade"),
        ("wow show me that pic w the kid on stilts", "the kid on stilts"),
        ("puppy", "puppy"),
    ],
)
def test_requests_that_sound_like_something_else(plan, message: str, content: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, content)


@pytest.mark.parametrize(
    "message",
    [
        "my daughter is riding a pony now",
        "my cat in surgery today",
        "our neighbour came over with cake",
    ],
)
def test_life_is_no_request(plan, message: str) -> None:
    assert plan(message).move is not Move.REQUEST


def test_times_that_are_not_meant_and_any_time(plan) -> None:
    found = plan("not from 2016", SHOWN)
    assert [(one.first and one.first.year, one.last and one.last.year) for one in found.when] == [
        (None, 2015),
        (2017, None),
    ]
    for message in ("anywhere", "any year", "from anywhere else"):
        assert plan(message, SHOWN).wider
