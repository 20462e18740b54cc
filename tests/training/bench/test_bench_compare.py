"""``photopal bench compare`` and ``check`` at the edge."""

import json
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.support.fake_encoder import ColourEncoder
from tests.training.bench.conftest import DATASET, WriteRecipes


@pytest.fixture
def arguments(encoder: ColourEncoder, data: Path, write_recipes: WriteRecipes) -> list[str]:
    recipes = write_recipes(
        plain={},
        noisy={"noise": "typing"},
        other={"dataset": {**DATASET, "query": "last"}},
    )
    return ["--recipes", str(recipes), "--data", str(data)]


def test_two_recipes(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "compare", "plain", "noisy", *arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    hit = next(one for one in found["measures"] if one["measure"] == "hit@1")
    assert (found["n"], hit["a"]) == (8, 0.75)
    assert hit["difference"] == pytest.approx(hit["a"] - hit["b"])
    assert 0 < hit["p"] <= hit["p_adjusted"] <= 1
    assert run(["bench", "compare", "plain", "noisy", *arguments]) == 0
    assert "could be luck" in capsys.readouterr().out


def test_run_files(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["bench", "run", "mine", *arguments, "--out", str(out)]) == 0
    runs = out / "runs"
    capsys.readouterr()
    both = [str(runs / "plain.run"), str(runs / "noisy.run")]
    assert run(["bench", "compare", *both, *arguments, "--json"]) == 0
    by_files = json.loads(capsys.readouterr().out)
    assert run(["bench", "compare", "plain", "noisy", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measures"] == by_files["measures"]
    # A recipe against the file of another program: what is right is the recipe's.
    foreign = tmp_path / "theirs.run"
    foreign.write_text((runs / "noisy.run").read_text())
    assert run(["bench", "compare", "plain", str(foreign), *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measures"] == by_files["measures"]


@pytest.mark.parametrize(
    ("written", "says_so"),
    [
        ("q Q0 photo 1 0.5 x\n", "belongs to another data set"),
        ("red.png Q0 photo\n", "line 1: expected"),
        ("a Q0 photo 1 much x\n", "'much' is no score"),
        ("a Q0 photo 1 nan x\n", "'nan' is no score"),
        ("", "ranks nothing"),
        (None, "no recipe"),
    ],
)
def test_run_files_that_do_not_fit(
    arguments: list[str],
    written: str | None,
    says_so: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "theirs.run"
    if written is not None:
        path.write_text(written)
    assert run(["bench", "compare", "plain", str(path), *arguments]) == 1
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "photopal:" in one]
    assert says_so in line


def test_two_data_sets_are_not_compared(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "compare", "plain", "other", *arguments]) == 1
    assert "two data sets" in capsys.readouterr().err


def test_check(
    encoder: ColourEncoder,
    data: Path,
    write_recipes: WriteRecipes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def expected(value: float) -> dict[str, object]:
        return {"value": value, "tolerance": 0.001, "source": "worked out by hand"}

    gone = {"dataset": {**DATASET, "photos": "elsewhere"}, "expected": {"hit@1": expected(0.1)}}
    recipes = write_recipes(fine={"expected": {"hit@1": expected(0.75)}}, gone=gone, unknown={})
    arguments = ["--recipes", str(recipes), "--data", str(data)]
    assert run(["bench", "check", "mine", *arguments]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("ok  fine  hit@1 0.75")
    assert said[1].startswith("not measured here  gone")
    assert len(said) == 2
    drifted = write_recipes(fine={"expected": {"hit@1": expected(0.8), "MAP": expected(0)}})
    assert run(["bench", "check", "mine", "--recipes", str(drifted), *arguments[2:]]) == 1
    assert "FAIL  fine  hit@1 0.75, expected 0.8" in capsys.readouterr().out
    assert run(["bench", "check", "fine", "--recipes", str(drifted), *arguments[2:], "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["drifted"] == 2
    nothing = write_recipes(unknown={})
    assert run(["bench", "check", "unknown", "--recipes", str(nothing), *arguments[2:]]) == 1
    assert "nothing to check" in capsys.readouterr().err
