"""Turns, conversations, and how descriptions keep them."""

import json

import pytest

from bot.conversation import Conversation, Turn
from bot.descriptors import Description, Descriptors
from retrieval.text import MAX_TEXT_CHARS, clean_text


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        (json.loads('"a rocket \\ud83d"'), "a rocket "),
        ("\udcff a cat \ud83d\ude00", " a cat 😀"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("photo\u202egnp", "photo gnp"),
        ("two\nlines\tand tabs, 👩‍👧 and مرحبا", "two\nlines\tand tabs, 👩‍👧 and مرحبا"),
    ],
)
def test_text_is_cleaned_where_it_enters(entered: str, kept: str) -> None:
    assert clean_text(entered) == kept
    assert Turn("a", entered).text == kept
    assert Descriptors(events=entered).events == " ".join(kept.split())
    kept.encode()


def test_a_huge_text_keeps_its_beginning_and_its_end() -> None:
    text = clean_text("begin " + "x" * 1_000_000 + " end")
    assert len(text) <= MAX_TEXT_CHARS
    assert text.startswith("begin ") and text.endswith(" end")


def test_a_speaker_stays_the_owner_whatever_the_name_holds() -> None:
    name = "A\ud83d" + "b" * 1_000
    conversation = Conversation((Turn(name, "hi"), Turn("B", "hello")), name)
    assert [turn.text for turn in conversation.owners_turns] == ["hi"]


def test_a_description_is_read_as_it_was_written() -> None:
    context = Conversation((Turn("Tom", "them: two"), Turn("Ann", "three")), "Ann")
    description = Description(descriptors=Descriptors(main_subject="a cat"), context=context)
    assert Description.model_validate_json(description.model_dump_json()) == description


def test_recordings_with_a_context_in_lines_are_read() -> None:
    recorded = {"descriptors": {"main_subject": "a cat"}, "context": "me: a cat\nthem: aw\nmine"}
    context = Description.model_validate_json(json.dumps(recorded)).context
    assert context.as_lines() == "me: a cat\nthem: aw\nme: mine"
    assert not Description.model_validate({**recorded, "context": ""}).context
