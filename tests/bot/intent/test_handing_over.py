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
    assert found.move is Move.REFINE
    assert not found.when
    (out,) = found.not_when
    assert (out.first and out.first.year, out.last and out.last.year) == (2016, 2016)
    winters = plan("photos from Rome, but not from winter")
    assert {one.first and one.first.month for one in winters.not_when} == {12}
    assert plan("not today, thanks", SHOWN).not_when == ()
    for message in ("anywhere", "any year", "from anywhere else"):
        assert plan(message, SHOWN).wider


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("find a picture of a goat and send it to my uncle", "a goat"),
        ("show me the tall ship, then share it with Ben", "the tall ship"),
        ("look for kites so I can send them to her", "kites"),
    ],
)
def test_what_is_to_be_shared_is_found_first(plan, message: str, content: str) -> None:
    found = plan(message)
    assert (found.move, found.content, found.to_share) == (Move.REQUEST, content, True)


def test_one_that_is_shown_needs_no_search(plan) -> None:
    assert plan("open the second one and send it to Ben", SHOWN).move is Move.SHARE


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("don't post anything yet, just show me the old mill", "the old mill"),
        ("please never share it but find the photo of a goat", "a goat"),
    ],
)
def test_what_is_not_to_be_shared_may_be_shown(plan, message: str, content: str) -> None:
    found = plan(message)
    assert (found.move, found.content, found.to_share) == (Move.REQUEST, content, False)


@pytest.mark.parametrize("message", ["send them all to ben", "share those", "forward all of them"])
def test_all_are_handed_over_where_all_are_meant(plan, message: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.numbers) == (Move.SHARE, (1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    "message",
    ["send ben something nice from Rome", "I want to send my aunt a few photos from rome"],
)
def test_some_for_somebody_are_looked_for(plan, message: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, "")
    assert found.where[0].city == "Rome"


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("not the second, the fourth", (4,)),
        ("can you share 1 and 4", (1, 4)),
        ("alright send me 3", (3,)),
        ("could you give me 2 and 5 please", (2, 5)),
        ("share the second with no location please", (2,)),
    ],
)
def test_numbers_among_other_words(plan, message: str, numbers: tuple[int, ...]) -> None:
    found = plan(message, SHOWN)
    assert found.move in (Move.SHARE, Move.ORDINAL)
    assert (found.numbers, found.unclear, found.exclude) == (numbers, False, "")


@pytest.mark.parametrize(
    "message", ["send those two", "the one with the lamp, share it", "the tall one, send that"]
)
def test_which_one_is_asked_where_it_is_not_said(plan, message: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.unclear) == (Move.SHARE, True)
