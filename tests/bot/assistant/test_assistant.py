"""What the assistant answers, move by move, over a real library."""

from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from bot.assistant import Assistant, Choices, Reply, Session
from bot.intent.plan import Move, Plan
from retrieval.search import DateRange, Place
from tests.bot.assistant.conftest import ALBUM, ScriptedUnderstanding

TOKYO = Place(city="Tokyo", country="Japan")
RED = Plan(Move.REQUEST, content="red")
BLUE = Plan(Move.REQUEST, content="blue")


class Talk:
    """Says plans to an assistant, one after the other."""

    def __init__(
        self, assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
    ) -> None:
        self.assistant, self.session, self.understanding = assistant, session, understanding

    def say(self, plan: Plan, message: str = "", choices: Choices | None = None) -> Reply:
        message = message or f"message {len(self.session.turns)}"
        self.understanding.knows({message: plan})
        return self.assistant.respond(self.session, message, choices or Choices(hints=False))


@pytest.fixture
def talk(assistant: Assistant, session: Session, understanding: ScriptedUnderstanding) -> Talk:
    return Talk(assistant, session, understanding)


def names(reply: Reply) -> list[str]:
    return [photo.path.stem for photo in reply.photos]


def test_a_request_is_answered_with_when_and_where(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="yellow"))
    assert names(reply) == ["6-yellow"]
    assert "Yellow" in reply.text or "yellow" in reply.text
    green = talk.say(Plan(Move.REQUEST, content="green"))
    assert "6 October 2023" in green.text
    assert green.sure == "fits"
    assert green.as_dict()["photos"][0]["taken_at"].startswith("2023-10-06")


def test_a_time_and_a_place_are_filters(talk: Talk) -> None:
    when = DateRange(date(2020, 1, 1), date(2020, 12, 31))
    reply = talk.say(Plan(Move.REQUEST, content="red", when=(when,), where=(TOKYO,)))
    assert names(reply) == ["1-red"]
    assert reply.filter_words == "2020 · Tokyo"
    assert reply.as_dict()["filter"]["dates"] == [{"from": "2020-01-01", "to": "2020-12-31"}]
    wide = talk.assistant.without_filter(talk.session)
    assert len(wide.photos) > 1
    assert wide.filter_words == ""


def test_nothing_from_there_is_said(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="red", where=(Place(country="Peru"),)))
    assert (reply.photos, reply.sure) == ((), "none")
    assert "Peru" in reply.text


def test_before_there_were_photos_it_says_what_years_there_are(talk: Talk) -> None:
    old = DateRange(date(1850, 1, 1), date(1850, 12, 31))
    reply = talk.say(Plan(Move.REQUEST, content="red", when=(old,)))
    assert not reply.photos
    assert "1850" in reply.text
    assert "2019 to 2023" in reply.text


def test_more_shows_what_was_not_shown(talk: Talk) -> None:
    first = talk.say(RED, choices=Choices(photos=1))
    second = talk.say(Plan(Move.MORE), choices=Choices(photos=1))
    third = talk.say(Plan(Move.REJECT), choices=Choices(photos=1))
    assert len({*names(first), *names(second), *names(third)}) == 3
    assert talk.session.refused
    last = talk.say(Plan(Move.MORE))
    assert "red" not in "".join(names(last))


def test_refused_photos_are_not_offered_again(talk: Talk) -> None:
    refused = names(talk.say(RED, choices=Choices(photos=1)))
    talk.say(Plan(Move.REJECT), choices=Choices(photos=1))
    again = talk.say(Plan(Move.REQUEST, content="red"))
    assert again.photos
    assert not set(refused) & set(names(again))


def test_older_and_newer(talk: Talk) -> None:
    when = DateRange(date(2020, 1, 1), date(2020, 12, 31))
    talk.say(Plan(Move.REQUEST, content="red", when=(when,)))
    assert names(talk.say(Plan(Move.OLDER))) == ["0-red"]
    assert "2-red" in names(talk.say(Plan(Move.NEWER)))
    talk.say(Plan(Move.REQUEST, content="yellow"))
    assert "no date" in talk.say(Plan(Move.OLDER)).text


def test_sharing_makes_a_copy_without_hidden_data(talk: Talk, album: Path) -> None:
    shown = talk.say(RED)
    original = shown.photos[1].path.read_bytes()
    reply = talk.say(Plan(Move.SHARE, number=2))
    assert [one.path for one in reply.shared] == [shown.photos[1].path]
    assert reply.as_dict()["shared"] == [str(shown.photos[1].path)]
    with Image.open(reply.shared[0].copy) as copy:
        assert not dict(copy.getexif())
    assert shown.photos[1].path.read_bytes() == original
    assert talk.session.turns[-1].shares_photo
    last = talk.say(Plan(Move.ORDINAL, number=-1))
    assert last.shared[0].path == shown.photos[-1].path
    both = talk.say(Plan(Move.SHARE, numbers=(1, 2)))
    assert len(both.shared) == 2


@pytest.mark.parametrize("move", [Move.SHARE, Move.ORDINAL, Move.MORE, Move.REJECT, Move.OLDER])
def test_follow_ups_at_the_start_are_met_with_a_question(talk: Talk, move: Move) -> None:
    reply = talk.say(Plan(move, number=9))
    assert not reply.photos
    assert not reply.shared
    assert reply.text


def test_a_number_that_was_not_shown(talk: Talk) -> None:
    talk.say(RED, choices=Choices(photos=2))
    reply = talk.say(Plan(Move.SHARE, number=9))
    assert not reply.shared
    assert "9" in reply.text or "2" in reply.text


def test_a_photo_that_is_gone_is_not_shared(talk: Talk) -> None:
    shown = talk.say(Plan(Move.REQUEST, content="green"))
    shown.photos[0].path.unlink()
    reply = talk.say(Plan(Move.SHARE, number=1))
    assert not reply.shared
    assert reply.text


def test_back_shows_the_same_photos_again(talk: Talk) -> None:
    first = names(talk.say(RED))
    talk.say(BLUE)
    assert names(talk.say(Plan(Move.BACK, content="red"))) == first


def test_a_new_request_forgets_the_filter(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="red", where=(TOKYO,)))
    assert talk.say(BLUE).filter_words == ""


def test_how_many_is_answered_from_facts(talk: Talk) -> None:
    reply = talk.say(Plan(Move.QUESTION, where=(TOKYO,)), "how many from Tokyo?")
    assert "3 photos" in reply.text
    assert not reply.photos
    some = talk.say(Plan(Move.REFINE), "let's see some of them")
    assert set(names(some)) <= {"1-red", "2-red", "4-blue"}
    assert some.photos
    whole = talk.say(Plan(Move.QUESTION), "how many photos do I have?")
    assert "7 photos" in whole.text


@pytest.mark.parametrize("move", [Move.THANKS, Move.GOODBYE, Move.SMALL_TALK, Move.HELP])
def test_no_photo_is_pushed_at_small_talk(talk: Talk, move: Move) -> None:
    talk.say(RED)
    said = [talk.say(Plan(move), "ok", Choices(always_on=True, hints=True)) for _ in range(3)]
    assert all(reply.text and not reply.photos and reply.sure is None for reply in said)
    assert len({reply.text for reply in said}) == 3


def test_always_on_looks_at_what_is_told(talk: Talk) -> None:
    message = "we painted the whole kitchen blue"
    assert not talk.say(Plan(Move.SMALL_TALK), message).photos
    assert talk.say(Plan(Move.SMALL_TALK), message, Choices(always_on=True, hints=False)).photos


def test_looking_on_demand(talk: Talk) -> None:
    talk.say(Plan(Move.SMALL_TALK), "we painted the kitchen blue")
    assert names(talk.assistant.look(talk.session))[0].endswith("blue")


def test_words_that_hang_on_the_talk_are_read_with_it(talk: Talk) -> None:
    talk.say(Plan(Move.SMALL_TALK), "we painted the kitchen blue")
    reply = talk.say(Plan(Move.ANNOUNCE, content="it"), "look at it")
    assert names(reply)[0].endswith("blue")


def test_a_talk_of_five_hundred_messages(talk: Talk) -> None:
    for _ in range(250):
        talk.say(RED, choices=Choices(photos=1))
        talk.say(Plan(Move.THANKS))
    stored = talk.session.model_dump_json()
    assert len(stored) < 100_000
    talk.session = Session.model_validate_json(stored)
    assert talk.say(RED).photos


@pytest.mark.parametrize("message", ["", "   ", "\x00"])
def test_nothing_to_read(talk: Talk, message: str) -> None:
    reply = talk.assistant.respond(talk.session, message)
    assert not reply.photos
    assert reply.text


def test_a_message_without_end_keeps_its_last_words(talk: Talk) -> None:
    reply = talk.assistant.respond(talk.session, "word " * 20_000 + "\ud83d show me the cat")
    turn = talk.session.turns[0].text
    assert turn.endswith("show me the cat")
    assert len(turn) <= 4_000
    assert "4,000" in reply.text
    turn.encode("utf-8")


def test_a_problem_of_the_plan_is_told(talk: Talk) -> None:
    plan = Plan(Move.REQUEST, content="red", problem="31 February is no date.")
    assert talk.say(plan).text.startswith("31 February is no date.")


def test_a_narrowing_that_leaves_nothing_is_taken_back(talk: Talk) -> None:
    talk.say(RED)
    assert not talk.say(Plan(Move.REFINE, where=(Place(country="Peru"),))).photos
    again = talk.say(Plan(Move.REFINE, where=(TOKYO,)))
    assert set(names(again)) == {"1-red", "2-red"}
    talk.say(Plan(Move.REFINE, when=(DateRange(date(1990, 1, 1), date(1990, 12, 31)),)))
    assert talk.session.topic is not None
    assert (talk.session.topic.where, talk.session.topic.when) == ((TOKYO,), ())


def test_asking_for_photos_of_nothing_is_met_with_a_question(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST), "photos")
    assert (reply.photos, reply.sure) == ((), None)
    assert reply.text.endswith("?")
    problem = talk.say(Plan(Move.REQUEST, problem="31 February is no date."), "on 31 February")
    assert problem.text == "31 February is no date."


def test_who_can_see_the_photos_is_told(talk: Talk) -> None:
    reply = talk.say(Plan(Move.HELP), "do you upload my photos anywhere?")
    assert "machine" in reply.text


def test_a_filter_does_not_refuse_what_the_library_has(talk: Talk) -> None:
    lisbon = Place(city="Lisbon", country="Portugal")
    reply = talk.say(Plan(Move.REQUEST, content="green", where=(lisbon,)))
    assert reply.sure in ("closest", "none")
    assert all("Lisbon" in photo.place for photo in reply.photos)


def test_answers_in_another_language(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="red", language="de"), "zeig mir Rot")
    assert "3 Fotos" in reply.text
    assert "2019 bis 2021" in reply.text
    one = talk.say(Plan(Move.REQUEST, content="green", language="fr"), "montre le vert")
    assert "6 octobre 2023" in one.text


def test_classic_search_goes_by_the_newest_words(talk: Talk) -> None:
    talk.say(Plan(Move.SMALL_TALK), "blue")
    assert names(talk.assistant.classic_search(talk.session))[0].endswith("blue")
    assert talk.assistant.classic_search(Session()).text


def test_any_photo_and_then_others(talk: Talk) -> None:
    choices = Choices(photos=3, hints=False)
    any_photo = Plan(Move.REQUEST, any_photo=True)
    first = talk.say(any_photo, choices=choices)
    second = talk.say(any_photo, choices=choices)
    third = talk.say(Plan(Move.MORE), choices=choices)
    shown = [name for reply in (first, second, third) for name in names(reply)]
    assert len(shown) == len(set(shown)) == len(ALBUM)
    assert first.sure == "fits" and "3 photos" in first.text


def test_any_photo_of_a_place(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, any_photo=True, where=(TOKYO,)))
    assert set(names(reply)) == {"1-red", "2-red", "4-blue"}
    assert "Tokyo" in reply.text


def test_something_of_a_look_is_answered_by_the_closest(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="something purple"))
    assert reply.sure == "closest" and reply.photos
    assert "something" not in reply.looked_for["your words"]


def test_a_hint_can_be_shared_and_turned_down(talk: Talk) -> None:
    choices = Choices(photos=3, hints=True)
    hint = talk.say(Plan(Move.SMALL_TALK), "we painted the whole kitchen yellow", choices)
    assert hint.hint and names(hint) == ["6-yellow"]
    shared = talk.say(Plan(Move.SHARE, number=1), "share it", choices)
    assert [one.photo_id for one in shared.shared] == [hint.photos[0].photo_id]
    other = talk.say(Plan(Move.REJECT), "not that one", choices)
    assert "6-yellow" not in names(other) and "shown you any" not in other.text


def test_more_after_a_hint_looks_for_what_was_told(talk: Talk) -> None:
    choices = Choices(photos=3, hints=True)
    hint = talk.say(Plan(Move.SMALL_TALK), "we painted the whole kitchen blue", choices)
    assert hint.hint
    more = talk.say(Plan(Move.MORE), "more blue", choices)
    assert set(names(more)) == {"3-blue", "4-blue"}
