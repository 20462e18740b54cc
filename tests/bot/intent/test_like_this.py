"""Photos like those shown: which one is meant, and what is asked for besides."""

import pytest

from bot.intent.like_this import Alike, split_alike


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("more like the second one", Alike("one", (2,))),
        ("show me photos similar to the first one", Alike("one", (1,))),
        ("more like number 3", Alike("one", (3,))),
        ("photos that look like the last", Alike("one", (-1,))),
        ("like the third but at night", Alike("one", (3,), "at night")),
        ("something similar to this", Alike("one")),
        ("do you have something similar but in colour", Alike("one", (), "in colour")),
        ("anything like that one but with a dog", Alike("one", (), "with a dog")),
        ("similar ones but in winter", Alike("all", (), "in winter")),
        ("more like these, but from 2019", Alike("all", (), "from 2019")),
    ],
)
def test_photos_like_those_shown(text: str, alike: Alike) -> None:
    assert split_alike(text, shown=6) == alike
    assert split_alike(text, shown=0) is None


@pytest.mark.parametrize(
    "text",
    [
        "more like this",
        "more like these",
        "similar ones",
        "I like the second one",
        "I'd like the second one",
        "a dog like a wolf",
        "send me the one like yesterday",
        "like",
    ],
)
def test_other_messages_stay_what_they_are(text: str) -> None:
    assert split_alike(text, shown=6) is None
