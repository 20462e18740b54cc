"""How a talk goes on: seen alone, of the same day, after nothing was found, elsewhere."""

from datetime import date

import pytest

from bot.assistant import Reply, Session
from bot.assistant.follow_ups import next_topic, replaced
from bot.assistant.session import Topic
from bot.intent.plan import Move, Plan
from retrieval.search import DateRange, Place
from tests.bot.assistant.conftest import Talk

RED = Plan(Move.REQUEST, content="red")
TOKYO, LISBON = Place("Tokyo", "", "Japan"), Place("Lisbon", "", "Portugal")


def names(reply: Reply) -> list[str]:
    return [photo.path.stem for photo in reply.photos]


def days(*ends: str) -> DateRange:
    return DateRange(*map(date.fromisoformat, ends))


def test_one_is_seen_alone_and_the_places_of_all_stay(talk: Talk) -> None:
    shown = names(talk.say(RED))
    seen = talk.say(Plan(Move.ORDINAL, aspect="look", numbers=(2,)))
    assert names(seen) == [shown[1]]
    assert not seen.shared
    assert [one.path.stem for one in talk.say(Plan(Move.SHARE)).shared] == [shown[1]]
    third = talk.say(Plan(Move.SHARE, numbers=(3,)))
    assert [one.path.stem for one in third.shared] == [shown[2]]


def test_another_gallery_begins_at_its_first(talk: Talk) -> None:
    shown = names(talk.say(RED))
    talk.say(Plan(Move.ORDINAL, aspect="look", numbers=(2,)))
    again = names(talk.say(RED))
    assert again == shown
    assert [one.path.stem for one in talk.say(Plan(Move.SHARE)).shared] == [again[0]]


def test_which_of_those_shown_is_the_oldest(talk: Talk) -> None:
    assert not talk.say(Plan(Move.QUESTION, aspect="oldest")).photos
    talk.say(RED)
    assert names(talk.say(Plan(Move.QUESTION, aspect="oldest"))) == ["0-red"]
    assert names(talk.say(Plan(Move.QUESTION, aspect="newest"))) == ["2-red"]


@pytest.mark.parametrize(
    ("same", "expected"),
    [
        ("day", {"1-red"}),
        ("place", {"1-red", "2-red", "4-blue"}),
        ("year", {"1-red"}),
        ("trip", {"1-red"}),
    ],
)
def test_others_of_the_day_or_place_of_one(talk: Talk, same: str, expected: set[str]) -> None:
    talk.say(RED)
    place = 1 + [
        photo.path.stem for photo in talk.assistant.galleries.shown(talk.session.gallery)
    ].index("1-red")
    talk.say(Plan(Move.ORDINAL, aspect="look", numbers=(place,)))
    assert set(names(talk.say(Plan(Move.REFINE, same=same)))) == expected  # type: ignore[arg-type]


def test_of_a_photo_without_a_place_there_are_none_of_the_same(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="yellow"))
    assert "place" in talk.say(Plan(Move.REFINE, same="place")).text
    assert "date" in talk.say(Plan(Move.REFINE, same="day")).text


def test_that_is_not_handed_over_when_that_was_not_found(talk: Talk) -> None:
    shown = names(talk.say(RED))
    assert not talk.say(Plan(Move.REFINE, when=(days("1999-05-01", "1999-05-31"),))).photos
    asked = talk.say(Plan(Move.SHARE))
    assert not asked.shared
    assert "Which" in asked.text
    first = talk.say(Plan(Move.SHARE, numbers=(1,)))
    assert [one.path.stem for one in first.shared] == [shown[0]]


def test_what_is_shown_again_may_be_handed_over(talk: Talk) -> None:
    shown = names(talk.say(RED))
    oslo = Place("Oslo", "", "Norway")
    assert not talk.say(Plan(Move.REQUEST, content="blue", where=(oslo,))).photos
    assert names(talk.say(Plan(Move.BACK, content="red"))) == shown
    assert [one.path.stem for one in talk.say(Plan(Move.SHARE)).shared] == [shown[0]]


def test_what_is_to_be_shared_is_asked_for(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="blue", to_share=True))
    assert reply.photos
    assert not reply.shared
    assert "share" in reply.text


def test_what_found_nothing_does_not_stand_in_the_way(talk: Talk) -> None:
    assert not talk.say(
        Plan(Move.REQUEST, content="red", where=(Place("Oslo", "", "Norway"),))
    ).photos
    assert set(names(talk.say(Plan(Move.REFINE, content="blue")))) == {"3-blue", "4-blue"}
    assert talk.session.topic is not None
    assert talk.session.topic.words == "blue"


def test_a_place_that_is_not_wanted(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="red", not_where=(TOKYO,)))
    assert names(reply) == ["0-red"]
    assert reply.filter_words == "not Tokyo"
    assert reply.as_dict()["filter"]["not_places"][0]["city"] == "Tokyo"
    # A photo of an unknown place is not known to be from there.
    assert "5-green" in names(talk.say(Plan(Move.REQUEST, content="green", not_where=(TOKYO,))))
    both = talk.say(Plan(Move.REQUEST, where=(Place(country="Japan"),), not_where=(TOKYO,)))
    assert not both.photos


def test_a_place_that_is_wanted_again(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="red", not_where=(TOKYO,)))
    assert set(names(talk.say(Plan(Move.REFINE, where=(TOKYO,))))) == {"1-red", "2-red"}
    talk.say(Plan(Move.REQUEST, content="red", not_where=(TOKYO,)))
    everywhere = talk.assistant.without_filter(talk.session)
    assert set(names(everywhere)) == {"0-red", "1-red", "2-red"}


def test_a_month_and_a_year_said_one_after_the_other_are_one_time() -> None:
    julys = tuple(days(f"{year}-07-01", f"{year}-07-31") for year in (2025, 2024, 2020))
    year = days("2020-01-01", "2020-12-31")
    july = (days("2020-07-01", "2020-07-31"),)

    def after(first: Plan, second: Plan) -> tuple[DateRange, ...]:
        session = Session()
        session.take_up(next_topic(first, session, lambda *_: []))
        return next_topic(second, session, lambda *_: []).when

    of_july = {"when": julys[:1], "every_year": julys}
    boats = {"content": "boats"}
    assert after(Plan(Move.REQUEST, when=(year,), **boats), Plan(Move.REFINE, **of_july)) == july
    assert after(Plan(Move.REQUEST, **boats, **of_july), Plan(Move.REFINE, when=(year,))) == july
    other = days("2019-03-01", "2019-03-31")
    assert after(Plan(Move.REQUEST, when=(year,), **boats), Plan(Move.REFINE, when=(other,))) == (
        other,
    )


def test_a_season_that_was_a_word_gives_way_to_a_time() -> None:
    session = Session(topics=[Topic(content="Winter", where=(LISBON,))])
    autumn = days("2025-09-01", "2025-11-30")
    after = next_topic(Plan(Move.REFINE, when=(autumn,)), session, lambda *_: [])
    assert (after.words, after.when, after.where) == ("", (autumn,), (LISBON,))


def test_only_what_must_not_be_seen_is_enough(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, exclude="red"))
    assert reply.photos
    assert names(reply)[0] not in ("0-red", "1-red", "2-red")


def test_what_is_left_out_is_said(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="blue", exclude="my green hat"))
    assert reply.text.endswith("Without your green hat, as far as I can tell.")
    more = talk.say(Plan(Move.EXCLUDE, exclude="yellow"))
    assert "green hat or yellow" in more.text
    german = Plan(Move.REQUEST, content="blue", exclude="red", language="de")
    assert "Without" not in talk.say(german).text


def test_how_many_of_what_is_seen(talk: Talk) -> None:
    talk.say(RED)
    assert "3 photos" in talk.say(Plan(Move.QUESTION), "how many are there?").text


def test_a_time_that_is_not_wanted(talk: Talk) -> None:
    of_2020 = days("2020-01-01", "2020-12-31")
    reply = talk.say(Plan(Move.REQUEST, content="red", not_when=(of_2020,)))
    assert set(names(reply)) == {"0-red", "2-red"}
    assert reply.filter_words == "not 2020"
    # A photo of an unknown day is not known to be from then.
    yellow = talk.say(Plan(Move.REQUEST, content="yellow", not_when=(of_2020,)))
    assert names(yellow) == ["6-yellow"]
    summers = tuple(days(f"{year}-06-01", f"{year}-08-31") for year in range(2015, 2026))
    talk.say(Plan(Move.REQUEST, content="red"))
    reply = talk.say(Plan(Move.REFINE, not_when=summers))
    assert names(reply) == ["0-red"]
    assert reply.filter_words == "not summers"


def test_the_year_that_was_said_stays() -> None:
    julys, augusts = (
        tuple(days(f"{year}-{month}-01", f"{year}-{month}-31") for year in (2025, 2023))
        for month in ("07", "08")
    )
    session = Session(topics=[Topic(content="boats", when=(julys[1],))])
    august = Plan(Move.REFINE, when=augusts[:1], every_year=augusts)
    assert next_topic(august, session, lambda *_: []).when == (augusts[1],)
    # Where no year was said the latest is meant.
    session = Session(topics=[Topic(content="boats", when=julys[:1], every_year=julys)])
    assert next_topic(august, session, lambda *_: []).when == augusts[:1]


def test_so_much_older_or_newer(talk: Talk) -> None:
    may = days("2020-05-01", "2020-05-31")
    assert not talk.say(Plan(Move.REQUEST, when=(may,))).photos
    assert names(talk.say(Plan(Move.OLDER, unit="year"))) == ["0-red"]
    talk.say(Plan(Move.REQUEST, when=(may,)))
    assert names(talk.say(Plan(Move.NEWER, unit="month"))) == ["1-red"]
    assert talk.session.topic is not None
    assert talk.session.topic.when == (days("2020-06-01", "2020-06-30"),)


def test_the_one_from_a_place_is_handed_over_and_of_several_one_is_asked_for(talk: Talk) -> None:
    talk.say(RED)
    (shared,) = talk.say(Plan(Move.SHARE, where=(LISBON,))).shared
    assert shared.path.stem == "0-red"
    asked = talk.say(Plan(Move.SHARE, where=(Place(country="Japan"),)))
    assert not asked.shared
    assert "Which" in asked.text
    assert not talk.say(Plan(Move.SHARE, unclear=True)).shared


def test_the_places_of_photos(talk: Talk) -> None:
    said = talk.say(Plan(Move.QUESTION), "which places are there?").text
    assert "Lisbon" in said
    assert "Tokyo" in said
    of_2022 = Plan(Move.QUESTION, when=(days("2022-01-01", "2022-12-31"),))
    said = talk.say(of_2022, "where did we go in 2022?").text
    assert "Tokyo" in said
    assert "Lisbon" not in said


def test_several_copies_are_told_as_several(talk: Talk) -> None:
    talk.say(RED)
    assert "The copies" in talk.say(Plan(Move.SHARE, numbers=(1, 2))).text
    assert len(talk.session.shared) == 2


def test_some_of_those_shown_are_left_out(talk: Talk) -> None:
    shown = names(talk.say(RED))
    reply = talk.say(Plan(Move.REJECT, numbers=(2,)))
    assert names(reply) == [shown[0], shown[2]]
    assert shown[1] not in names(talk.say(RED))
    assert "no number 9" in talk.say(Plan(Move.REJECT, numbers=(9,))).text
    nothing_left = talk.say(Plan(Move.REJECT, numbers=(1, 2)))
    assert not set(names(nothing_left)) & set(shown)


def test_a_part_of_the_filter_is_dropped(talk: Talk) -> None:
    year = days("2019-01-01", "2019-12-31")
    talk.say(Plan(Move.REQUEST, content="red", when=(year,), where=(LISBON,)))
    reply = talk.say(Plan(Move.REFINE, wider="when"))
    assert reply.filter_words == "Lisbon"
    talk.say(Plan(Move.REQUEST, content="red", when=(year,), where=(LISBON,)))
    assert talk.say(Plan(Move.REFINE, wider="where")).filter_words == "2019"


def test_a_part_of_the_words_is_dropped(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="red on a blue"))
    talk.say(Plan(Move.REFINE, forget="blue"))
    assert talk.session.topic is not None
    assert talk.session.topic.words == "red"


def test_what_must_not_be_seen_is_not_looked_for_any_longer(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="red with a blue"))
    talk.say(Plan(Move.EXCLUDE, exclude="the blue"))
    assert talk.session.topic is not None
    assert (talk.session.topic.words, talk.session.topic.exclude) == ("red", ("the blue",))


def test_not_there_takes_the_place_away(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="red", where=(TOKYO,)))
    assert names(talk.say(Plan(Move.REFINE, not_where=(TOKYO,)))) == ["0-red"]


def test_there_is_where_the_photo_is_from(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="green"))
    assert talk.say(Plan(Move.REQUEST, content="blue", there=True)).filter_words == ""
    talk.say(Plan(Move.REQUEST, content="red", where=(TOKYO,)))
    assert names(talk.say(Plan(Move.REQUEST, content="blue", there=True))) == ["4-blue"]


def test_the_order_of_time(talk: Talk) -> None:
    assert not talk.say(Plan(Move.ORDINAL, aspect="old_first")).photos
    talk.say(RED)
    assert names(talk.say(Plan(Move.ORDINAL, aspect="new_first"))) == ["2-red", "1-red", "0-red"]
    assert names(talk.say(Plan(Move.ORDINAL, aspect="old_first"))) == ["0-red", "1-red", "2-red"]
    assert [one.path.stem for one in talk.say(Plan(Move.SHARE, numbers=(1,))).shared] == ["0-red"]


def test_all_is_forgotten(talk: Talk) -> None:
    talk.say(RED)
    talk.say(Plan(Move.REJECT, numbers=(1,)))
    assert not talk.say(Plan(Move.SMALL_TALK, aspect="restart")).photos
    assert (talk.session.topic, talk.session.gallery, talk.session.refused) == (None, [], set())
    assert len(names(talk.say(RED))) == 3


def test_the_year_and_the_place_with_the_most(talk: Talk) -> None:
    counts = Plan(Move.QUESTION)
    assert "2019 has the most: 2 photos" in talk.say(counts, "which year has the most photos?").text
    assert "Tokyo" in talk.say(counts, "what city did I take the most pictures in").text
    assert "2020" in talk.say(counts, "which year has the fewest photos").text


def test_of_a_count_the_words_are_said_once(talk: Talk) -> None:
    text = talk.say(Plan(Move.QUESTION, content="red"), "how many red ones do I have?").text
    assert text.lower().count("red") == 1


def test_after_sad_news_nothing_is_lovely(talk: Talk) -> None:
    talk.say(Plan(Move.SMALL_TALK), "our cat died on Monday")
    assert "lovely" not in talk.say(Plan(Move.SMALL_TALK), "she loved the garden so much").text


def test_of_two_requests_the_second_is_not_forgotten(talk: Talk) -> None:
    reply = talk.say(Plan(Move.REQUEST, content="red", then="something blue"))
    assert "0-red" in names(reply)
    assert "“show me something blue”" in reply.text


def test_the_year_after_is_the_whole_year(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="red", when=(days("2019-01-01", "2020-12-31"),)))
    reply = talk.say(Plan(Move.NEWER, unit="year"))
    assert reply.filter_words in ("2020", "2021")
    talk.say(RED)
    assert not talk.say(Plan(Move.NEWER, unit="day")).photos
    assert talk.session.topic is not None
    assert talk.session.topic.when == ()


def test_one_of_those_shown_by_its_place(talk: Talk) -> None:
    talk.say(RED)
    there = talk.say(Plan(Move.ORDINAL, aspect="look", where=(LISBON,)))
    assert names(there) == ["0-red"]
    assert not there.shared
    several = talk.say(Plan(Move.ORDINAL, aspect="look", where=(TOKYO,)))
    assert set(names(several)) == {"1-red", "2-red"}


def test_what_was_shared_lies_where_it_lies(talk: Talk) -> None:
    talk.say(RED)
    assert "shared" not in talk.say(Plan(Move.SMALL_TALK, aspect="unshare")).text
    talk.say(Plan(Move.SHARE, numbers=(1,)))
    assert "deleting" in talk.say(Plan(Move.SMALL_TALK, aspect="unshare")).text


def test_one_person_takes_the_place_of_another() -> None:
    assert replaced("a man with a board", "a woman", lambda *_: []) == "a woman with a board"
    assert replaced("two girls on a swing", "boys", lambda *_: []) == "two boys on a swing"


def test_what_was_turned_down_is_not_handed_over(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="green"))
    talk.say(Plan(Move.REJECT))
    talk.say(Plan(Move.REQUEST, content="blue", where=(Place("Oslo", "", "Norway"),)))
    assert talk.session.came_up_empty
    assert not talk.say(Plan(Move.ORDINAL, numbers=(1, -1))).shared


def test_one_that_is_first_and_last_is_handed_over_once(talk: Talk) -> None:
    talk.say(Plan(Move.REQUEST, content="green"))
    assert len(talk.say(Plan(Move.ORDINAL, numbers=(1, -1))).shared) == 1


def test_small_talk_stays_in_its_language(talk: Talk) -> None:
    talk.say(RED)
    for message in ("das ist super geworden, oder", "die Katze ist krank und traurig"):
        words = talk.say(Plan(Move.SMALL_TALK, language="de"), message).text
        assert words in ("Das klingt schön.", "Verstehe.", "Erzähl mehr.")
