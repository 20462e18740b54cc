"""Pictures as questions, photos that are like one of the library, turned down, marked or hidden."""

import pytest
from PIL import Image

from bot.assistant import Assistant, Choices, Reply, Session
from bot.assistant.pictures import asked_beside
from bot.assistant.session import packed, unpacked
from bot.intent.plan import Move, Plan
from retrieval.errors import PhotoNotFound
from retrieval.search import DateRange
from tests.bot.assistant.conftest import ScriptedUnderstanding
from tests.support.pictures import paint

CHOICES = Choices(photos=3, hints=False)


def names(reply: Reply) -> list[str]:
    return [photo.path.stem for photo in reply.photos]


@pytest.fixture
def blue(tmp_path) -> Image.Image:
    return Image.open(paint(tmp_path / "asked" / "sky.png", "blue", seed=77))


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("", ""),
        ("more like this", ""),
        ("show me more like this, please", "please"),
        ("like this but at night", "at night"),
        ("Find photos similar to this one, but only from 2019!", "from 2019"),
        ("photos like that picture without people", "without people"),
        ("what is this?", ""),
        ("more", ""),
        ("in the snow", "in the snow"),
        ("do I have anything like it but in colour", "in colour"),
    ],
)
def test_what_is_asked_beside_a_picture(message: str, rest: str) -> None:
    assert asked_beside(message) == rest


def test_a_picture_finds_photos_like_it_and_stays_out_of_the_library(
    assistant: Assistant, session: Session, blue: Image.Image
) -> None:
    before = assistant.library.counts()
    reply = assistant.respond_to_picture(session, blue, "more like this", CHOICES)
    assert {name.split("-")[1] for name in names(reply)[:2]} == {"blue"}
    assert reply.text and reply.mix == {}
    assert assistant.library.counts() == before


def test_words_beside_a_picture_are_fused_and_their_weights_told(
    assistant: Assistant, session: Session, blue: Image.Image, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows({"in red": Plan(Move.REFINE, content="red")})
    reply = assistant.respond_to_picture(session, blue, "like this but in red", CHOICES)
    assert names(reply)[0].endswith("red")
    assert reply.mix == {"picture": 0.35, "red": 0.65}
    more = assistant.weigh(session, reply.mix_key, "picture", "more", CHOICES)
    assert {name.split("-")[1] for name in names(more)} >= {"blue"}


def test_a_time_beside_a_picture_is_a_filter_and_more_goes_on(
    assistant: Assistant, session: Session, blue: Image.Image, understanding: ScriptedUnderstanding
) -> None:
    from datetime import date

    only_2019 = (DateRange(date(2019, 1, 1), date(2019, 12, 31)),)
    understanding.knows(
        {"from 2019": Plan(Move.REFINE, when=only_2019), "more": Plan(Move.MORE)},
    )
    reply = assistant.respond_to_picture(
        session, blue, "like this but from 2019", Choices(photos=1, hints=False)
    )
    assert names(reply) == ["3-blue"]
    assert reply.filter_words == "2019"
    assert names(assistant.respond(session, "more", Choices(photos=1, hints=False))) == ["0-red"]


def test_more_like_one_of_the_library_leaves_that_one_out(
    assistant: Assistant, session: Session
) -> None:
    found = assistant.respond_to_picture(session, Image.new("RGB", (64, 64), "blue"), "", CHOICES)
    first = found.photos[0].photo_id
    reply = assistant.more_like(session, first, CHOICES)
    assert first not in [photo.photo_id for photo in reply.photos]
    assert names(reply)[0].endswith("blue")
    with pytest.raises(PhotoNotFound):
        assistant.more_like(session, 9999, CHOICES)


def test_what_was_turned_down_is_replaced_and_does_not_come_back(
    assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows({"red": Plan(Move.REQUEST, content="red"), "more": Plan(Move.MORE)})
    first = assistant.respond(session, "red", CHOICES)
    refused = first.photos[0].photo_id
    reply = assistant.not_this(session, refused, CHOICES)
    assert reply.photos and refused not in [photo.photo_id for photo in reply.photos]
    again = assistant.respond(session, "red", CHOICES)
    assert refused not in [photo.photo_id for photo in again.photos]
    assert assistant.not_this(Session(), refused, CHOICES).text, "also when nothing was asked"


def test_a_hidden_photo_is_suggested_no_more(
    assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows({"yellow": Plan(Move.REQUEST, content="yellow")})
    yellow = assistant.respond(session, "yellow", CHOICES).photos[0].photo_id
    assistant.set_hidden(yellow, True)
    reply = assistant.respond(session, "yellow", CHOICES)
    assert yellow not in [photo.photo_id for photo in reply.photos]
    with pytest.raises(PhotoNotFound):
        assistant.share(session, [yellow])
    assistant.set_hidden(yellow, False)
    assert names(assistant.respond(session, "yellow", CHOICES))[0] == "6-yellow"
    assistant.set_favourite(yellow, True)
    assert assistant.library.photo(yellow).favourite


def test_the_second_is_the_second_that_is_seen(
    assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows({"red": Plan(Move.REQUEST, content="red")})
    shown = [photo.photo_id for photo in assistant.respond(session, "red", CHOICES).photos]
    assert len(shown) > 1
    assistant.order(session, shown[::-1])
    assert session.gallery == shown[::-1]
    assistant.order(session, [1, 99])
    assert session.gallery == shown[::-1], "only the same photos in another order"


def test_a_session_with_a_picture_is_stored_and_read_back(
    assistant: Assistant, session: Session, blue: Image.Image
) -> None:
    assistant.respond_to_picture(session, blue, "", CHOICES)
    again = Session.model_validate_json(session.model_dump_json())
    assert again == session
    vector = unpacked(again.topics[-1].picture)
    assert abs(float(vector @ unpacked(packed(vector))) - 1) < 1e-5


def test_parts_can_count_more_or_be_left_out(
    assistant: Assistant, session: Session, blue: Image.Image, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows({"in red": Plan(Move.REFINE, content="red")})
    key = assistant.respond_to_picture(session, blue, "like this but in red", CHOICES).mix_key
    more = assistant.weigh(session, key, "words", "more", CHOICES)
    assert more.mix == {"picture": 0.15, "red": 0.85}
    assert names(more)[0].endswith("red")
    session = Session.model_validate_json(session.model_dump_json())
    for _ in range(3):
        more = assistant.weigh(session, key, "words", "more", CHOICES)
    assert more.mix == {"picture": 0.1, "red": 0.9}
    more = assistant.weigh(session, more.mix_key, "picture", "more", CHOICES)
    assert more.mix == {"picture": 0.3, "red": 0.7}

    alone = assistant.weigh(session, key, "words", "drop", CHOICES)
    assert alone.mix == {} and names(alone)[0].endswith("blue")
    words = assistant.weigh(session, key, "picture", "drop", CHOICES)
    assert words.mix == {} and {name.split("-")[1] for name in names(words)} == {"red"}


def test_what_is_too_far_back_cannot_be_weighed(assistant: Assistant, session: Session) -> None:
    reply = assistant.weigh(session, "0123456789ab", "words", "more", CHOICES)
    assert not reply.photos and "once more" in reply.text


def test_more_like_a_photo_of_the_library_takes_words_too(
    assistant: Assistant, session: Session, understanding: ScriptedUnderstanding
) -> None:
    understanding.knows(
        {"yellow": Plan(Move.REQUEST, content="yellow"), "in red": Plan(Move.REFINE, content="red")}
    )
    yellow = assistant.respond(session, "yellow", CHOICES).photos[0].photo_id
    reply = assistant.more_like(session, yellow, CHOICES)
    assert (reply.mix, reply.mix_key) == ({"this photo": 1.0}, "")
    reply = assistant.respond(session, "in red", CHOICES)
    assert reply.mix == {"this photo": 0.35, "red": 0.65}
    reply = assistant.weigh(session, reply.mix_key, "words", "more", CHOICES)
    assert yellow not in [photo.photo_id for photo in reply.photos]
