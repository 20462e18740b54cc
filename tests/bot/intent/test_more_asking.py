"""Requests in other shapes: a caption, an emoji, "do you have a …"; and what asks for none."""

import pytest

from bot.intent.plan import Move, TalkState

SHOWN = TalkState(topic="a small goat", asked=True, shown=4)


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("children sharing lunch", "children sharing lunch"),
        ("evening sun over the river", "evening sun over the river"),
        ("do you have a kite?", "a kite"),
        ("have we got any balloons in here", "balloons"),
        ("alright. A small goat then", "A small goat"),
        ("oh well. cheer us up with a kitten", "a kitten"),
        ("🐴", "horse"),
        ("🐸🐸", "frog"),
        ("could you collect pictures of ferries", "ferries"),
    ],
)
def test_what_asks_for_a_photo(plan, message: str, content: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, content)


@pytest.mark.parametrize(
    "message",
    [
        "do you have a minute?",
        "my uncle sent me pictures on WhatsApp",
        "❤️",
        "👏👏",
        "the neighbours were loud again",
    ],
)
def test_what_asks_for_none(plan, message: str) -> None:
    assert not plan(message).move.wants_photo


@pytest.mark.parametrize(
    "message",
    ["oh wow look at those ears!", "he looks exactly like my brother", "haha look at him"],
)
def test_a_remark_on_what_is_shown(plan, message: str) -> None:
    assert plan(message, SHOWN).move is Move.SMALL_TALK


@pytest.mark.parametrize(
    "message", ["let's start over", "new search please", "can we begin again", "forget it all"]
)
def test_all_is_forgotten(plan, message: str) -> None:
    assert plan(message, SHOWN).aspect == "restart"


@pytest.mark.parametrize("message", ["?", "??", "what do you mean?", "I don't understand"])
def test_who_is_lost_is_helped(plan, message: str) -> None:
    assert plan(message).move is Move.HELP


@pytest.mark.parametrize(
    ("message", "aspect"),
    [
        ("order them by date", "old_first"),
        ("can you sort these, newest first", "new_first"),
        ("put them in chronological order", "old_first"),
    ],
)
def test_the_order_of_time(plan, message: str, aspect: str) -> None:
    assert plan(message, SHOWN).aspect == aspect


@pytest.mark.parametrize(
    ("message", "aspect"),
    [
        ("the third of these, where was it?", "where"),
        ("how sweet. do you know in which city the second one was taken?", "where"),
        ("which camera was the first one made with?", "which"),
        ("that's enough, which one is the oldest?", "oldest"),
    ],
)
def test_a_question_about_one_that_is_shown(plan, message: str, aspect: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.aspect) == (Move.QUESTION, aspect)


def test_one_is_handed_over_in_other_words(plan) -> None:
    assert plan("please give me that one so we can show it to Ruth", SHOWN).move is Move.SHARE
    assert plan("I'll take it", SHOWN).move is Move.SHARE
    assert plan("share", TalkState()).move is Move.SHARE


def test_what_was_told_is_to_be_shown(plan) -> None:
    found = plan("exactly, can you dig it up?")
    assert (found.move, found.content) == (Move.REQUEST, "")


def test_how_many_show_a_thing(plan) -> None:
    found = plan("how many of those have kites in them?", SHOWN)
    assert (found.move, found.content) == (Move.QUESTION, "kites")


@pytest.mark.parametrize(
    ("message", "move", "content"),
    [
        ("same but a sheep", Move.CORRECT, "a sheep"),
        ("the same, but with two sheep", Move.REFINE, "with two sheep"),
        ("same, but ferries", Move.CORRECT, "ferries"),
        ("hm, make it Rome", Move.REFINE, ""),
    ],
)
def test_the_same_with_something_else(plan, message: str, move: Move, content: str) -> None:
    found = plan(message, SHOWN)
    assert found.content == content
    assert found.move in (move, Move.INSTEAD)


@pytest.mark.parametrize(
    ("message", "move", "aspect", "number"),
    [
        ("wann war das dritte?", Move.QUESTION, "when", 3),
        ("die erste, wo war das?", Move.QUESTION, "where", 1),
        ("où était la deuxième ?", Move.QUESTION, "where", 2),
        ("¿cuándo fue la última?", Move.QUESTION, "when", -1),
        ("qualcosa di più vecchio", Move.OLDER, "", None),
        ("algo mais recente", Move.NEWER, "", None),
        ("iets ouder", Move.SMALL_TALK, "", None),
        ("ich meinte Schafe", Move.CORRECT, "", None),
        ("plutôt un mouton", Move.CORRECT, "", None),
    ],
)
def test_other_languages(plan, message: str, move: Move, aspect: str, number: int | None) -> None:
    languages = {
        "wann": "de",
        "die": "de",
        "ich": "de",
        "où": "fr",
        "plutôt": "fr",
        "¿cuándo": "es",
    }
    spoken = languages.get(message.split()[0].strip(","), "it")
    spoken = {"algo": "pt", "iets": "nl"}.get(message.split()[0], spoken)
    found = plan(message, TalkState(topic="goats", asked=True, shown=4, language=spoken))
    if move is not Move.SMALL_TALK:
        assert (found.move, found.aspect) == (move, aspect)
    if number is not None:
        assert found.numbers == (number,)


@pytest.mark.parametrize(
    ("message", "content", "then"),
    [
        ("show me a ferry and also a picture of kites", "a ferry", "kites"),
        ("find the goats, then find a sheep please", "the goats", "a sheep"),
        ("I want to see a ferry and then a lighthouse", "a ferry", "a lighthouse"),
        ("show me a goat and a sheep", "a goat and a sheep", ""),
        ("find a ferry and send it to Ruth", "a ferry", ""),
    ],
)
def test_of_two_requests_the_first_is_answered(plan, message, content, then) -> None:
    found = plan(message)
    assert (found.move, found.content, found.then) == (Move.REQUEST, content, then)
