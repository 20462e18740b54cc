"""Replay over real libraries of painted photos and over label texts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda

from bot.conversation import Conversation, Turn
from bot.descriptors import Description, Descriptors
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.replay import Replayer, described, offers, open_gallery
from retrieval.errors import LibraryEmpty
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Searcher
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

COLOURS = ("red", "green", "blue", "yellow", "purple")


def words(conversation: Conversation) -> Description:
    """A describer that looks for what was said last."""
    return Description(descriptors=Descriptors(main_subject=conversation.turns[-1].text))


def dialogue(identifier: str, said: str, photo: str, labels: str = "") -> Dialogue:
    turns = (Turn("1", "hello"), Turn("0", said), Turn("0", "", True), Turn("1", "nice"))
    return Dialogue(
        identifier,
        turns,
        photo_url=f"https://example.org/{photo}.jpg",
        description=f"Objects in the photo: {labels}" if labels else "",
    )


@pytest.fixture
def searcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searcher]:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    encoder = ColourEncoder()
    for seed, colour in enumerate(COLOURS):
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [tmp_path / "photos"])
        yield Searcher(library, encoder)


def replayer(dialogues: list[Dialogue], searcher: Searcher | None = None) -> Replayer:
    gallery = open_gallery(searcher) if searcher else None
    return Replayer(RunnableLambda(words), ColourEncoder(), dialogues, gallery)


def test_a_hit_and_a_miss_among_photos(searcher: Searcher) -> None:
    hit, miss = dialogue("1", "a blue one", "blue"), dialogue("2", "a blue one", "red")
    found = replayer([hit, miss], searcher).outcome(hit, k=2)
    assert (found.against, found.rank, found.pool, found.hit) == ("photos", 1, 5, True)
    assert found.verdict() == "Hit: the shared photo came as number 1 of 5 photos"
    assert [one.shared for one in found.candidates] == [True, False]
    assert found.candidates[0].photo is not None
    assert found.candidates[0].photo.path.name == "blue.png"
    missed = replayer([hit, miss], searcher).outcome(miss, k=1)
    assert missed.rank is not None
    assert missed.rank > 1
    assert not missed.hit
    assert missed.verdict().startswith("Miss: the shared photo came as number")
    assert len(missed.candidates) == 1
    assert missed.shared is not None
    assert missed.shared.text == "red.png"


def test_without_photos_labels_are_ranked_and_that_is_said() -> None:
    dialogues = [
        dialogue("1", "my red hat", "a", "red"),
        dialogue("2", "my blue hat", "b", "blue"),
        dialogue("3", "the same photo again, blue", "b", "blue"),
        dialogue("4", "nothing known", "c"),
    ]
    found = replayer(dialogues).outcome(dialogues[1], k=1)
    assert (found.against, found.rank, found.pool) == ("labels", 1, 2)
    assert "there are no photos here" in found.note
    assert found.verdict() == "Hit: the shared photo's labels came as number 1 of 2 label texts"
    nothing = replayer(dialogues).outcome(dialogues[3])
    assert (nothing.against, nothing.rank, nothing.hit) == ("nothing", None, False)
    assert nothing.verdict() == "No rank: there are no photos here, and the dialogue has no labels"


def test_a_photo_that_is_missing_from_the_gallery(searcher: Searcher) -> None:
    labelled = dialogue("1", "a red one", "gone", "red")
    bare = dialogue("2", "a red one", "gone")
    asked = replayer([labelled, bare], searcher)
    found = asked.outcome(labelled)
    assert (found.against, found.rank) == ("labels", 1)
    assert found.note.startswith("the shared photo is not here")
    unlabelled = replayer([bare], searcher).outcome(bare)
    assert (unlabelled.against, unlabelled.rank) == ("photos", None)
    assert "not among the photos" in unlabelled.note
    assert unlabelled.candidates[0].text == "red.png"


def test_dialogues_that_give_nothing_to_go_by(searcher: Searcher) -> None:
    at_once = Dialogue("1", (Turn("0", "", True),), photo_url="https://example.org/red.jpg")
    empty = Dialogue("2", ())
    never = Dialogue("3", (Turn("0", "red"), Turn("1", "bye")))
    asked = replayer([at_once, empty, never], searcher)
    assert asked.outcome(at_once).note == "nothing is said before the photo"
    assert asked.outcome(empty).note == "nothing is said before the photo"
    assert asked.outcome(never).note == "no photo is shared in this dialogue"
    assert asked.outcome(never).candidates
    silent = Replayer(
        RunnableLambda(lambda _: Description(descriptors=Descriptors())), ColourEncoder(), [never]
    )
    assert silent.outcome(never).note == "the bot found nothing to look for"


def test_an_empty_library_is_no_gallery(tmp_path: Path) -> None:
    with (
        Library.open(tmp_path / "library.db", create=True) as library,
        pytest.raises(LibraryEmpty),
    ):
        open_gallery(Searcher(library, ColourEncoder()))


def test_offers_come_only_before_the_share() -> None:
    turns = (
        Turn("1", "how are you?"),
        Turn("1", "do you have a photo of your dog? show me!"),
        Turn("0", "", True),
        Turn("1", "show me another photo!"),
    )
    assert list(offers(Dialogue("1", turns))) == [1]


def test_only_fields_that_say_something_are_shown() -> None:
    description = Description(descriptors=Descriptors(main_subject="a cat", events="sleeping"))
    assert described(description) == [("main subject", "a cat"), ("events", "sleeping")]
