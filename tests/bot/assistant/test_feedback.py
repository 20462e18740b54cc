"""What a person says of photos by buttons, and what is shown next because of it."""

import pytest

from bot.assistant import Assistant, Reply, Session
from bot.intent.plan import Move, Plan
from retrieval.errors import PhotoNotFound
from tests.bot.assistant.conftest import ScriptedUnderstanding
from tests.bot.assistant.test_assistant import Talk

ANY = Plan(Move.REQUEST, content="red blue")


@pytest.fixture
def talk(assistant: Assistant, session: Session, understanding: ScriptedUnderstanding) -> Talk:
    return Talk(assistant, session, understanding)


def colours(reply: Reply) -> list[str]:
    return [photo.path.stem.split("-")[1] for photo in reply.photos]


def of_colour(reply: Reply, colour: str) -> int:
    return next(photo.photo_id for photo in reply.photos if photo.path.stem.endswith(colour))


def test_not_this_puts_the_others_like_it_last(talk: Talk) -> None:
    first = talk.say(ANY)
    assert {"red", "blue"} <= set(colours(first))
    red = of_colour(first, "red")

    then = talk.assistant.not_this(talk.session, red)

    assert red not in [photo.photo_id for photo in then.photos]
    assert colours(then)[:2] == ["blue", "blue"]
    assert talk.session.topic is not None and talk.session.topic.disliked == (red,)


def test_a_thumb_decides_what_is_shown_next_and_can_be_taken_back(talk: Talk) -> None:
    first = talk.say(ANY)
    blue = of_colour(first, "blue")
    talk.assistant.vote(talk.session, blue, "up")
    assert colours(talk.assistant.without_filter(talk.session))[:2] == ["blue", "blue"]

    talk.assistant.vote(talk.session, blue, "down")
    assert talk.session.votes == {blue: "down"}
    assert blue in talk.session.refused
    assert colours(talk.assistant.without_filter(talk.session))[:3] == ["red", "red", "red"]

    talk.assistant.vote(talk.session, blue, None)
    assert talk.session.votes == {} and not talk.session.refused
    assert talk.session.topic is not None and not talk.session.topic.judged


def test_a_shared_photo_pulls_until_something_else_is_asked_for(talk: Talk) -> None:
    first = talk.say(ANY)
    blue = of_colour(first, "blue")
    talk.assistant.share(talk.session, [blue])
    assert talk.session.topic is not None and talk.session.topic.liked == (blue,)
    assert colours(talk.assistant.without_filter(talk.session))[:2] == ["blue", "blue"]

    talk.say(Plan(Move.REQUEST, content="red"))
    assert talk.session.topic is not None and not talk.session.topic.judged


def test_what_was_said_survives_as_json(talk: Talk) -> None:
    first = talk.say(ANY)
    talk.assistant.vote(talk.session, of_colour(first, "blue"), "up")
    talk.assistant.vote(talk.session, of_colour(first, "red"), "down")

    again = Session.model_validate_json(talk.session.model_dump_json())

    assert again == talk.session
    assert again.topic is not None and again.topic.judged


def test_a_thumb_for_a_photo_that_is_not_there_is_refused(talk: Talk) -> None:
    talk.say(ANY)
    with pytest.raises(PhotoNotFound):
        talk.assistant.vote(talk.session, 999, "up")
    assert not talk.session.votes
