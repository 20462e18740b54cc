"""Messages about places that were spoken of or travelled to, and about cameras."""

import pytest

from bot.intent.cameras import camera_in
from bot.intent.plan import Move, TalkState

ASKED = TalkState(topic="ferries", asked=True, shown=3)


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ("did we take any kites there?", "kites"),
        ("markets from there too", "markets"),
        ("what else did I see there?", ""),
        ("only the ones from there", ""),
    ],
)
def test_there_is_the_place_that_was_spoken_of(plan, message: str, content: str) -> None:
    found = plan(message, ASKED)
    assert found.move.wants_photo
    assert (found.there, found.content) == (True, content)


@pytest.mark.parametrize("message", ["the goat over there", "is anybody there?", "hi there"])
def test_other_words_of_there(plan, message: str) -> None:
    assert not plan(message, ASKED).there


@pytest.mark.parametrize(
    "message",
    [
        "have we ever been to Porto?",
        "did I visit Porto?",
        "my latest trip to Porto",
        "was I in Porto",
    ],
)
def test_who_asks_about_a_journey_wants_to_see_it(plan, message: str) -> None:
    found = plan(message)
    assert (found.move, found.content) == (Move.REQUEST, "")
    assert [one.city for one in found.where] == ["Porto"]


def test_since_a_year(plan) -> None:
    for message in ("kites from 2021 onwards", "kites, 2021 and later"):
        found = plan(message)
        assert found.content == "kites"
        assert [(str(one.first), one.last) for one in found.when] == [("2021-01-01", None)]


CAMERAS = ("NIKON CORPORATION NIKON D3500", "Google Pixel 8", "Apple iPhone 13")


@pytest.mark.parametrize(
    ("text", "camera"),
    [
        ("pictures taken with my Nikon", "Nikon"),
        ("only the pixel ones", "pixel"),
        ("kites shot on the iPhone 13", "iPhone"),
    ],
)
def test_a_camera_of_the_library(text: str, camera: str) -> None:
    found = camera_in(text, CAMERAS)
    assert found is not None
    assert found.camera == camera


@pytest.mark.parametrize(
    "text", ["an apple on a plate", "my Canon photos", "with my camera", "a man with a nikon bag"]
)
def test_other_words_name_no_camera(text: str) -> None:
    found = camera_in(text, CAMERAS)
    assert found is None or text.endswith("bag")


def test_without_cameras_none_is_named() -> None:
    assert camera_in("pics from my Nikon", ()) is None
