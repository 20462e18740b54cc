"""Messages that leave something out: of the photos shown, of what was looked for, a whole place."""

import pytest

from bot.intent.leaving_out import all_except, without_words
from bot.intent.plan import Move, TalkState

SHOWN = TalkState(topic="two goats on a hill", asked=True, shown=5)


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("not the second and not the fourth", (2, 4)),
        ("everything except the first", (1,)),
        ("all but the last two", (-2, -1)),
        ("fine. without number 3 though", (3,)),
        ("leave out the third one please", (3,)),
    ],
)
def test_some_of_those_shown_are_not_wanted(plan, message: str, numbers) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.exclude) == (Move.REJECT, "")
    assert set(numbers) <= set(found.numbers)


@pytest.mark.parametrize(
    ("message", "numbers"),
    [
        ("send all but the second", (1, 3, 4, 5)),
        ("share everything except the last one", (1, 2, 3, 4)),
        ("no, share the fourth", (4,)),
        ("not the first, share the second", (2,)),
        ("share the last two", (-2, -1)),
    ],
)
def test_the_others_are_handed_over(plan, message: str, numbers) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.numbers) == (Move.SHARE, numbers)


def test_places_that_are_left() -> None:
    assert all_except((1, -1), 4) == (2, 3)
    assert all_except((9,), 2) == (1, 2)


def test_where_one_stands_is_no_wish_to_hand_it_over(plan) -> None:
    found = plan("the one on the left", SHOWN)
    assert (found.move, found.aspect, found.numbers) == (Move.ORDINAL, "look", (1,))


@pytest.mark.parametrize(
    ("message", "wider"),
    [
        ("drop the year", "when"),
        ("never mind the date", "when"),
        ("forget about the city please", "where"),
        ("remove the filters", "both"),
        ("anywhere, not only there", "both"),
    ],
)
def test_a_time_or_a_place_no_longer_counts(plan, message: str, wider: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.wider) == (Move.REFINE, wider)


def test_words_that_no_longer_count(plan) -> None:
    found = plan("forget the hill", SHOWN)
    assert (found.move, found.forget) == (Move.REFINE, "hill")
    assert plan("drop the goats", TalkState(topic="goats", asked=True, shown=2)).aspect == "restart"
    assert plan("forget the dentist", SHOWN).forget == ""


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("hill", "two goats"),
        ("goats", "two on a hill"),
        ("ferry", "two goats on a hill"),
    ],
)
def test_a_description_without_a_part(words: str, left: str) -> None:
    assert without_words("two goats on a hill", words) == left


@pytest.mark.parametrize("message", ["forget the goats. a ferry", "no more goats, a ferry please"])
def test_another_thing_after_what_is_dropped(plan, message: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.content) == (Move.INSTEAD, "a ferry")


def test_places_of_a_list(plan) -> None:
    both = plan("kites in Rome or Porto")
    assert [one.city for one in both.where] == ["Rome", "Porto"]
    neither = plan("kites, but nothing from Rome or Porto")
    assert (neither.content, neither.where) == ("kites", ())
    assert [one.city for one in neither.not_where] == ["Rome", "Porto"]
    none = plan("kites, not from Rome, Porto or Kyoto")
    assert ([one.city for one in none.not_where], none.where) == (["Rome", "Porto", "Kyoto"], ())
    assert [one.city for one in plan("kites, not from Rome, Porto").not_where] == ["Rome"]


def test_everything_of_a_time_or_but_a_place(plan) -> None:
    before = plan("leave out everything from before 2018", SHOWN)
    assert [str(one.first) for one in before.when] == ["2018-01-01"]
    except_there = plan("anywhere except Rome", SHOWN)
    assert (except_there.wider, [one.city for one in except_there.not_where]) == ("", ["Rome"])
    assert plan("kites anywhere except Rome").content == "kites"


@pytest.mark.parametrize(
    "message", ["that isn't a goat at all", "those are no goats", "wait, that's the wrong year"]
)
def test_what_is_shown_is_not_what_was_meant(plan, message: str) -> None:
    assert plan(message, SHOWN).move is Move.REJECT


def test_what_those_shown_are_not_is_no_part_of_it(plan) -> None:
    found = plan("I said jumping, these aren't", SHOWN)
    assert (found.move, found.content) == (Move.CORRECT, "jumping")


@pytest.mark.parametrize(
    ("message", "move", "numbers"),
    [
        ("drop the second and the fifth", Move.REJECT, (2, 5)),
        ("drop me the second", Move.SHARE, (2,)),
        ("rank 4 => send", Move.SHARE, (4,)),
        ("right everybody, share 2 and 4", Move.SHARE, (2, 4)),
    ],
)
def test_drop_hands_over_only_to_somebody(plan, message: str, move: Move, numbers) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.numbers) == (move, numbers)


@pytest.mark.parametrize(
    ("message", "aspect", "numbers"),
    [
        ("the second to last one, larger please", "look", (-2,)),
        ("number 4!! so sweet", "look", (4,)),
        ("the third, a tiny bit larger please", "look", (3,)),
        ("could you show the first one again, by itself", "look", (1,)),
    ],
)
def test_one_that_is_to_be_seen_is_not_handed_over(plan, message, aspect, numbers) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.aspect, found.numbers) == (Move.ORDINAL, aspect, numbers)


def test_a_verb_in_two_parts_leaves_out(plan) -> None:
    found = plan("leave Rome out", TalkState(topic="kites", asked=True, shown=3))
    assert ([one.city for one in found.not_where], found.where) == (["Rome"], ())


@pytest.mark.parametrize("message", ["I said no people", "hold on, I said no people"])
def test_what_was_said_before_is_left_out(plan, message: str) -> None:
    found = plan(message, SHOWN)
    assert (found.move, found.content, found.exclude) == (Move.EXCLUDE, "", "people")


@pytest.mark.parametrize(
    ("message", "content", "exclusions"),
    [
        ("no cars, no houses", "", ("cars", "houses")),
        ("a beach without people, without umbrellas", "a beach", ("people", "umbrellas")),
        ("bicycle not motorcycle", "bicycle", ("motorcycle",)),
    ],
)
def test_several_things_are_left_out(plan, message: str, content: str, exclusions) -> None:
    found = plan(message, SHOWN)
    assert (found.content, found.exclusions) == (content, exclusions)


def test_an_open_end_that_is_not_wanted_is_the_other_side(plan) -> None:
    found = plan("kites, nothing after 2020")
    assert found.content == "kites"
    assert ([str(one.last) for one in found.when], found.not_when) == (["2020-12-31"], ())


def test_the_one_from_there_is_one_of_those_shown(plan) -> None:
    found = plan("the Rome one please", SHOWN)
    assert (found.move, found.aspect) == (Move.ORDINAL, "look")
    assert [one.city for one in found.where] == ["Rome"]


@pytest.mark.parametrize("message", ["unshare it", "wait, don't send that", "undo the share"])
def test_what_was_shared_is_to_be_taken_back(plan, message: str) -> None:
    assert plan(message, SHOWN).aspect == "unshare"
