"""The ablation: every row with every seed, and a table that adds up."""

import json
from pathlib import Path

import pytest

from tests.support.pictures import paint
from tests.support.tiny_checkpoints import make_clip
from training.ablation import BEFORE, REFERENCE, VARIANTS, ablate, main, markdown, summarise
from training.fine_tuning.config import TrainConfig
from training.fine_tuning.result import TrainResult

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "black")


def metrics(hit: float) -> dict[str, float]:
    return {"hit@1": hit, "hit@10": hit, "hit@30": hit, "mrr": hit}


def test_mean_spread_and_gain_are_those_worked_out_by_hand() -> None:
    found = {
        REFERENCE: {0: metrics(0.50), 1: metrics(0.54)},
        "sigmoid": {0: metrics(0.53), 1: metrics(0.53)},
    }
    table = summarise(metrics(0.4), found)
    assert table[REFERENCE]["hit@1"]["mean"] == 0.52
    assert table[REFERENCE]["hit@1"]["spread"] == pytest.approx(0.0283, abs=1e-4)
    assert table["sigmoid"]["mrr"]["gain"] == pytest.approx(0.01)
    assert table[BEFORE]["hit@30"] == {"mean": 0.4}
    lines = markdown(table).splitlines()
    assert "| before training |  | 40.0 | 40.0 | 40.0 | 40.0 |" in lines
    assert "| sigmoid | 2 | 53.0 ± 0.0 (+1.0)" in markdown(table)


def test_every_row_is_a_plan_that_can_be_meant(tmp_path: Path) -> None:
    configs: list[TrainConfig] = []

    def trained(config: TrainConfig) -> TrainResult:
        configs.append(config)
        config.out.mkdir(parents=True)
        (config.out / "model.safetensors").write_bytes(b"large")
        return TrainResult(
            folder=config.out,
            metrics={"dev": {"before": metrics(0.1), "after": metrics(0.2)}},
            alpha=1.0,
            alphas={},
            epochs_run=1,
            best_epoch=1,
            batch_size=4,
            data={},
            seconds=1.0,
            pairs_per_second=1.0,
            library_stays_valid=True,
        )

    config = TrainConfig(sources=(tmp_path / "a.jsonl",), photos=tmp_path, out=tmp_path / "out")
    table = ablate(config, list(VARIANTS), [0, 1], trained)
    assert len({config.out for config in configs}) == len(configs) == 2 * len(VARIANTS)
    assert len({config.digest() for config in configs}) == len(configs)
    assert table["sigmoid"]["hit@1"]["spread"] == 0
    assert not list(tmp_path.glob("out/runs/*/*.safetensors"))
    assert json.loads((tmp_path / "out" / "ablation.json").read_text()) == table


def test_the_command_trains_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTOPAL_HOME", str(tmp_path / "home"))
    for name, colours in (("train", COLOURS[:5]), ("dev", COLOURS[5:])):
        rows = []
        for seed, colour in enumerate(colours):
            paint(tmp_path / name / f"{colour}.png", colour, seed=seed)
            rows.append({"photo": f"{colour}.png", "captions": [f"a {colour} wall"]})
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines)
    clip = make_clip(tmp_path / "clip")
    arguments = [
        *("--captions", tmp_path / "train.jsonl", "--photos", tmp_path / "train"),
        *("--dev", tmp_path / "dev.jsonl", "--dev-photos", tmp_path / "dev"),
        *("--out", tmp_path / "out", "--encoder", clip, "--epochs", 1, "--seeds", 0),
        *("--only", REFERENCE, "both towers"),
    ]
    main([str(one) for one in arguments])
    table = json.loads((tmp_path / "out" / "ablation.json").read_text())
    assert set(table) == {BEFORE, REFERENCE, "both towers"}
    assert "both towers" in (tmp_path / "out" / "ablation.md").read_text()
    marks = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/runs/*/result.json")}
    assert len(marks) == 2
    main([str(one) for one in arguments])
    assert marks == {path: path.stat().st_mtime_ns for path in marks}
