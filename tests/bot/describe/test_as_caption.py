"""Bare words as a caption says them."""

import pytest

from bot.describe.query import as_caption


@pytest.mark.parametrize(
    ("words", "caption"),
    [
        ("boys", "a boy"),
        ("street", "a street"),
        ("owl", "an owl"),
        ("race cars", "a race car"),
        ("puppies", "a puppy"),
        ("benches", "a bench"),
        ("grass", "a grass"),
        ("the dog", "a dog"),
        ("my black dog", "a black dog"),
        ("those horses", "a horse"),
        ("our dog at the beach", ""),
        ("two dogs", ""),
        ("a dog in the snow", ""),
        ("", ""),
        ("猫", ""),
    ],
)
def test_one_or_two_bare_words_get_an_article(words: str, caption: str) -> None:
    assert as_caption(words) == caption
