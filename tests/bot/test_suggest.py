"""From a conversation to real photos in a real library."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda
from PIL import Image

from bot.conversation import Conversation, Turn
from bot.descriptors import Description, Descriptors
from bot.errors import EmptyDialogue
from bot.suggest import GALLERY, Suggester, suggestion_chain
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Searcher, SearchOptions
from tests.support.fake_encoder import COLOURS, ColourEncoder


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    """A library with one plain picture of each colour."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.png")
    encoder = ColourEncoder()
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [folder])
        yield Searcher(library, encoder)


def last_word(conversation: Conversation) -> Description:
    """Looks for a picture of the last word's colour."""
    word = conversation.turns[-1].text.split()[-1]
    return Description(descriptors=Descriptors(main_subject=word), share=True, confidence=1)


def talk(*texts: str) -> Conversation:
    """The user says this."""
    return Conversation(tuple(Turn("user", text) for text in texts))


def test_the_photo_that_fits_is_first(searcher: Searcher) -> None:
    suggester = Suggester(searcher, RunnableLambda(last_word))
    suggestion = suggester.suggest(talk("hi", "look, my car is red"), SearchOptions(3))
    assert suggestion.result.hits[0].path.name == "red.png"
    assert [hit.rank for hit in suggestion.result.hits] == [1, 2, 3]
    assert suggestion.description.descriptors.main_subject == "red"
    assert suggestion.query is not None
    assert set(suggestion.seconds) == {"describe", "search"}
    assert all(seconds >= 0 for seconds in suggestion.seconds.values())


def test_every_way_to_run_the_chain(searcher: Searcher) -> None:
    chain = suggestion_chain(Suggester(searcher, RunnableLambda(last_word)), replace(GALLERY, k=1))
    first = RunnableLambda(lambda suggestion: suggestion.result.hits[0].path.stem)

    async def streamed() -> list[str]:
        return [piece async for piece in (chain | first).astream(talk("it is green"))]

    assert (chain | first).invoke(talk("it is blue")) == "blue"
    assert asyncio.run((chain | first).ainvoke(talk("it is purple"))) == "purple"
    assert (chain | first).batch([talk("red"), talk("orange")]) == ["red", "orange"]
    assert list((chain | first).stream(talk("it is yellow"))) == ["yellow"]
    assert asyncio.run(streamed()) == ["green"]
    assert asyncio.run((chain | first).abatch([talk("red"), talk("blue")])) == ["red", "blue"]


def test_nothing_to_look_for_is_no_failure(searcher: Searcher) -> None:
    nothing = RunnableLambda(lambda conversation: Description(descriptors=Descriptors()))
    suggestion = Suggester(searcher, nothing).suggest(talk("😀😀😀"))
    assert suggestion.result.nothing_fits
    assert suggestion.result.hits == ()
    assert suggestion.query is None


@pytest.mark.parametrize("conversation", [Conversation(), talk(""), talk("  ", "\n")])
def test_an_empty_dialogue_is_told(searcher: Searcher, conversation: Conversation) -> None:
    suggester = Suggester(searcher, RunnableLambda(last_word))
    with pytest.raises(EmptyDialogue, match="say something"):
        suggester.suggest(conversation)
    with pytest.raises(EmptyDialogue):
        asyncio.run(suggester.asuggest(conversation))


def test_looking_only_when_a_photo_is_wanted(searcher: Searcher) -> None:
    suggester = Suggester(searcher, RunnableLambda(last_word))
    description = suggester.describe(talk("it is black"))
    assert description.share
    result, query = suggester.find(description, replace(GALLERY, k=1))
    assert result.hits[0].path.name == "black.png"
    assert query is not None
