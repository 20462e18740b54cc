"""The kept LLM answers: found again, and never used for another prompt, model or server."""

import dataclasses
import sqlite3
from pathlib import Path

import pytest

from bot.conversation import Conversation, Turn
from prompts.loader import load_prompt
from training.errors import EvaluationError
from training.evaluation.answers import Answer, AnswerCache, Tokens

TALK = Conversation((Turn("a", "look at the dog"),), owner="a")
ANSWER = Answer('Sure! {"main_subject": "a dog"}', Tokens(5))


def test_an_answer_is_found_again_after_reopening(tmp_path: Path) -> None:
    prompt = load_prompt("describe")
    cache = AnswerCache(tmp_path / "answers.db", prompt, "model", "server")
    assert cache.get(TALK) is None
    cache.put(TALK, ANSWER)
    cache.close()
    again = AnswerCache(tmp_path / "answers.db", prompt, "model", "server")
    assert again.get(TALK) == ANSWER
    assert again.known([TALK, Conversation((Turn("a", "other"),), owner="a")]) == 1
    again.close()


def test_another_prompt_version_model_or_server_is_asked_anew(tmp_path: Path) -> None:
    path, prompt = tmp_path / "answers.db", load_prompt("describe")
    cache = AnswerCache(path, prompt, "model", "server")
    cache.put(TALK, ANSWER)
    cache.close()
    newer = dataclasses.replace(prompt, version=prompt.version + 1)
    reworded = dataclasses.replace(prompt, system=prompt.system + " Be brief.")
    for key in (
        (newer, "model", "server"),
        (reworded, "model", "server"),
        (prompt, "other", "server"),
        (prompt, "model", "other"),
    ):
        other = AnswerCache(path, *key)
        assert other.get(TALK) is None
        other.close()


def test_a_file_that_is_no_cache_or_a_newer_one_is_refused(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.db"
    rubbish.write_bytes(b"not a database at all, for sure" * 100)
    with pytest.raises(EvaluationError, match="cannot be used"):
        AnswerCache(rubbish, load_prompt("describe"), "model", "server")
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(EvaluationError, match="newer"):
        AnswerCache(newer, load_prompt("describe"), "model", "server")


def test_answers_of_the_first_version_are_put_aside_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "answers.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE answer (prompt TEXT, prompt_version INTEGER, prompt_hash TEXT, "
            "model TEXT, endpoint TEXT, conversation_hash TEXT, description TEXT, "
            "input_tokens INTEGER, output_tokens INTEGER, answered_at TEXT)"
        )
        connection.execute("INSERT INTO answer (prompt, description) VALUES ('describe', '{}')")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    cache = AnswerCache(path, load_prompt("describe"), "model", "server")
    assert cache.outdated == 1
    assert cache.get(TALK) is None
    cache.put(TALK, ANSWER)
    cache.close()
    again = AnswerCache(path, load_prompt("describe"), "model", "server")
    assert (again.outdated, again.get(TALK)) == (0, ANSWER)
    again.close()
