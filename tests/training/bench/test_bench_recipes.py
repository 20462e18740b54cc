"""Files of recipes that are wrong, large or hostile: one line, with the nearest name there is."""

from pathlib import Path

import pytest
import yaml

from bot.cli.main import run
from tests.training.bench.conftest import DATASET, EMBEDDER
from training.bench.recipes import all_recipes


def said_of(path: Path, capsys: pytest.CaptureFixture[str], name: str = "one") -> str:
    """The line that a run of this file ends with."""
    assert run(["bench", "run", name, "--recipes", str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("changed", "says_so"),
    [
        ({"dataset": {**DATASET, "kind": "captoined"}}, "did you mean 'captioned'?"),
        ({"embedder": {**EMBEDDER, "kind": "encodr"}}, "did you mean 'encoder'?"),
        ({"embedder": {**EMBEDDER, "nam": "x"}}, "embedder: no field 'nam'; did you mean 'name'?"),
        ({"datasets": {}}, "no field 'datasets'; did you mean 'dataset'?"),
        ({"measures": ["hits@5"]}, "no measure 'hits@5'; did you mean 'hit@5'?"),
        ({"measures": ["hit"]}, "needs how many photos count"),
        ({"measures": []}, "measures"),
        ({"noise": "tpying"}, "noise"),
        ({"fusion": {"kind": "lat"}}, "did you mean 'late'?"),
        ({"hubness": {"bank": "x", "weigth": 1}}, "did you mean 'weight'?"),
        ({"embedders": [EMBEDDER]}, "either 'embedder' or 'embedders'"),
        ({"noise": "typing", "fusion": {"kind": "product"}}, "'noise' cannot be combined"),
        ({"expected": {"hit@1": {"value": 1, "tolerance": 0}}}, "source"),
        ({"expected": {"hti@1": {"value": 1, "tolerance": 0, "source": "x"}}}, "'hit@1'?"),
    ],
)
def test_what_nobody_knows_is_named(
    changed: dict[str, object], says_so: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    recipe = {"dataset": DATASET, "embedder": EMBEDDER, **changed}
    path.write_text(yaml.safe_dump({"recipes": {"one": recipe}}))
    line = said_of(path, capsys)
    assert line.startswith(f"photopal: {path}: recipe one: ")
    assert says_so in line


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        ("recipes: {one: " + "x" * 10_000_000, "10.0 MB"),
        ("recipes: &a [*a]", "stands for what it is part of"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "\n".join(
                f"{k}: &{k} [{','.join([f'*{p}'] * 9)}]"
                for p, k in zip("abcdefg", "bcdefgh", strict=True)
            ),
            "holds more than",
        ),
        ("[" * 5_000 + "]" * 5_000, "nested too deeply"),
        ("recipes: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("recipes: {one: {}, one: {}}", "'one' stands twice"),
        ("recipes: {one", "line 1"),
        ("just words", "is no file of recipes"),
        ("", "is no file of recipes"),
        ("recipes: {}", "recipes"),
        ("recipes: {'../up': {}}", "needs a name"),
        ("titel: x\nrecipes: {one: {}}", "did you mean 'title'?"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_files_that_are_no_recipes(
    text: str, says_so: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert says_so in said_of(path, capsys)


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such file" in said_of(tmp_path / "none.yaml", capsys)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in said_of(tmp_path / "bytes.yaml", capsys)


def test_an_unknown_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        yaml.safe_dump({"recipes": {"one": {"dataset": DATASET, "embedder": EMBEDDER}}})
    )
    assert "no recipe 'startr'; did you mean 'starter'?" in said_of(path, capsys, "startr")
    path.write_text(
        yaml.safe_dump({"recipes": {"starter": {"dataset": DATASET, "embedder": EMBEDDER}}})
    )
    assert "'starter' names something in here and in mine" in said_of(path, capsys)


def test_the_packaged_recipes_are_sound() -> None:
    assert {file.name for file in all_recipes()} >= {"here"}
