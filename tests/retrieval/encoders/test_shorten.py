"""Texts shortened by meaning: what goes first, what stays whole, and that it always ends."""

import pytest

from retrieval.encoders.shorten import phrases, shorten_fields, shorten_text


def words(text: str) -> int:
    return len(text.split())


def letters_and_ends(text: str) -> int:
    """A tokenizer of the worst kind: a token for each letter, two more around the text."""
    return len(text) + 2


FIELDS = [
    ("subject", "a brown dog, its tongue out"),
    ("objects", "a red ball"),
    ("scene", "a wide beach, low tide"),
]


def test_all_fields_stay_when_they_fit() -> None:
    whole = "a brown dog, its tongue out, a red ball, a wide beach, low tide"
    assert shorten_fields(FIELDS, 14, words) == whole


def test_the_last_phrase_of_the_last_field_goes_first() -> None:
    shorter = "a brown dog, its tongue out, a red ball, a wide beach"
    assert shorten_fields(FIELDS, 13, words) == shorter
    assert shorten_fields(FIELDS, 11, words) == "a brown dog, its tongue out, a red ball"
    assert shorten_fields(FIELDS, 6, words) == "a brown dog, its tongue out"


@pytest.mark.parametrize("room", range(3, 15))
def test_no_phrase_is_ever_cut_while_the_first_one_fits(room: int) -> None:
    kept = phrases(shorten_fields(FIELDS, room, words))
    every = [phrase for _, text in FIELDS for phrase in phrases(text)]
    assert kept == every[: len(kept)]
    assert words(", ".join(every[: len(kept) + 1])) > room or kept == every


def test_the_first_phrase_loses_words_only_as_the_last_resort() -> None:
    assert shorten_fields([("subject", "a very long red kite, sky")], 3, words) == "a very long"


def test_empty_fields_make_an_empty_text() -> None:
    assert shorten_fields([], 10, words) == ""
    assert shorten_fields([("subject", " , ;"), ("scene", "")], 10, words) == ""


def test_a_text_that_fits_is_left_alone_with_its_punctuation() -> None:
    text = "Look! A cat; on a chair, asleep."
    assert shorten_text(text, 10, words) == text


def test_a_text_that_is_too_long_ends_at_a_phrase() -> None:
    text = "We saw a cat. It slept on a chair, in the sun. Then it left."
    assert shorten_text(text, 10, words) == "We saw a cat, It slept on a chair"


def test_a_word_without_end_is_cut_by_letters() -> None:
    assert shorten_text("東" * 500, 10, letters_and_ends) == "東" * 8


def test_a_decimal_point_ends_no_phrase() -> None:
    assert phrases("a 3.5 inch disk. on a desk") == ["a 3.5 inch disk", "on a desk"]


@pytest.mark.parametrize("unit", ["word ", "word, ", "x", "🐱", "\n", "a" * 5000 + " "])
def test_a_huge_text_is_not_counted_again_and_again(unit: str) -> None:
    huge = unit * (1_000_000 // len(unit))
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return letters_and_ends(text)

    assert letters_and_ends(shorten_text(huge, 77, count)) <= 77
    # Once as a whole, at most; then only what could fit.
    assert sum(counted) < 1.1 * len(huge)
