"""Which of the times and places of a dialogue are the photo's."""

from datetime import date

import pytest

from bot.conversation import Conversation, Turn
from bot.intent.dialogue_plan import DialoguePlan, plan_of
from bot.intent.not_this import exclusion, without_excluded
from bot.intent.where import KnownPlaces
from retrieval.search.filters import DateRange, Place

NOW = date(2026, 6, 10)


@pytest.fixture(scope="module")
def known() -> KnownPlaces:
    return KnownPlaces(
        {
            Place("Osaka", "Osaka", "Japan"): 40,
            Place("Naples", "Campania", "Italy"): 31,
            Place("Bergen", "Vestland", "Norway"): 8,
            Place("Melbourne", "Victoria", "Australia"): 6,
        }
    )


def plan(known: KnownPlaces, *texts: str) -> DialoguePlan:
    """The plan of turns by two people in alternation; the owner speaks last."""
    speakers = ["owner" if (len(texts) - number) % 2 else "other" for number in range(len(texts))]
    turns = tuple(Turn(who, text) for who, text in zip(speakers, texts, strict=True))
    return plan_of(Conversation(turns, owner="owner"), now=NOW, places=known)


def ranges(first: str, last: str) -> tuple[DateRange, ...]:
    return (DateRange(date.fromisoformat(first), date.fromisoformat(last)),)


@pytest.mark.parametrize(
    ("texts", "when"),
    [
        (
            ("mum wants the parrot for her calendar", "the one from May 2021, wings out? sure"),
            ranges("2021-05-01", "2021-05-31"),
        ),
        (
            ("which year did you shave your head", "2018, remember how cold it was", "show me"),
            ranges("2018-01-01", "2018-12-31"),
        ),
        (
            ("we leave next March!", "like the ferry three summers ago, all of you green"),
            ranges("2023-06-01", "2023-08-31"),
        ),
        (
            ("the goose chased him in December", "that was 2020, I took the picture running"),
            ranges("2020-12-01", "2020-12-31"),
        ),
        (
            ("we saw the gorge in 2019", "in autumn 2019 to be exact, I have the photo"),
            ranges("2019-09-01", "2019-11-30"),
        ),
    ],
)
def test_the_time_of_the_photo(
    known: KnownPlaces, texts: tuple[str, ...], when: tuple[DateRange, ...]
) -> None:
    assert plan(known, *texts).when == when


@pytest.mark.parametrize(
    "texts",
    [
        ("how was your day today", "long. the boiler broke this morning"),
        ("are you free next weekend", "no, we move house in two weeks"),
        ("she has worked there since 2015", "and still no desk of her own"),
        ("hotter than last year", "you always say that"),
        ("I'm so full", "same. that was a big turkey"),
    ],
)
def test_small_talk_sets_no_time(known: KnownPlaces, texts: tuple[str, ...]) -> None:
    assert plan(known, *texts).when == ()


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        (("the heron in Norway!", "standing on that post, yes"), Place(country="Norway")),
        (
            ("we're flying to Osaka in May", "so jealous. eat well. that waiter in Naples though"),
            Place("Naples", "", "Italy"),
        ),
        (("was that Japan?", "Osaka, behind the station"), Place("Osaka", "", "Japan")),
        (
            ("my cousin lives in Bergen now", "cold! I have one of her in Naples, in the sun"),
            Place("Naples", "", "Italy"),
        ),
    ],
)
def test_the_place_of_the_photo(known: KnownPlaces, texts: tuple[str, ...], where: Place) -> None:
    assert plan(known, *texts).where == (where,)


@pytest.mark.parametrize(
    "texts",
    [
        ("we booked tickets to Osaka", "lucky you"),
        ("I'm from Norway actually", "I can hear that"),
        ("we want to visit Japan one day", "you should"),
        ("have you been to Peru", "never"),
    ],
)
def test_plans_homes_and_places_without_photos_set_none(
    known: KnownPlaces, texts: tuple[str, ...]
) -> None:
    assert plan(known, *texts).where == ()


def test_only_what_came_after_the_last_photo_counts(known: KnownPlaces) -> None:
    turns = (
        Turn("other", "the volcano in Naples in 2019?"),
        Turn("owner", "", shares_photo=True),
        Turn("other", "and the one with the kite"),
    )
    assert plan_of(Conversation(turns, owner="owner"), now=NOW, places=known) == DialoguePlan()


def test_in_the_south_a_summer_may_be_either(known: KnownPlaces) -> None:
    found = plan(known, "that surf day in Melbourne", "summer 2022! I took a photo").when
    days = [date(2022, 7, 1), date(2022, 1, 15), date(2022, 12, 20)]
    assert all(any(day in span for span in found) for day in days)


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["not the one with the umbrella, the other one"], "the umbrella"),
        (["no, not the blurry one. the sharp one"], "blurry"),
        (["I don't mean the picture where he sleeps, but the one where he barks"], "he sleeps"),
        (["the goat on the red chair one?", "no, not that. he was on the roof"], "red chair"),
        (["hold on.. that's her on the swing, not that one"], "her on the swing"),
        (["nope, not the guy with the drum"], "guy with the drum"),
    ],
)
def test_which_one_it_is_not(texts: list[str], what: str) -> None:
    turns = [Turn("owner" if number % 2 else "other", text) for number, text in enumerate(texts)]
    assert what in exclusion(turns)


@pytest.mark.parametrize(
    "text",
    [
        "not the best idea",
        "it's not the same without you",
        "no, that's my brother in the boat",
        "she's not the first",
        "no problem, show me the one with the hat",
        "",
    ],
)
def test_other_noes_exclude_nothing(text: str) -> None:
    assert exclusion([Turn("owner", text)]) == ""


def test_an_empty_dialogue_says_nothing(known: KnownPlaces) -> None:
    assert plan_of(Conversation(()), now=NOW, places=known) == DialoguePlan()


def test_what_is_refused_is_not_said() -> None:
    turns = [
        Turn("0", "I have a few. Is it the green kayak one?"),
        Turn("1", "No, not the one with the paddle, I mean the canoe by the pier"),
    ]
    offer, answer = without_excluded(turns)
    assert "kayak" not in offer.text
    assert offer.text.startswith("I have a few.")
    assert "paddle" not in answer.text
    assert "the canoe by the pier" in answer.text


def test_turns_that_refuse_nothing_stay_as_they_are() -> None:
    turns = [Turn("0", "a dog at the lake"), Turn("1", "not the best weather, was it?")]
    assert without_excluded(turns) == turns
