"""Talk as people talk: the oldest photo, questions about one, no for a change, time by name."""

from datetime import date

import pytest

from bot.assistant import Reply, Session
from bot.assistant.facts import filter_words
from bot.assistant.follow_ups import next_topic, replaced
from bot.assistant.session import Topic
from bot.assistant.small_talk import tone_of
from bot.intent.plan import Move, Plan
from retrieval.search import DateRange, Filter, Place
from tests.bot.assistant.conftest import Talk

OLDEST = Plan(Move.OLDER, extreme="oldest")
RED = Plan(Move.REQUEST, content="red")


def names(reply: Reply) -> list[str]:
    return [photo.path.stem for photo in reply.photos]


def year(number: int) -> DateRange:
    return DateRange(date(number, 5, 1), date(number, 5, 31))


def test_the_oldest_of_all_needs_no_gallery(talk: Talk) -> None:
    reply = talk.say(OLDEST, "the oldest photo")
    assert names(reply) == ["0-red"]
    assert "1 May 2019" in reply.text
    newest = talk.say(Plan(Move.NEWER, extreme="newest", several=True), "newest photos in my album")
    assert names(newest)[:2] == ["5-green", "4-blue"]


def test_the_newest_of_what_is_spoken_of(talk: Talk) -> None:
    talk.say(RED, "the red ones")
    assert names(talk.say(Plan(Move.NEWER, extreme="newest"), "the newest")) == ["2-red"]


def test_after_a_count_the_oldest_is_that_of_what_was_counted(talk: Talk) -> None:
    talk.say(Plan(Move.QUESTION, where=(Place(city="Tokyo"),)), "how many from Tokyo?")
    oldest = talk.say(OLDEST, "show the oldest one")
    assert oldest.photos[0].taken_at is not None
    assert oldest.photos[0].taken_at.startswith("2020-06")


def test_what_is_known_of_a_shown_photo(talk: Talk) -> None:
    assert "shown" in talk.say(Plan(Move.QUESTION, aspect="where"), "where was that?").text
    shown = talk.say(RED, "the red ones").photos
    reply = talk.say(Plan(Move.QUESTION, numbers=(2,), aspect="who"), "who is in the second?")
    assert not reply.photos
    assert shown[1].path.name in reply.text
    assert "second" in reply.text
    assert "can't" in reply.text


def test_photos_are_never_changed(talk: Talk) -> None:
    talk.say(RED, "the red ones")
    reply = talk.say(Plan(Move.HELP, aspect="change"), "delete the third")
    assert "never" in reply.text
    assert not reply.photos
    assert not reply.shared


def test_a_month_without_a_year_is_looked_for_in_every_year(talk: Talk) -> None:
    every = tuple(year(number) for number in range(2026, 2015, -1))
    plan = Plan(Move.REQUEST, content="red", when=every[:1], every_year=every)
    reply = talk.say(plan, "red in may")
    assert names(reply) == ["0-red"]
    assert "May 2026" in reply.text
    assert reply.filter_words.startswith("Mays of 2019 to")


def test_nothing_in_any_year(talk: Talk) -> None:
    every = tuple(DateRange(date(n, 2, 1), date(n, 2, 28)) for n in range(2026, 2015, -1))
    reply = talk.say(Plan(Move.REQUEST, when=every[:1], every_year=every), "february")
    assert not reply.photos
    assert "any year" in reply.text or "whichever" in reply.text


def test_feasts_are_told_by_name() -> None:
    christmas = DateRange(date(2025, 12, 22), date(2025, 12, 28))
    assert filter_words(Filter(dates=(christmas,))) == "Christmas 2025"
    week = DateRange(date(2025, 3, 3), date(2025, 3, 9))
    assert filter_words(Filter(dates=(week,))) == "3 March 2025 to 9 March 2025"


def test_either_side_of_or_will_do(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="yellow or purple"), "yellow or purple")
    assert names(reply)[0] == "6-yellow"


def test_a_correction_replaces_the_same_preposition() -> None:
    def unlike(text: str, others) -> list[float]:
        return [0.0] * len(others)

    assert replaced("a man on a horse", "on a bike", unlike) == "a man on a bike"
    assert replaced("a girl on a pony in a field", "on a donkey", unlike) == (
        "a girl on a donkey in a field"
    )
    assert replaced("a girl", "in a field", unlike) == "a girl, field"


@pytest.mark.parametrize(
    ("message", "tone"),
    [
        ("what's the weather tomorrow?", "off_topic"),
        ("tell me a joke", "off_topic"),
        ("you're useless", "complaint"),
        ("ok sorry", "ok"),
        ("why?", "sure"),
        ("my cat was sick all night", "bad"),
    ],
)
def test_tones(message: str, tone: str) -> None:
    assert tone_of(message) == tone


def test_back_shows_what_was_shown_then_and_goes_further_each_time(talk: Talk) -> None:
    first = names(talk.say(Plan(Move.REQUEST, content="blue"), "blue"))
    red = names(talk.say(RED, "red"))
    tokyo = names(talk.say(Plan(Move.REFINE, where=(Place(city="Tokyo"),)), "in Tokyo"))
    assert set(tokyo) < set(red)
    assert not names(talk.say(Plan(Move.REFINE, when=(year(1999),)), "in May 1999"))
    back = Plan(Move.BACK)
    assert names(talk.say(back, "go back")) == red
    assert names(talk.say(back, "back")) == first


def test_what_is_on_the_table_stays_there_when_nothing_is_found(talk: Talk) -> None:
    shown = names(talk.say(RED, "red"))
    assert not names(talk.say(Plan(Move.REFINE, when=(year(1999),)), "in May 1999"))
    talk.say(Plan(Move.QUESTION, where=(Place(city="Tokyo"),)), "how many from Tokyo?")
    shared = talk.say(Plan(Move.SHARE, numbers=(2,)), "share the second")
    assert [one.path.stem for one in shared.shared] == [shown[1]]


def test_no_after_nothing_was_found_turns_down_nothing(talk: Talk) -> None:
    talk.say(RED, "red")
    talk.say(Plan(Move.REQUEST, content="blue", when=(year(1999),)), "blue in May 1999")
    talk.say(Plan(Move.REJECT), "no")
    assert not talk.session.refused


def test_share_without_a_number_is_the_one_shared_last(talk: Talk) -> None:
    shown = names(talk.say(RED, "red"))
    talk.say(Plan(Move.ORDINAL, numbers=(3,)), "the third")
    again = talk.say(Plan(Move.SHARE), "send it to Ben")
    assert [one.path.stem for one in again.shared] == [shown[2]]


def test_anywhere_looks_everywhere_again(talk: Talk) -> None:
    everything = names(talk.say(RED, "red"))
    talk.say(Plan(Move.REFINE, where=(Place(city="Lisbon"),)), "in Lisbon")
    assert set(names(talk.say(Plan(Move.REFINE, wider="both"), "anywhere"))) == set(everything)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("a black dog in the snow", "a white dog", "a white dog in the snow"),
        ("a dog and a horse", "the horse", "the horse"),
        ("a dog", "with a ball", "a dog, with a ball"),
        ("a dog", "a horse", "a dog, a horse"),
        ("three dogs", "one dog", "one dog"),
        ("two dogs in the snow", "three dogs", "three dogs in the snow"),
    ],
)
def test_a_detail_that_names_the_thing_anew_replaces_it(old: str, new: str, words: str) -> None:
    narrowed = next_topic(
        Plan(Move.REFINE, content=new), Session(topics=[Topic(content=old)]), lambda *_: []
    )
    assert narrowed.words == words


def test_and_there_counts_once_more(talk: Talk) -> None:
    talk.say(Plan(Move.QUESTION, where=(Place(city="Tokyo"),)), "how many from Tokyo?")
    there = talk.say(Plan(Move.REFINE, where=(Place(city="Lisbon"),)), "and from Lisbon?")
    assert (there.photos, "2 photos" in there.text) == ((), True)
    shown = talk.say(Plan(Move.REFINE, where=(Place(city="Lisbon"),)), "show me those from Lisbon")
    assert len(shown.photos) == 2
