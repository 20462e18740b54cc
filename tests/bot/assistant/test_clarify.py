"""The question that tells photos apart: when it is asked, what it offers, what an answer brings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from langchain_core.runnables import RunnableLambda

from bot.assistant import Assistant, Choices, Session
from bot.assistant.clarify import (
    Answer,
    Question,
    best_question,
    dates_of_season,
    narrowing,
)
from bot.describe.rules import RuleDescriber
from bot.intent.plan import Move, Plan
from bot.suggest import Suggester
from retrieval import Library, Searcher, index_folders
from retrieval.library import Photo
from retrieval.search import DateRange, Filter, Place
from tests.bot.assistant.conftest import ScriptedUnderstanding, save_album
from tests.bot.assistant.test_assistant import Talk
from tests.support.fake_encoder import ColourEncoder

ASKING = Choices(photos=3, hints=False, clarify=True)
RED = Plan(Move.REQUEST, content="red")
LISBON, TOKYO, PARIS = (38.72, -9.14), (35.68, 139.69), (48.86, 2.35)
PORTUGAL, JAPAN = Place(city="Lisbon", country="Portugal"), Place(city="Tokyo", country="Japan")


def photo(number: int, place: Place | None = None, day: str | None = None) -> Photo:
    return Photo(
        id=number,
        path=Path(f"{number}.jpg"),
        content_hash="",
        size=1,
        mtime_ns=1,
        width=1,
        height=1,
        taken_at=day,
        camera=None,
        latitude=None,
        longitude=None,
        status="present",
        reason=None,
        indexed_at="",
        taken_on=date.fromisoformat(day) if day else None,
        place=place,
    )


def evenly(count: int) -> np.ndarray:
    return np.full(count, 1 / count)


# -- which question ---------------------------------------------------------------------------


def test_many_alike_of_two_places_are_told_apart_by_the_place() -> None:
    photos = [photo(n, (PORTUGAL, JAPAN)[n % 2]) for n in range(10)]
    question = best_question(photos, evenly(10), 3, Filter())
    assert question is not None and question.facet == "place"
    assert [one.label for one in question.answers] == ["Portugal", "Japan"]
    assert question.answers[1].where == (Place(country="Japan"),)


def test_within_a_country_the_city_is_asked() -> None:
    kyoto = replace(JAPAN, city="Kyoto")
    photos = [photo(n, (JAPAN, kyoto)[n % 2]) for n in range(10)]
    question = best_question(photos, evenly(10), 3, Filter(places=(Place(country="Japan"),)))
    assert question is not None
    assert [one.label for one in question.answers] == ["Tokyo", "Kyoto"]


def test_nothing_is_asked_where_one_photo_is_clearly_best() -> None:
    photos = [photo(n, (PORTUGAL, JAPAN)[n % 2]) for n in range(10)]
    chances = np.array([0.82, *[0.02] * 9])
    assert best_question(photos, chances, 3, Filter()) is None


def test_nothing_is_asked_that_was_said_or_is_not_known() -> None:
    placed = [photo(n, (PORTUGAL, JAPAN)[n % 2]) for n in range(10)]
    assert best_question(placed, evenly(10), 3, Filter(places=(JAPAN,))) is None
    assert best_question([photo(n) for n in range(10)], evenly(10), 3, Filter()) is None
    assert best_question([photo(n, JAPAN) for n in range(10)], evenly(10), 3, Filter()) is None


def test_years_come_before_seasons_where_they_tell_more_and_at_most_four_are_offered() -> None:
    years = [photo(n, day=f"20{10 + n % 6}-07-01") for n in range(24)]
    question = best_question(years, evenly(24), 3, Filter())
    assert question is not None and question.facet == "year" and len(question.answers) == 4
    months = [photo(n, day=f"2020-{1 + 3 * (n % 4):02}-15") for n in range(24)]
    question = best_question(months, evenly(24), 3, Filter())
    assert question is not None and question.facet == "season"
    assert {one.label for one in question.answers} == {"Winter", "Spring", "Summer", "Autumn"}


def test_a_season_is_that_of_every_year() -> None:
    first, last = date(2019, 1, 10), date(2020, 12, 24)
    winters = dates_of_season("Winter", first, last)
    assert [(one.first, one.last) for one in winters] == [
        (date(2018, 12, 1), date(2019, 2, 28)),
        (date(2019, 12, 1), date(2020, 2, 29)),
        (date(2020, 12, 1), date(2021, 2, 28)),
    ]
    assert narrowing(Answer(label="Summer"), first, last).when == (
        DateRange(date(2019, 6, 1), date(2019, 8, 31)),
        DateRange(date(2020, 6, 1), date(2020, 8, 31)),
    )
    assert narrowing(Answer(label="Summer"), None, None).when == ()
    year = Answer(label="2020", when=(DateRange(date(2020, 1, 1), date(2020, 12, 31)),))
    assert narrowing(year, first, last) == year


# -- in a talk --------------------------------------------------------------------------------


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: Session) -> Iterator[Talk]:
    """Over twelve red photos of three places that look much alike."""
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    places = (LISBON, TOKYO, PARIS)
    album = [("red", f"2019-05-{n + 1:02}", places[n % 3]) for n in range(12)]
    save_album(tmp_path / "album", album)
    encoder, understanding = ColourEncoder(background=True), ScriptedUnderstanding()
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [tmp_path / "album"])
        searcher = Searcher(library, encoder, duplicate_cosine=1.1)
        suggester = Suggester(searcher, RunnableLambda(RuleDescriber().describe))
        assistant = Assistant(
            suggester,
            searcher,
            understanding,  # type: ignore[arg-type]
            tmp_path / "shared",
        )
        yield Talk(assistant, session, understanding)


def test_an_answer_narrows_the_photos_and_nothing_is_asked_right_after(talk: Talk) -> None:
    reply = talk.say(RED, choices=ASKING)
    assert len(reply.photos) == 3, "the question stands beside photos"
    question = reply.question
    assert question is not None and question.facet == "place"
    again = Session.model_validate_json(talk.session.model_dump_json())
    assert again.question == question

    number = [one.label for one in question.answers].index("Japan")
    narrowed = talk.assistant.answer(talk.session, question.id, number, ASKING)
    assert {photo.place for photo in narrowed.photos} == {"Tokyo, Japan"}
    assert narrowed.filter_words == "Japan"
    assert narrowed.question is None

    late = talk.assistant.answer(talk.session, question.id, number, ASKING)
    assert not late.photos and "earlier photos" in late.text


def test_it_need_not_be_answered_and_is_not_asked_twice_in_a_row(talk: Talk) -> None:
    assert talk.say(RED, choices=ASKING).question is not None
    assert talk.say(RED, choices=ASKING).question is None
    assert talk.say(RED, choices=ASKING).question is not None


def test_it_is_off_unless_a_front_end_shows_it(talk: Talk) -> None:
    assert talk.say(RED).question is None
    assert talk.say(Plan(Move.MORE), choices=ASKING).question is None
    assert Choices.of({"clarify": True}, Choices(), llm=False).clarify
    assert not Choices.of({"clarify": "yes"}, Choices(), llm=False).clarify


@pytest.mark.parametrize(("question_id", "number"), [("another", 0), ("", -1), (None, 99)])
def test_an_answer_that_was_not_offered_changes_nothing(
    talk: Talk, question_id: str | None, number: int
) -> None:
    question = talk.say(RED, choices=ASKING).question
    assert isinstance(question, Question)
    topic = talk.session.topic
    identifier = question.id if question_id is None else question_id
    assert not talk.assistant.answer(talk.session, identifier, number, ASKING).photos
    assert talk.session.topic is topic
