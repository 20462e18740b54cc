"""The photo search as a LangChain tool."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from PIL import Image
from pydantic import ValidationError

from bot.tool import photo_search_tool
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchResult
from tests.support.fake_encoder import COLOURS, ColourEncoder


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[BaseTool]:
    """The tool over one plain picture of each colour."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.png")
    encoder = ColourEncoder()
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [folder])
        yield photo_search_tool(Searcher(library, encoder))


def call(**arguments: object) -> dict[str, object]:
    """A tool call as a model makes it."""
    return {"name": "photo_search", "args": arguments, "id": "1", "type": "tool_call"}


def test_the_schema_is_typed_and_bounded(tool: BaseTool) -> None:
    assert isinstance(tool, BaseTool)
    properties = tool.tool_call_schema.model_json_schema()["properties"]
    assert {"text", "k", "main_subject", "background_scene"} <= set(properties)
    assert properties["k"]["maximum"] == 30
    assert properties["text"]["maxLength"] == 1_000
    assert all(entry.get("description") for entry in properties.values())


def test_text_finds_photos_with_scores(tool: BaseTool) -> None:
    message = tool.invoke(call(text="something blue", k=2))
    assert isinstance(message, ToolMessage)
    assert [photo["rank"] for photo in message.artifact] == [1, 2]
    best = message.artifact[0]
    assert Path(best["path"]).name == "blue.png"
    assert best["score"] > message.artifact[1]["score"]
    assert json.loads(json.dumps(message.artifact)) == message.artifact
    assert best["path"] in message.content
    assert len(message.content.splitlines()) == 2


def test_descriptors_find_photos_too(tool: BaseTool) -> None:
    message = tool.invoke(call(main_subject="a red car", k=1))
    assert Path(message.artifact[0]["path"]).name == "red.png"
    message = tool.invoke(call(materials_and_attributes="green", text="green", k=1))
    assert Path(message.artifact[0]["path"]).name == "green.png"


def test_without_a_call_the_content_comes_alone(tool: BaseTool) -> None:
    assert "yellow.png" in tool.invoke({"text": "yellow", "k": 1})
    assert "yellow.png" in asyncio.run(tool.ainvoke({"text": "yellow", "k": 1}))


def test_nothing_asked_is_answered_with_what_to_do(tool: BaseTool) -> None:
    message = tool.invoke(call(text="   "))
    assert message.artifact == []
    assert "give 'text'" in message.content


@pytest.mark.parametrize("arguments", [{"text": "x" * 2_000}, {"k": 0}, {"k": "many"}])
def test_wrong_arguments_are_refused(tool: BaseTool, arguments: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        tool.invoke(arguments)


def test_an_empty_library_is_told_to_the_model(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.db", create=True) as library:
        tool = photo_search_tool(Searcher(library, ColourEncoder()))
        message = tool.invoke(call(text="red"))
    assert message.artifact == []
    assert message.content.startswith("The search failed: ")


class _Asked:
    """Notes the query instead of searching."""

    encoder = ColourEncoder()

    def __init__(self) -> None:
        self.query: Query | None = None

    def search(self, query: Query, *args: object, **options: object) -> SearchResult:
        self.query = query
        return SearchResult((), 0, 0.0, True)


def asked(**arguments: object) -> dict[str, float]:
    """The texts that a call searches for, and their weights."""
    searcher = _Asked()
    photo_search_tool(searcher).invoke(call(**arguments))
    return {part.text: part.weight for part in searcher.query.parts} if searcher.query else {}


def test_text_and_descriptors_weigh_the_same() -> None:
    parts = asked(text="my red car", main_subject="a car", background_scene="a beach")
    assert parts.pop("my red car") == pytest.approx(sum(parts.values()))
    assert {"a car", "a beach"} <= set(parts)


def test_a_text_is_searched_whole_whatever_it_begins_with() -> None:
    assert "them: two dogs" in asked(text="them: two dogs", main_subject="a dog")
    assert "me: two dogs" in asked(text="me: two dogs")


def test_half_an_emoji_ends_nothing(tool: BaseTool) -> None:
    message = tool.invoke(call(text="red \ud83d", events="green\udcff", k=1))
    assert len(message.artifact) == 1
