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


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("we are making a calendar for grandpa, I need photos of tractors", "tractors"),
        ("Which pictures do you keep of ferries?", "ferries"),
        ("kids in the mud, you know the kind", "kids in the mud"),
        ("a steam engine, if at all possible", "a steam engine"),
        ("good evening, I'd like to see a kite on the shore", "a kite on the shore"),
        ("hello! I would love to see the goats", "the goats"),
        ("where the heck is the picture of the goat", "the goat"),
        ("screenshot of a parking ticket", "screenshot of a parking ticket"),
        ("rugby, men only", "rugby, men"),
        ("SHOW ME THE GOAT", "the goat"),
    ],
)
def test_words_around_the_thing_are_no_part_of_it(plan, message: str, content: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, content)


def test_of_a_long_story_the_photo_counts_and_not_its_day(plan) -> None:
    story = (
        "So yesterday aunt Clara was here for tea and told us again how the tractor went into the "
        "pond, and she swears there must be a photo of a tractor in a pond somewhere, can you look?"
    )
    found = plan(story)
    assert (found.move, found.content, found.when) == (
        Move.REQUEST,
        "a tractor in a pond",
        (),
    )


@pytest.mark.parametrize(
    "message",
    [
        "my neighbour shouted at us in the stairwell",
        "we're moving to a bigger flat in May",
        "Grandpa kept bees and every summer he gave us honey. I miss him.",
        "do you ever get bored?",
        "you're an angel, off to feed the hens",
    ],
)
def test_life_is_no_request(plan, message: str) -> None:
    found = plan(message)
    assert not found.move.wants_photo
    assert found.when == () or found.move is Move.SMALL_TALK


@pytest.mark.parametrize(
    "message",
    [
        "does this upload my photos to the cloud?",
        "how can I print this one?",
        "Which button do I press to close it?",
        "Good evening. My niece set this up. How do I use it?",
    ],
)
def test_questions_about_the_program(plan, message: str) -> None:
    assert plan(message, SHOWN).move is Move.HELP


@pytest.mark.parametrize(
    ("message", "move", "aspect"),
    [
        ("where/when was that?", Move.QUESTION, "when"),
        ("what date was it so that I can note it", Move.QUESTION, "when"),
        ("where was the first one, I can't remember", Move.QUESTION, "where"),
        ("what's the exact date of number two?", Move.QUESTION, "when"),
        ("the road sign, can you read it?", Move.QUESTION, "says"),
        ("count?", Move.QUESTION, ""),
        ("not really my thing", Move.REJECT, ""),
        ("my aunt wants it too", Move.SHARE, ""),
        ("and the following month?", Move.NEWER, ""),
        ("the original results again", Move.BACK, ""),
    ],
)
def test_short_follow_ups(plan, message: str, move: Move, aspect: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.aspect) == (move, aspect)


@pytest.mark.parametrize(
    "message", ["what did we photograph in Rome?", "what else have I seen in Rome"]
)
def test_what_was_photographed_there(plan, message: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, "")
    assert [one.city for one in found.where] == ["Rome"]


@pytest.mark.parametrize(
    ("message", "language", "numbers"),
    [
        ("nicht das zweite", "de", (2,)),
        ("no la primera", "es", (1,)),
        ("pas la dernière", "fr", (-1,)),
    ],
)
def test_one_is_turned_down_in_other_languages(plan, message, language, numbers) -> None:
    found = plan(message, TalkState(topic="goats", asked=True, shown=4, language=language))
    assert (found.move, found.numbers) == (Move.REJECT, numbers)


@pytest.mark.parametrize(
    "message",
    ["that might be Ruth's goat, it could be her", "maybe that's him", "oh, that must be it!"],
)
def test_it_may_be_the_one(plan, message: str) -> None:
    assert plan(message, SHOWN).move is not Move.REJECT


@pytest.mark.parametrize(
    ("message", "move", "content"),
    [
        ("gimme this one", Move.SHARE, ""),
        ("can we have that?", Move.SHARE, ""),
        ("no, just the white ones", Move.REFINE, "the white"),
        ("larger please, I can't see it", Move.ORDINAL, ""),
        ("lovely. When was the last one taken?", Move.QUESTION, ""),
        ("is there a fence in any of these?", Move.QUESTION, ""),
        ("same but a girl, without the hat", Move.CORRECT, "a girl"),
    ],
)
def test_more_short_follow_ups(plan, message: str, move: Move, content: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.content) == (move, content)


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("quick, need a pic of a ferry", "a ferry"),
        ("nvm, show me pictures of tractors", "tractors"),
        ("I'm making a menu, so first something with soup", "soup"),
        ("🐴 2019", "horse"),
    ],
)
def test_hasty_requests(plan, message: str, content: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, content)


def test_where_somebody_was_at_a_time(plan) -> None:
    found = plan("and where were we in May 2021?", SHOWN)
    assert (found.move, found.aspect) == (Move.QUESTION, "")
    assert [str(one.first) for one in found.when] == ["2021-05-01"]


def test_the_first_is_handed_over_and_the_next_is_not_forgotten(plan) -> None:
    found = plan("send me the second one, and then find lighthouses", SHOWN)
    assert (found.move, found.numbers, found.then) == (Move.SHARE, (2,), "lighthouses")


@pytest.mark.parametrize(
    "message", ["nobody wants that", "can dogs have that?", "who wants it", "everyone wants it"]
)
def test_a_remark_hands_nothing_over(plan, message: str) -> None:
    assert plan(message, SHOWN).move is not Move.SHARE


@pytest.mark.parametrize(
    "message",
    [
        "is that a train track?",
        "is this a cloud?",
        "how can I find the photo of the goat?",
        "cities",
    ],
)
def test_what_sounds_like_a_question_about_the_program(plan, message: str) -> None:
    found = plan(message)
    assert found.move is not Move.HELP
    assert found.move is not Move.QUESTION or message.endswith("?")


@pytest.mark.parametrize(
    "message",
    ["do you think there is a photo of a kite?", "you are so clever! show me a kite"],
)
def test_a_request_beside_a_word_to_the_assistant(plan, message: str) -> None:
    found = plan(message)
    assert found.move.wants_photo
    assert "kite" in found.content


def test_who_is_taken_out_is_not_left_out(plan) -> None:
    assert plan("when we take grandma out for dinner").exclude == ""
