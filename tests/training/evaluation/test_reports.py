"""The files of an evaluation: read back by trec_eval, safe to open, whole or not there."""

import json
import re
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, P, Success, nDCG
from PIL import Image

from bot.settings import Settings
from tests.support.fake_encoder import ColourEncoder
from tests.training.conftest import COLOURS, dialogue, write
from training.errors import ReportNotWritten
from training.evaluation.plan import Plan
from training.evaluation.report.html import worst
from training.evaluation.report.markdown import cell
from training.evaluation.report.write import write_file, write_reports
from training.evaluation.run import Evaluation, Host, evaluate

EVIL = '<script>alert("x")</script>'


def run(plan: Plan) -> Evaluation:
    return evaluate(plan, Settings(), Host(load_encoder=lambda name: ColourEncoder()))


@pytest.fixture
def evaluation(photos: Path, tmp_path: Path) -> Evaluation:
    """Right, wrong, tied, missing and silent dialogues."""
    entries = [dialogue(n, colour) for n, colour in enumerate(COLOURS)]
    entries.append(dialogue(20, "red", "it was blue"))
    entries.append(dialogue(21, "white", "nothing with a colour"))
    entries.append(dialogue(22, "pink", f"it was pink {EVIL}"))
    entries.append(dialogue(23, "blue", " "))
    return run(Plan((str(write(tmp_path / "a.json", entries)),), photos=photos))


@pytest.fixture
def folder(evaluation: Evaluation, tmp_path: Path) -> Path:
    write_reports(evaluation, evaluation.as_dict(), tmp_path / "out")
    return tmp_path / "out"


def test_all_files_are_there(folder: Path, evaluation: Evaluation) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "summary.json",
        "report.md",
        "report.html",
        "dialogues.jsonl",
        "qrels.txt",
        "runs",
        "hit_at_k.png",
        "ranks.png",
    }
    assert json.loads((folder / "summary.json").read_text())["n"] == 12
    for name in ("hit_at_k.png", "ranks.png"):
        with Image.open(folder / name) as picture:
            assert picture.width > 500


@pytest.mark.parametrize("system", ["owner", "dialogue", "offline", "last-4"])
def test_trec_eval_computes_the_same_numbers(
    folder: Path, evaluation: Evaluation, system: str
) -> None:
    qrels = list(ir_measures.read_trec_qrels(str(folder / "qrels.txt")))
    ranking = list(ir_measures.read_trec_run(str(folder / "runs" / f"{system}.run")))
    # Queries without a ranking count as nought, as trec_eval -c does.
    theirs = ir_measures.pytrec_eval.calc_aggregate(
        [Success @ 1, Success @ 5, RR, nDCG @ 10, P @ 5], qrels, ranking
    )
    ours = evaluation.as_dict()["systems"][system]
    assert ours["hit@1"] == pytest.approx(theirs[Success @ 1], abs=1e-6)
    assert ours["hit@5"] == pytest.approx(theirs[Success @ 5], abs=1e-6)
    assert ours["mrr"] == pytest.approx(theirs[RR], abs=1e-6)
    assert ours["ndcg@10"] == pytest.approx(theirs[nDCG @ 10], abs=1e-6)
    assert ours["precision@5"] == pytest.approx(theirs[P @ 5], abs=1e-6)


def test_one_line_a_dialogue(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "dialogues.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    first = lines[0]
    assert (first["id"], first["photo"], first["turns"]) == ("0", "red.png", 3)
    assert first["systems"]["owner"]["rank"] == 1
    assert first["systems"]["owner"]["top"][0][0] == "red.png"
    missing = next(line for line in lines if line["id"] == "22")
    assert missing["systems"]["owner"]["reason"] == "photo missing"
    assert missing["systems"]["owner"]["rank"] is None


def test_the_page_holds_everything_and_runs_nothing(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    addresses = set(re.findall(r'(?:src|href)="(.{11})', page))
    assert addresses == {"data:image/"}
    assert "default-src 'none'" in page
    assert page.count("data:image/jpeg") > 3


def test_the_worst_come_first(evaluation: Evaluation) -> None:
    misses = worst(evaluation.results[0])
    ranks = [one.rank for one in misses if one.rank is not None]
    assert ranks == sorted(ranks, reverse=True)
    assert 1 not in ranks
    assert [one.reason for one in misses[len(ranks) :]] == [
        "photo missing",
        "nothing said before the photo",
    ]


def test_tables_hold_what_they_say(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "Precision@30" in text
    assert "| photo missing | 1 |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(row.endswith("|") for row in rows)
    assert cell("a|b\nc") == "a\\|b c"


def test_labels_have_reports_too(file: Path, tmp_path: Path) -> None:
    evaluation = run(Plan((str(file),), against="labels", queries=("owner",)))
    write_reports(evaluation, evaluation.as_dict(), tmp_path / "out")
    assert (tmp_path / "out" / "runs" / "owner-both.run").is_file()
    assert "data:image/jpeg" not in (tmp_path / "out" / "report.html").read_text()


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.md"
    target.write_text("old")

    def full(source: object, destination: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("retrieval.files.os.replace", full)
    with pytest.raises(ReportNotWritten, match="No space left on device"):
        write_file(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(ReportNotWritten, match="cannot be written"):
        write_file(tmp_path / "out" / "report.md", "text")
