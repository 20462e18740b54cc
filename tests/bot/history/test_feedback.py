"""Feedback in the history: kept, taken back, deleted with its chat, and out of its state."""

import sqlite3
from dataclasses import replace

import pytest

from bot.assistant import Session
from bot.assistant.session import Topic
from bot.errors import ChatNotFound, FeedbackNotFound
from bot.history import History, KeptFeedback
from bot.history.feedback import Kind, query_words
from tests.bot.history.conftest import ANNA, BERT, make_chat


def liked(
    number: int, photo_id: int = 1, kind: Kind = "up", *, chat: str = ANNA, owner: str = "owner"
) -> KeptFeedback:
    return KeptFeedback(
        id=f"feedback-{number}",
        chat_id=chat,
        owner=owner,
        library="album",
        kind=kind,
        query="the cat",
        looked_for={"your words": "the cat"},
        photo_id=photo_id,
        photo_hash=f"hash-{photo_id}",
        given_at=f"2026-11-01T10:00:{number:02}.000Z",
    )


def kinds(history: History, **chosen: str) -> list[tuple[int, str]]:
    return [(one.photo_id, one.kind) for one in history.feedback(**chosen)]


def test_it_is_kept_whole_and_read_back_newest_first(history: History) -> None:
    history.begin(make_chat())
    history.give(liked(1))
    history.give(liked(2, 2, "share"))
    assert history.feedback() == [liked(2, 2, "share"), liked(1)]
    assert liked(1).is_liked and not liked(1, kind="not_this").is_liked


def test_the_newest_word_on_a_photo_holds(history: History) -> None:
    history.begin(make_chat())
    history.give(liked(1))
    history.give(liked(2, kind="share"))
    history.give(liked(3, kind="share"))
    assert [one.id for one in history.feedback()] == ["feedback-3", "feedback-1"]
    history.give(liked(4, kind="not_this"))
    assert kinds(history) == [(1, "not_this")]
    # For other words it may well fit.
    history.give(replace(liked(5), query="the dog"))
    assert kinds(history) == [(1, "up"), (1, "not_this")]
    history.take_back(ANNA, 1, ("up", "down"))
    assert kinds(history) == [(1, "not_this")]


def test_it_goes_with_its_chat_and_needs_one(history: History) -> None:
    history.begin(make_chat())
    history.begin(make_chat(BERT))
    history.give(liked(1))
    history.give(liked(2, chat=BERT))
    history.delete(ANNA)
    assert [one.chat_id for one in history.feedback()] == [BERT]
    with pytest.raises(ChatNotFound):
        history.give(liked(3))
    history.delete_all()
    assert history.feedback() == []


def test_each_sees_and_forgets_their_own(history: History) -> None:
    history.begin(make_chat(owner="anna"))
    history.begin(make_chat(BERT, owner="bert"))
    history.give(liked(1, owner="anna"))
    history.give(liked(2, chat=BERT, owner="bert"))
    assert [one.id for one in history.feedback(owner="anna")] == ["feedback-1"]
    assert [one.id for one in history.feedback(chat_id=BERT)] == ["feedback-2"]
    assert history.feedback(library="another") == []
    with pytest.raises(FeedbackNotFound):
        history.forget_feedback(["feedback-1", "feedback-2"], owner="anna")
    assert len(history.feedback()) == 2
    assert history.forget_feedback(["feedback-1"], owner="anna") == 1
    assert [one.owner for one in history.feedback()] == ["bert"]


def test_what_is_forgotten_no_longer_decides_in_its_chat(history: History) -> None:
    session = Session(topics=[Topic(content="the cat", galleries=[[1, 2]])], gallery=[1, 2])
    session.vote(1, "up")
    session.vote(2, "down")
    history.begin(make_chat(session=session.model_dump_json()))
    history.give(liked(1, 1))
    history.give(liked(2, 2, "down"))

    history.forget_feedback(["feedback-1", "feedback-2"])

    then = Session.model_validate_json(history.chat(ANNA).session)
    assert not then.votes and not then.refused
    assert then.topics[0].judged.liked == then.topics[0].judged.disliked == ()
    assert then.topics[0].galleries == [[1, 2]]


def test_what_is_forgotten_is_not_left_in_the_file(history: History) -> None:
    history.begin(make_chat())
    history.give(replace(liked(1), query="the very secret cat"))
    history.forget_feedback(["feedback-1"])
    assert b"very secret" not in history.path.read_bytes()


def test_a_history_of_the_first_version_is_brought_up_to_date(history: History) -> None:
    history.begin(make_chat())
    with sqlite3.connect(history.path) as old:
        old.execute("DROP TABLE feedback")
        old.execute("PRAGMA user_version = 1")
    with History.open(history.path) as again:
        again.give(liked(1))
        assert kinds(again) == [(1, "up")]


def test_a_talk_without_a_request_has_the_describers_words() -> None:
    described = {"main_subject": "a dog", "events": "running", "without": "people"}
    assert query_words(Topic(looked_for=described)) == "a dog, running"
    assert query_words(Topic(content="the cat", looked_for=described)) == "the cat"
    assert query_words(Topic()) == query_words(None) == ""
