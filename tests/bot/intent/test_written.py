"""Which words of a request are to be read in the photo, and which only look as if."""

import pytest

from bot.describe.query import request_query
from bot.intent.asking import content_of
from bot.intent.written import is_asked_for, without_quotes, written_in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a sign that says no parking", "no parking"),
        ('show me "no parking"', "no parking"),
        ("“出口”", "出口"),
        ("the sign with the words wet floor on it", "wet floor"),
        ("a cake that says 'happy birthday anna'", "happy birthday anna"),
        ("a mug with BEST DAD written on it", "BEST DAD"),
        ("a shirt with NASA on it", "NASA"),
        ("sign reading EXIT", "EXIT"),
        ("where it says closed", "closed"),
        ("a girl in a shirt that says love", "love"),
    ],
)
def test_what_surely_is_written(text: str, said: str) -> None:
    told = written_in(content_of(text))
    assert (told.said, told.certain) == (said, True)
    query = request_query(content_of(text))
    assert query.written is not None and query.written.text == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the receipt from Hornbach", "Hornbach"),
        ("the receipt from the hardware store", "hardware store"),
        ("the screenshot with the wifi password", "wifi password"),
        ("Hornbach receipt", "Hornbach"),
        ("the poster about the jazz festival", "jazz festival"),
    ],
)
def test_what_may_be_written_on_a_document(text: str, said: str) -> None:
    told = written_in(text)
    assert (told.said, told.certain) == (said, False)


@pytest.mark.parametrize(
    "text",
    [
        "a dog",
        "a woman reading a book",
        "a boy reads a book on the sofa",
        "a man says goodbye to his wife",
        "a rug with a dog on it",
        "the dog's bowl isn't here",
        "a boy with a painted face",
        "a wall with painted flowers",
        "receipt",
        "",
    ],
)
def test_what_is_a_picture_alone(text: str) -> None:
    assert written_in(text).said == ""
    assert not text or request_query(text).written is None


def test_marks_of_quotation_are_not_searched_for() -> None:
    query = request_query('a sign that says "no parking"')
    assert query.parts[0].text == "a sign that says no parking ."
    assert without_quotes("the dog's bowl") == "the dog's bowl"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("is there a receipt from hornbach?", True),
        ("where is the sign that says exit", True),
        ("do we have a photo with the words wet floor", True),
        ("is there a way to make your letters bigger", False),
        ("I need a holiday", False),
        ("the receipt was wrong, can you believe it", False),
    ],
)
def test_a_question_for_something_with_text_asks_for_photos(text: str, asked: bool) -> None:
    assert is_asked_for(text) is asked
