"""Favourites as a filter of the talk; hidden photos, which no way leads to."""

from pathlib import Path

import pytest

from bot.access.lookup import Question, look_up
from bot.access.pictures import Pictures
from bot.assistant import Assistant, Choices, Reply, Session
from bot.assistant.reply import filter_as_dict
from bot.intent.plan import Move, Plan
from retrieval.errors import PhotoNotFound
from retrieval.filters import Place
from retrieval.search import Filter, Query, SearchOptions
from tests.bot.assistant.conftest import TODAY, ScriptedUnderstanding

CHOICES = Choices(photos=4, hints=False)
JAPAN = (Place(country="Japan"),)
PLANS = {
    "red": Plan(Move.REQUEST, content="red"),
    "my favourites": Plan(Move.REQUEST, favourite=True),
    "only favourites": Plan(Move.REFINE, favourite=True),
    "favourites from Japan": Plan(Move.REQUEST, favourite=True, where=JAPAN),
    "in Japan": Plan(Move.REFINE, where=JAPAN),
    "how many favourites": Plan(Move.QUESTION, favourite=True),
    "my newest favourite": Plan(Move.NEWER, favourite=True, extreme="newest"),
    "go back": Plan(Move.BACK),
}


def names(reply: Reply) -> list[str]:
    return [photo.path.stem for photo in reply.photos]


@pytest.fixture
def ids(assistant: Assistant, understanding: ScriptedUnderstanding) -> dict[str, int]:
    """Photos by name; three of them are favourites, one of these from Japan."""
    understanding.knows(PLANS)
    library = assistant.library
    known = library.photos(library.ids_matching(Filter()).tolist()).values()
    by_name = {photo.path.stem: photo.id for photo in known}
    for name in ("0-red", "1-red", "3-blue"):
        assistant.set_favourite(by_name[name], True)
    return by_name


def test_favourites_are_a_filter_like_any_other(
    assistant: Assistant, session: Session, ids: dict[str, int]
) -> None:
    reply = assistant.respond(session, "my favourites", CHOICES)
    assert set(names(reply)) == {"0-red", "1-red", "3-blue"}
    assert reply.filter_words == "favourites"
    assert (filter_as_dict(reply.filter, "") or {})["favourites"] is True
    assert "our favourites" in reply.text
    assert names(assistant.respond(session, "in Japan", CHOICES)) == ["1-red"]
    reply = assistant.respond(session, "favourites from Japan", CHOICES)
    assert names(reply) == ["1-red"]
    assert reply.filter_words == "Japan · favourites"
    assert set(names(assistant.without_filter(session, CHOICES))) - {"0-red", "1-red", "3-blue"}


def test_only_favourites_narrows_what_was_looked_for(
    assistant: Assistant, session: Session, ids: dict[str, int]
) -> None:
    assert len(names(assistant.respond(session, "red", CHOICES))) > 2
    reply = assistant.respond(session, "only favourites", CHOICES)
    assert set(names(reply)[:2]) == {"0-red", "1-red"}
    assert "2-red" not in names(reply)
    again = Session.model_validate_json(session.model_dump_json())
    assert again.topic is not None and again.topic.favourite


def test_favourites_are_counted_and_ordered(
    assistant: Assistant, session: Session, ids: dict[str, int]
) -> None:
    assert "3 photos" in assistant.respond(session, "how many favourites", CHOICES).text
    assert names(assistant.respond(session, "my newest favourite", CHOICES)) == ["1-red"]


def test_without_favourites_the_heart_is_explained(
    assistant: Assistant, session: Session, ids: dict[str, int]
) -> None:
    for photo_id in ids.values():
        assistant.set_favourite(photo_id, False)
    reply = assistant.respond(session, "my favourites", CHOICES)
    assert not reply.photos
    assert "heart" in reply.text
    assistant.set_favourite(ids["0-red"], True)
    reply = assistant.respond(Session(now=TODAY), "favourites from Japan", CHOICES)
    assert "favourites" in reply.text and "heart" not in reply.text


def test_no_way_leads_to_a_hidden_photo(
    assistant: Assistant, session: Session, ids: dict[str, int], tmp_path: Path
) -> None:
    secret = ids["1-red"]
    assert secret in [photo.photo_id for photo in assistant.respond(session, "red", CHOICES).photos]
    assistant.respond(session, "my favourites", CHOICES)
    assistant.set_hidden(secret, True)
    pictures = Pictures(assistant.library, tmp_path / "thumbnails")
    for missing in (pictures.photo, pictures.thumbnail, pictures.copy, assistant.library.photo):
        with pytest.raises(PhotoNotFound):
            missing(secret)
    found = assistant.searcher.search(Query.of("red"), SearchOptions(k=20))
    assert secret not in [hit.photo_id for hit in found.hits]
    assert secret not in [one for hit in found.hits for one in hit.similar]
    for asked in (Question(text="red", k=20), Question(where="Japan", k=20)):
        answer = look_up(assistant, asked, today=TODAY)
        assert answer.photos
        assert secret not in [photo.photo_id for photo in answer.photos]
    for said in ("red", "only favourites", "my favourites", "in Japan", "go back"):
        reply = assistant.respond(session, said, CHOICES)
        assert secret not in [photo.photo_id for photo in reply.photos], said
    assert assistant.galleries.shown([secret]) == ()
