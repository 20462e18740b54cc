"""AlbumChat in miniature: filters before ranking, near-duplicates, what is not there."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.settings import Settings
from retrieval.indexing import index_folders
from retrieval.library import Library
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from training.errors import EvaluationError
from training.evaluation.album import read_plans
from training.evaluation.plan import Plan
from training.evaluation.report.markdown import markdown
from training.evaluation.run import Host, evaluate

NOW = "2026-06-10"


def photo(path: Path, colour: str, day: str, seed: int) -> None:
    paint(path, colour, seed=seed)
    with Image.open(path) as picture:
        exif = picture.getexif()
        exif[0x0132] = f"{day.replace('-', ':')} 12:00:00"
        exif.get_ifd(0x8769)[0x9003] = f"{day.replace('-', ':')} 12:00:00"
        picture.save(path, exif=exif)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two red walls a year apart, one of them twice, and a blue one."""
    photo(tmp_path / "album" / "a.jpg", "red", "2021-07-01", 0)
    photo(tmp_path / "album" / "b.jpg", "red", "2022-07-01", 1)
    photo(tmp_path / "album" / "b_2.jpg", "red", "2022-07-01", 2)
    photo(tmp_path / "album" / "c.jpg", "blue", "2022-07-01", 3)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "album", target_is_directory=True)
    return link


def line(number: int, kind: str, *relevant: str, **more: Any) -> dict[str, Any]:
    turns = [[1, "do you remember?"], [0, "that red wall in July 2022"]]
    return {"id": number, "kind": kind, "now": NOW, "turns": turns, "relevant": relevant, **more}


def written(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


JULY = {"from": "2022-07-01", "to": "2022-07-31"}


def test_kinds_filters_and_refusals(album: Path, tmp_path: Path) -> None:
    file = written(
        tmp_path / "dev.jsonl",
        line(0, "when", "b.jpg", "b_2.jpg"),
        line(1, "when", "a.jpg"),
        line(2, "exclude", "c.jpg", not_this="b.jpg"),
        line(3, "no_answer"),
    )
    answers = written(
        tmp_path / "answers.jsonl",
        {"id": 0, "main_subject": "a red wall", "when": JULY, "where": None, "exclude": ""},
        {"id": 1, "main_subject": "a red wall", "when": JULY, "where": None, "exclude": ""},
        {"id": 2, "main_subject": "a blue wall", "when": None, "where": None, "exclude": "red"},
        {"id": 3, "main_subject": "red", "when": {"from": "2019-01-01", "to": "2019-12-31"}},
    )
    plan = Plan((str(file),), photos=album, answers=answers, queries=("recorded",))
    evaluation = evaluate(plan, Settings(), Host(load_encoder=lambda name: ColourEncoder()))
    found = evaluation.as_dict()
    assert (found["n"], found["pool"]) == (3, 4)
    assert found["hit@1"] == pytest.approx(2 / 3, abs=1e-5)
    # The red wall of 2021 lies outside of the days that were asked for: no rank, not a low one.
    assert found["misses_by_reason"] == {"kept out by when or where": 1}
    assert found["kinds"]["when"]["n"] == 2
    assert found["kinds"]["when"]["hit@1"] == 0.5
    assert found["kinds"]["exclude"]["above_excluded"] == 1.0
    assert found["refused"]["no_answer"] == 1.0
    assert set(found["refused"]) == {"no_answer", "answerable"}
    first = evaluation.results[0].outcomes[0]
    assert {name for name, _ in first.top} == {"b.jpg", "b_2.jpg", "c.jpg"}
    assert "By kind of request" in markdown(found)


def test_recorded_plans_of_another_shape(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", {"id": 0, "when": "last summer"})
    with pytest.raises(EvaluationError, match="line 1: expected"):
        read_plans(file)


def test_an_indexed_library_is_the_pool(album: Path, tmp_path: Path) -> None:
    encoder = ColourEncoder()
    path = tmp_path / "library.db"
    with Library.open(path, create=True) as library:
        index_folders(library, encoder, [album])
    file = written(
        tmp_path / "dev.jsonl",
        line(0, "when", "b.jpg", "b_2.jpg"),
        line(1, "exclude", "b.jpg", not_this=["c.jpg"]),
        line(2, "when", "gone.jpg"),
    )
    plan = Plan((str(file),), library=path, queries=("owner",))
    found = evaluate(plan, Settings(), Host(load_encoder=lambda name: encoder)).as_dict()
    assert (found["n"], found["pool"]) == (3, 4)
    assert found["hit@1"] == pytest.approx(2 / 3, abs=1e-5)
    assert found["misses_by_reason"] == {"photo missing": 1}
    assert found["kinds"]["exclude"]["excluded_first"] == 0.0


def test_photos_or_a_library_are_needed(tmp_path: Path) -> None:
    file = written(tmp_path / "dev.jsonl", line(0, "when", "b.jpg"))
    with pytest.raises(EvaluationError, match="--library PATH"):
        evaluate(Plan((str(file),)), Settings(), Host(load_encoder=lambda name: ColourEncoder()))
