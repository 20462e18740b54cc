"""Text in photos in the talk: found, told, asked about; and photos like one that is shown."""

import pytest

from bot.access.facts import found_photos
from bot.access.lookup import Question, look_up
from bot.assistant import Assistant, Choices, Reply, Session
from bot.errors import QuestionUnclear
from bot.intent.plan import Move, Plan
from bot.page.gallery import gallery_props
from retrieval.errors import EmptyQuery, PhotoNotFound
from retrieval.ocr import read_texts
from retrieval.search import Filter
from tests.bot.assistant.conftest import TODAY, ScriptedUnderstanding
from tests.support.scripted_reader import ScriptedReader

CHOICES = Choices(photos=4, hints=False)
SIGN = "a sign that says no parking"
PLANS = {
    SIGN: Plan(Move.REQUEST, content=SIGN),
    "red": Plan(Move.REQUEST, content="red"),
    "what does it say?": Plan(Move.QUESTION, aspect="says"),
    "what does the ninth say?": Plan(Move.QUESTION, aspect="says", numbers=(9,), number=9),
    "more like the second": Plan(Move.REQUEST, like="one", numbers=(2,), number=2),
    "like it but blue": Plan(Move.REQUEST, "blue", like="one"),
    "similar ones": Plan(Move.REQUEST, like="all"),
    "like the ninth": Plan(Move.REQUEST, like="one", numbers=(9,), number=9),
}
HOSTILE = "<img src=x onerror=alert(1)> **NO PARKING** [x](javascript:1)"


@pytest.fixture
def ids(assistant: Assistant, understanding: ScriptedUnderstanding) -> dict[str, int]:
    """Photos by name."""
    understanding.knows(PLANS)
    library = assistant.library
    known = library.photos(library.ids_matching(Filter()).tolist()).values()
    return {photo.path.stem: photo.id for photo in known}


@pytest.fixture
def read(assistant: Assistant) -> None:
    read_texts(assistant.library, ScriptedReader({"yellow": [HOSTILE], "green": ["Pool rules"]}))


def names(reply: Reply) -> list[str]:
    return [photo.path.stem for photo in reply.photos]


def test_a_photo_is_found_by_what_it_says_and_the_answer_tells_it(
    assistant: Assistant, session: Session, ids: dict[str, int], read: None
) -> None:
    reply = assistant.respond(session, SIGN, CHOICES)
    assert names(reply)[0] == "6-yellow" and reply.sure == "fits"
    assert f"“{HOSTILE}”" in reply.text
    assert reply.as_dict()["photos"][0]["written"] == HOSTILE
    assert HOSTILE in assistant.respond(session, "what does it say?", CHOICES).text
    (card, *_) = gallery_props(reply.photos, assistant.library)["photos"]
    assert card["caption"].endswith(f"“{HOSTILE}”") and HOSTILE not in card["name"]


def test_a_plain_answer_says_nothing_of_texts(
    assistant: Assistant, session: Session, ids: dict[str, int], read: None
) -> None:
    reply = assistant.respond(session, "red", CHOICES)
    assert names(reply)[0].endswith("red") and "“" not in reply.text
    said = assistant.respond(session, "what does it say?", CHOICES).text
    assert "no text" in said or "nothing written" in said
    assert "no number 9" in assistant.respond(session, "what does the ninth say?", CHOICES).text


def test_where_no_text_was_read_the_command_is_named(
    assistant: Assistant, session: Session, ids: dict[str, int]
) -> None:
    assistant.respond(session, "red", CHOICES)
    assert "photopal index --ocr" in assistant.respond(session, "what does it say?", CHOICES).text


def test_photos_like_one_that_is_shown(
    assistant: Assistant, session: Session, ids: dict[str, int]
) -> None:
    before = assistant.respond(session, "more like the second", CHOICES)
    assert not before.photos and "number" not in before.text
    shown = names(assistant.respond(session, "red", CHOICES))
    reply = assistant.respond(session, "more like the second", CHOICES)
    assert names(reply)[0].endswith("red") and shown[1] not in names(reply)
    assistant.respond(session, "red", CHOICES)
    mixed = assistant.respond(session, "like it but blue", CHOICES)
    assert {name.split("-")[1] for name in names(mixed)} >= {"red", "blue"}
    assert mixed.mix == {"this photo": 0.35, "blue": 0.65}
    assistant.respond(session, "red", CHOICES)
    others = assistant.respond(session, "similar ones", CHOICES)
    assert others.photos and not set(names(others)) & set(shown)
    assert not assistant.respond(session, "like the ninth", CHOICES).photos


def test_a_hidden_photo_is_neither_like_others_nor_read_out(
    assistant: Assistant, session: Session, ids: dict[str, int], read: None
) -> None:
    reply = assistant.respond(session, SIGN, CHOICES)
    secret = reply.photos[0].photo_id
    assistant.set_hidden(secret, True)
    assert "gone" in assistant.respond(session, "what does it say?", CHOICES).text
    assert not assistant.respond(session, "like it but blue", CHOICES).photos
    assert secret not in [one.photo_id for one in assistant.respond(session, SIGN, CHOICES).photos]
    with pytest.raises(PhotoNotFound):
        look_up(assistant, Question(like=secret), today=TODAY)
    asked = (Question(text=SIGN, k=20), Question(like=ids["0-red"], k=20))
    for one in (*asked, Question(text=SIGN, k=20, fitting=True)):
        answer = look_up(assistant, one, today=TODAY)
        assert secret not in [photo.photo_id for photo in answer.photos]


def test_programs_ask_for_favourites_and_for_photos_like_one(
    assistant: Assistant, ids: dict[str, int], read: None
) -> None:
    def found(**asked: object) -> set[str]:
        answer = look_up(assistant, Question(**asked), today=TODAY)  # type: ignore[arg-type]
        return {photo.path.stem for photo in answer.photos}

    none = look_up(assistant, Question(favourites=True), today=TODAY)
    assert not none.photos and none.notice == "no photo of this library is marked as a favourite"
    for name in ("1-red", "3-blue"):
        assistant.set_favourite(ids[name], True)
    assert found(favourites=True) == {"1-red", "3-blue"}
    assert found(favourites=True, where="Lisbon") == {"3-blue"}
    assert found(favourites=True, text="red", k=1) == {"1-red"}
    alike = look_up(assistant, Question(like=ids["0-red"], k=2), today=TODAY)
    assert {photo.path.stem for photo in alike.photos} == {"1-red", "2-red"}
    assert found(like=ids["0-red"], favourites=True, k=1) == {"1-red"}
    with pytest.raises(EmptyQuery):
        found()
    with pytest.raises(QuestionUnclear):
        found(without="red", favourites=True)


def test_programs_get_the_text_on_one_short_line(assistant: Assistant, ids: dict[str, int]) -> None:
    lines = ["no parking " * 40, "no\nparking"]
    read_texts(assistant.library, ScriptedReader({"yellow": lines}))
    answer = look_up(assistant, Question(text=SIGN), today=TODAY)
    told = found_photos(answer.photos)[0].written
    assert told.startswith("no parking") and len(told) <= 200 and "\n" not in told
