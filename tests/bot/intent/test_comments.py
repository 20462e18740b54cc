"""What is said beside the photo."""

import pytest

from bot.intent.comments import split_comment


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("the garden swing before the storm, might repair it", "the garden swing before the storm"),
        ("a badger in the bin lol", "a badger in the bin"),
        ("Pancakes! The whole stack, look how high", "Pancakes! The whole stack"),
        ("my library card, quick, we're at the desk", "my library card"),
        ("the twins in the mud. they love it", "the twins in the mud"),
        ("the dent in the door, the insurance wants it", "the dent in the door"),
        ("Nina's drawing of a crab, she was six", "Nina's drawing of a crab"),
    ],
)
def test_comments_are_taken_off_the_end(text: str, content: str) -> None:
    assert split_comment(text).content == content


@pytest.mark.parametrize(
    "text",
    [
        "the dog on the beach, he has a red ball",
        "two men at a table, they are wearing hats",
        "a girl, a boy and two horses",
        "Hi, I'm looking for a picture of the dog",
        "what was that cheese again, I took a picture of the label",
        "haha",
        "",
    ],
)
def test_what_describes_or_asks_stays(text: str) -> None:
    assert split_comment(text).content == text
