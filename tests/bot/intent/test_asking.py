"""Words of asking taken out of messages."""

import pytest

from bot.intent.asking import content_of, take_apart

CONTENTS = (
    "a dog running in the snow",
    "two boys on a red sledge",
    "my grandmother's old stove",
    "the lighthouse at dusk",
    "A man without a shirt climbs a wall",
    "three women in saris at a market stall",
)
PHRASINGS = (
    "show me the photo of {}",
    "can you find {}",
    "do you have a picture of {}?",
    "I'm looking for the shot where {}",
    "got any of {}",
    "where is that one with {}",
    "{} please",
    "Could you please show me {}?",
    "Hi, do we have any pictures of {}",
    "would you mind showing me {}?",
    "pics of {}",
    "hey photopal, can you dig out the photo I took of {}",
    "i remember a picture of {}, do you have it?",
    "I need the photo with {} for my mum",
    "show me {}. I want to send it to Ben.",
    "Can I see the picture of {}? It's for my mum's birthday.",
)


@pytest.mark.parametrize("phrasing", PHRASINGS)
@pytest.mark.parametrize("content", CONTENTS)
def test_the_content_comes_back_exactly(phrasing: str, content: str) -> None:
    assert content_of(phrasing.format(content)) == content


@pytest.mark.parametrize(
    "text",
    [
        *CONTENTS,
        "People take pictures of a parade .",
        "A woman shows her friend a photo",
        "Young boy looks for shells",
        "Hikers find a path through the fog",
        "A child is looking at the camera",
        "",
    ],
)
def test_a_text_without_words_of_asking_is_unchanged(text: str) -> None:
    assert content_of(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Great Dane",
        "great egret",
        "first steps",
        "morning mist over the harbour",
        "evening gown",
        "well in the village square",
        "well-kept lawn",
        "right-hand drive",
        "first-class carriage",
        "hi-fi tower",
        "next to the chapel",
        "wait staff at a banquet",
        "perfect pancakes",
        "cool shades",
    ],
)
def test_names_that_begin_like_chatter_stay_whole(text: str) -> None:
    assert content_of(text) == text


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("great, the ferry", "the ferry"),
        ("Great, can you find the ferry", "the ferry"),
        ("well, a lantern", "a lantern"),
        ("next, the orchard", "the orchard"),
        ("morning! show me the orchard", "the orchard"),
        ("evening all, the ferry please", "the ferry"),
        ("ok in the orchard", "in the orchard"),
        ("hi - the ferry please", "the ferry"),
    ],
)
def test_chatter_before_a_request_goes(text: str, content: str) -> None:
    assert content_of(text) == content


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("this is what the waves were like that day", "the waves"),
        ("here's how the kitchen turned out", "the kitchen"),
        ("what did the cake look like?", "the cake"),
        ("beach photos", "beach"),
        ("any penguins?", "penguins"),
        ("pics?", ""),
        ("Look at my new bike!", "my new bike"),
    ],
)
def test_announcements_and_terse_requests(text: str, content: str) -> None:
    assert content_of(text) == content


def test_sentences_that_go_on_describing_are_kept() -> None:
    assert content_of("Find the snowman. It had a carrot nose.") == (
        "the snowman. It had a carrot nose"
    )


def test_what_was_taken_out_is_told() -> None:
    assert take_apart("find the one with the kite").names_photo
    assert take_apart("let me show you the kite").announces
    assert not take_apart("the kite got stuck").asks


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("I need a picture for my presentation on space", "space"),
        ("looking for an image for a slide about coffee", "coffee"),
        ("can I get a photo to go with my post about tea", "tea"),
        ("a picture for the invitation, something with flowers", "something with flowers"),
        ("I'm writing a blog post about owls, got anything?", "owls"),
        ("need something with a rocket for my nephew's birthday card", "a rocket"),
        ("show me a cat to put on the fridge", "a cat"),
        ("show me a ship that would work as a desktop background", "a ship"),
    ],
)
def test_what_a_photo_is_wanted_for_is_not_what_it_shows(message: str, content: str) -> None:
    assert content_of(message) == content


@pytest.mark.parametrize(
    "text",
    [
        "a woman giving a talk about rockets",
        "a girl in a red dress on a wall",
        "a boy drawing on a poster",
        "I'm making a card for grandma, it took ages",
        "the card with hearts",
    ],
)
def test_slides_and_posters_in_the_photo_stay(text: str) -> None:
    assert content_of(text) == text
    assert content_of(f"show me {text}") == text
