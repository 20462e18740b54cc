"""Which files the page may replay: those named at its start, by number, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from langchain_core.runnables import RunnableLambda

from bot.descriptors import Description, Descriptors
from bot.errors import DialogueUnreadable
from bot.page.replay_files import OPENING_CHARS, ReplayFiles, listing, replay_files
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Searcher
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


def written(path: Path, *messages: str) -> Path:
    turns = [{"message": text, "user_id": 0, "share_photo": False} for text in messages]
    turns.append({"message": "", "user_id": 0, "share_photo": True})
    entry = {"dialogue": turns, "dialogue_id": 5, "photo_url": "https://example.org/red.jpg"}
    path.write_text(json.dumps([entry]))
    return path


@pytest.fixture
def searcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searcher]:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    encoder = ColourEncoder()
    for seed, colour in enumerate(("red", "blue")):
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [tmp_path / "photos"])
        yield Searcher(library, encoder)


def offered(searcher: Searcher, *files: Path) -> ReplayFiles:
    red = Description(descriptors=Descriptors(main_subject="red"))
    suggester = SimpleNamespace(describer=RunnableLambda(lambda _: red))
    return ReplayFiles(files, cast(Any, suggester), searcher)


def test_a_folder_offers_its_json_files_and_a_file_itself(tmp_path: Path) -> None:
    one, two = written(tmp_path / "b.json", "hi"), written(tmp_path / "a.json", "hi")
    (tmp_path / "notes.txt").write_text("no")
    assert replay_files(tmp_path) == [two, one]
    assert replay_files(one) == [one]
    for missing in (tmp_path / "none.json", tmp_path / "none"):
        with pytest.raises(DialogueUnreadable, match="no dialogue file"):
            replay_files(missing)


def test_files_are_opened_by_number_and_listed_without_their_folder(
    tmp_path: Path, searcher: Searcher
) -> None:
    files = offered(searcher, written(tmp_path / "a.json", "x", "y" * 200))
    assert files.names == ["a.json"]
    opened = files.open(0)
    assert files.open(0) is opened, "read once"
    assert opened.replayer.outcome(opened.dialogues.find("5")).rank == 1
    shown = listing(opened)
    assert str(tmp_path) not in json.dumps(shown)
    (row,) = shown["dialogues"]
    assert (row["id"], row["turns"], row["share"], shown["more"]) == ("5", 3, 3, 0)
    assert len(row["opening"]) == OPENING_CHARS


@pytest.mark.parametrize("number", [1, -1, True, 0.0, "0", "../a.json", None, [0], 10**30])
def test_whatever_else_a_browser_sends_opens_nothing(
    tmp_path: Path, searcher: Searcher, number: object
) -> None:
    files = offered(searcher, written(tmp_path / "a.json", "hi"))
    with pytest.raises(DialogueUnreadable, match="no such file"):
        files.open(number)


def test_an_error_names_the_file_and_not_its_folder(tmp_path: Path, searcher: Searcher) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('[{"dialogue": [')
    with pytest.raises(DialogueUnreadable, match=r"^broken\.json is not valid JSON") as caught:
        offered(searcher, broken).open(0)
    assert str(tmp_path) not in str(caught.value)
