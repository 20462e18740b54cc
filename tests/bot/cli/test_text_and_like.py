"""``index --ocr``, ``search`` by text in photos and ``search --like``, from the command line."""

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from retrieval.library import Library
from retrieval.paths import home
from tests.bot.cli.conftest import Command
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.support.scripted_reader import ScriptedReader

TEXTS = {"green": ["WET FLOOR"], "blue": ["\x1b[2Jred alert"]}


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> ScriptedReader:
    reader = ScriptedReader(TEXTS)
    monkeypatch.setattr("retrieval.ocr.open_reader", lambda: reader)
    return reader


@pytest.fixture
def colours() -> Callable[..., ColourEncoder]:
    return partial(ColourEncoder, background=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, colour in enumerate(("red", "green", "blue")):
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
    paint(tmp_path / "photos" / "also red.png", "red", seed=9)
    return tmp_path / "photos"


def stems(answer: dict[str, Any]) -> list[str]:
    return [Path(hit["path"]).stem for hit in answer["results"]]


def test_text_is_read_when_asked_for_and_from_then_on(
    photopal: Command, folder: Path, reader: ScriptedReader
) -> None:
    assert photopal("index", folder)[1]["text"] is None
    status, answer, _ = photopal("index", "--ocr")
    assert status == 0
    assert (answer["text"]["read"], answer["text"]["with_text"]) == (4, 2)
    paint(folder / "white.png", "white")
    assert photopal("index")[1]["text"]["read"] == 1
    told = photopal("status", "--offline")[1]["text"]
    assert told == {"reading": True, "read": 5, "with_text": 2, "failed": 0, "unread": 0}
    assert photopal("index", "--no-ocr")[1]["text"] is None
    paint(folder / "black.png", "black")
    assert photopal("index")[1]["text"] is None
    assert photopal("status", "--offline")[1]["text"]["unread"] == 1
    assert len(reader.seen) == 5


def test_a_photo_is_found_by_its_text_which_is_told(
    photopal: Command, folder: Path, reader: ScriptedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    photopal("index", folder, "--ocr")
    _, answer, _ = photopal("search", "a sign that says wet floor")
    assert stems(answer)[0] == "green"
    assert answer["results"][0]["written"] == "WET FLOOR"
    assert set(stems(photopal("search", "red")[1])[:2]) == {"red", "also red"}
    run(["search", '"red alert"'])
    said = capsys.readouterr().out
    assert "“[2Jred alert”" in said.splitlines()[0] and "\x1b" not in said


def test_without_the_extra_it_is_said_and_nothing_else_fails(
    photopal: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if "rapidocr" in name else find(name)
    )
    status, answer, said = photopal("index", folder, "--ocr")
    assert (status, answer) == (1, {})
    assert "pip install 'photopal[ocr]'" in said and said.count("\n") == 1
    assert photopal("index", folder)[0] == 0
    with Library.open(home() / "library.db") as library:
        library.set_reads_text(True)
    status, answer, said = photopal("index")
    assert status == 0 and answer["text"] is None and "--no-ocr" in said


def test_photos_like_a_file_or_a_photo(photopal: Command, folder: Path, tmp_path: Path) -> None:
    photopal("index", folder)
    outside = paint(tmp_path / "mine.png", "red", seed=77)
    _, answer, _ = photopal("search", "--like", outside)
    assert set(stems(answer)[:2]) == {"red", "also red"}
    assert answer["like"] == str(outside) and answer["query"] == ""
    _, answer, _ = photopal("search", "--like", folder / "red.png")
    assert stems(answer)[0] == "also red" and "red" not in stems(answer)
    (number,) = [hit["id"] for hit in photopal("search", "blue", "-k", "1")[1]["results"]]
    _, answer, _ = photopal("search", "--like", str(number), "but green")
    assert stems(answer)[0] == "green" and "blue" not in stems(answer)


def test_favourites_with_a_text_and_without(photopal: Command, folder: Path) -> None:
    photopal("index", folder)
    assert photopal("search", "--favourites")[1]["results"] == []
    (one, other) = [hit["id"] for hit in photopal("search", "red", "-k", "2")[1]["results"]]
    with Library.open(home() / "library.db") as library:
        library.set_favourite(one, True)
        library.set_favourite(other, True)
    assert len(photopal("search", "--favourites")[1]["results"]) == 2
    assert len(photopal("search", "blue", "--favourites")[1]["results"]) == 2
    assert len(photopal("search", "--in", folder)[1]["results"]) == 4
    with Library.open(home() / "library.db") as library:
        library.set_hidden(one, True)
    assert [hit["id"] for hit in photopal("search", "--favourites")[1]["results"]] == [other]


def test_what_cannot_be_liked_is_one_line(photopal: Command, folder: Path, tmp_path: Path) -> None:
    photopal("index", folder)
    (tmp_path / "no.jpg").write_text("no picture")
    for like, reason in (
        (tmp_path / "no.jpg", "no.jpg: "),
        (tmp_path / "none.jpg", "there is no such file"),
        (folder, "a folder, not a file"),
        ("999", "no photo 999"),
        ("9" * 30, "no photo"),
    ):
        status, answer, said = photopal("search", "--like", like)
        assert (status, answer) == (1, {}) and reason in said and said.count("\n") == 1
    assert run(["search", "--like", "1", "-"]) == 2
    assert run(["search"]) == 2
    with Library.open(home() / "library.db") as library:
        library.set_hidden(1, True)
    assert photopal("search", "--like", "1")[0] == 1
