"""``photopal evaluate`` at the edge: JSON, tables, files, one-line failures, exit statuses."""

import importlib.util
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.support.scripted_llm import ANSWER, says, scripted_llm
from tests.training.conftest import COLOURS, dialogue, write
from training.cli import evaluate as command

LONGEST = 200_000


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name != "PHOTOPAL_CACHE" and name.startswith(("PHOTOPAL_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    # Only so that nothing waits for torch: the encoder is the one thing that is not real here.
    monkeypatch.setattr(command, "open_encoder", lambda name: ColourEncoder())


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    for seed, colour in enumerate(COLOURS):
        paint(tmp_path / "photos" / f"{colour}.png", colour, seed=seed)
    file = write(tmp_path / "a.json", [dialogue(n, colour) for n, colour in enumerate(COLOURS)])
    return ["evaluate", str(file), "--photos", str(tmp_path / "photos")]


def test_one_json_object(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--query", "owner", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    expected = {"n", "pool", "hit@1", "hit@5", "hit@10", "hit@30", "mrr", "ci95"}
    assert expected | {"precision@30_as_published", "misses_by_reason"} <= found.keys()
    assert "systems" not in found
    assert found["hit@1"] == 1.0


def test_tables_and_files(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--out", str(tmp_path / "out"), "--only-available"]) == 0
    said = capsys.readouterr()
    assert "| owner | 8 | 100.0" in said.out
    assert "Only dialogues whose photo is there" in said.out
    assert str(tmp_path / "out") in said.err
    assert (tmp_path / "out" / "report.html").is_file()


def test_labels_and_intent(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    file = arguments[1]
    assert run(["evaluate", file, "--against", "labels", "--query", "owner", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["system"] == "owner/both"
    assert run(["evaluate", file, "--intent", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recall"] == 1.0
    assert run(["evaluate", file, "--intent", "--tune-first", "2"]) == 0
    assert "threshold chosen on 2 other dialogues" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "status", "says_so"),
    [
        (["--against", "songs"], 2, "songs"),
        (["--last", "0"], 2, "--last"),
        (["--query", "magic"], 1, "no query 'magic'"),
        (["--query", "llm"], 1, "needs an LLM"),
        (["--descriptors", "none.jsonl"], 1, "none.jsonl: No such file"),
        (["--gallery", "nowhere"], 1, "nowhere"),
    ],
)
def test_wrong_requests(
    more: list[str],
    status: int,
    says_so: str,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([*arguments, *more, "--json"]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert says_so in said.err
    assert "Traceback" not in said.err


def test_neither_photos_nor_labels(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments[:2]) == 1
    assert "--against labels" in capsys.readouterr().err


def test_a_missing_package_is_named_with_what_brings_it(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec

    def without_scipy(name: str, *more: Any) -> Any:
        return None if name == "scipy" else real(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", without_scipy)
    assert run(arguments) == 1
    assert capsys.readouterr().err == (
        "photopal: 'photopal evaluate' needs the package scipy: "
        "pip install 'photopal[train]' brings it\n"
    )


def test_ctrl_c_keeps_the_answers(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.evaluation.answers import AnswerCache

    real, kept = AnswerCache.put, []

    def put(self: AnswerCache, *more: Any) -> None:
        real(self, *more)
        kept.append(more)
        if len(kept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(AnswerCache, "put", put)
    with scripted_llm(says(json.dumps(ANSWER))) as llm:
        asked = [*arguments, "--query", "llm", "--base-url", llm.url, "--concurrency", "1"]
        assert run(asked) == 130
        assert "answers are kept" in capsys.readouterr().err
        monkeypatch.setattr(AnswerCache, "put", real)
        assert run([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["llm"]["kept_from_before"] == 2


def test_a_report_that_does_not_fit_on_the_disk(arguments: list[str], tmp_path: Path) -> None:
    """The process may write no file beyond some size: the numbers come, the report does not."""
    wanted = [*arguments, "--query", "owner", "--json", "--out", str(tmp_path / "out")]
    code = (
        "import sys; from training.cli import evaluate; from bot.cli.main import main; "
        "from tests.support.fake_encoder import ColourEncoder; "
        "evaluate.open_encoder = lambda name: ColourEncoder(); main(sys.argv[1:])"
    )
    # Photos are indexed beforehand, so that only the reports are in the way.
    assert run([*arguments, "--query", "owner"]) == 0
    done = subprocess.run(
        [sys.executable, "-c", code, *wanted],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[3],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000)),
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["hit@1"] == 1.0
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("photopal: ")]
    assert "cannot be written: File too large" in line
    assert all(path.stat().st_size < LONGEST for path in (tmp_path / "out").rglob("*"))
    assert not [path for path in (tmp_path / "out").rglob(".*") if path.is_file()]
