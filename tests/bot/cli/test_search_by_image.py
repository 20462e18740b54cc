"""``search --image``, ``--minus`` and weights, from the command line."""

from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from bot.cli.terms import Term
from tests.bot.cli.conftest import Command
from tests.support.pictures import bomb, paint


@pytest.fixture
def folder(tmp_path: Path, photopal: Command) -> Path:
    for seed, colour in enumerate(("red", "green", "blue", "yellow")):
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
    photopal("index", tmp_path / "photos")
    return tmp_path / "photos"


def stems(answer: dict[str, Any]) -> list[str]:
    return [Path(hit["path"]).stem for hit in answer["results"]]


@pytest.mark.parametrize(
    ("argument", "term"),
    [
        ("2:night", Term("night", 2)),
        ("0.5:a beach at night", Term("a beach at night", 0.5)),
        ("2:été", Term("été", 2)),
        ('3:"stop"', Term('"stop"', 3)),
        ("10:30", Term("10:30")),
        ("2:1", Term("2:1")),
        ("10:am", Term("10:am")),
        ("2019:summer", Term("2019:summer")),
        ("2: night", Term("2: night")),
        ("2:", Term("2:")),
        (" 7:eleven", Term("7:eleven")),
        ("-1:night", Term("-1:night")),
        ("a train at 2:night", Term("a train at 2:night")),
    ],
)
def test_a_weight_is_read_where_it_surely_is_one(argument: str, term: Term) -> None:
    assert Term.of(argument) == term


def test_weights_decide_between_texts(photopal: Command, folder: Path) -> None:
    _, answer, _ = photopal("search", "red", "3:blue")
    assert stems(answer)[0] == "blue"
    assert answer["query"] == "red 3:blue"
    assert answer["texts"] == [{"text": "red", "weight": 1}, {"text": "blue", "weight": 3}]
    assert stems(photopal("search", "3:red", "1:blue")[1])[0] == "red"
    _, answer, _ = photopal("search", "a", "red", "door", "2:blue", "sky")
    assert [one["text"] for one in answer["texts"]] == ["a red door", "blue sky"]
    assert photopal("search", "red")[1]["images"] == []


def test_several_pictures_a_text_and_what_must_not_be_there(
    photopal: Command, folder: Path, tmp_path: Path
) -> None:
    red, blue = (paint(tmp_path / f"my {one}.png", one, seed=70) for one in ("red", "blue"))
    _, answer, _ = photopal("search", "--image", red, "--image", blue)
    assert set(stems(answer)[:2]) == {"red", "blue"}
    assert answer["images"] == [str(red), str(blue)] and answer["like"] == str(red)
    _, answer, _ = photopal("search", "--image", red, "like this but green")
    assert stems(answer)[0] == "green"
    _, answer, _ = photopal("search", "--image", red, "0.1:green")
    assert stems(answer)[0] == "red"
    _, answer, _ = photopal("search", "red blue", "--minus", "2:red", "--minus", "green")
    assert stems(answer)[0] == "blue"
    assert answer["minus"] == [{"text": "red", "weight": 2}, {"text": "green", "weight": 1}]
    _, answer, _ = photopal("search", "--image", red, "--image", blue, "--minus", "4:red")
    assert stems(answer)[0] == "blue"


def test_a_picture_of_the_library_is_not_its_own_answer(photopal: Command, folder: Path) -> None:
    _, answer, _ = photopal("search", "--image", folder / "red.png", "--image", folder / "blue.png")
    assert {"red", "blue"}.isdisjoint(stems(answer))


def test_pictures_that_cannot_be_used_are_one_line(
    photopal: Command, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "huge.png").write_bytes(bomb())
    (tmp_path / "no.jpg").write_text("no picture")
    for image, reason in (
        (tmp_path / "huge.png", "huge.png: "),
        (tmp_path / "no.jpg", "no.jpg: "),
        (tmp_path / "none.jpg", "there is no such file"),
        ("12345", "no photo 12345"),
    ):
        status, answer, said = photopal("search", "--image", folder / "red.png", "--image", image)
        assert (status, answer) == (1, {}) and reason in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--minus", "fence"],
        ["--minus", "fence", "--favourites"],
        ["a", "cat", "--minus", " "],
        ["0:cat"],
        ["cat", "--minus", "0.0:fence"],
        ["--image", "1", "-"],
        ["--image", "", "cat"],
    ],
)
def test_wrong_usage(folder: Path, arguments: list[str]) -> None:
    assert run(["search", *arguments]) == 2


def test_an_empty_text_beside_a_picture_is_none(photopal: Command, folder: Path) -> None:
    _, answer, _ = photopal("search", "--image", folder / "red.png", " ")
    assert answer["texts"] == [] and len(answer["results"]) == 3
    assert run(["search", " "]) == 1
