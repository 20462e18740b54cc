"""``photopal train`` at the edge: JSON, lines, one-line failures, exit statuses, two processes."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import run
from tests.training.fine_tuning.conftest import COLOURS, PHOTOPAL, TRAINED, write_lines


@pytest.fixture
def arguments(world: Path, clip: Path) -> list[str]:
    return [
        "train", str(world / "train.jsonl"), "--photos", str(world / "photos"),
        "--dev", str(world / "dev.jsonl"), "--encoder", str(clip), "--out", str(world / "out"),
        "--epochs", "1", "--batch-size", "4", "--precision", "fp32",
    ]  # fmt: skip


def test_one_json_object(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert {"encoder", "dev", "alpha", "epochs_run", "library_stays_valid", "data"} <= found.keys()
    assert found["dev"]["before"]["pool"] == len(COLOURS) - TRAINED


def test_what_it_says_at_its_end(
    arguments: list[str], world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert "dev, 9 queries over 3 photos, %:" in said
    assert " -> " in said
    assert "alpha" in said
    assert "Your library stays valid" in said
    assert f"photopal chat --encoder {world / 'out'}" in said


def test_a_reindex_is_announced(
    arguments: list[str], world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--tune", "both", "--learning-rate", "0.001", "--no-wise"]) == 0
    assert f"photopal index --rebuild --encoder {world / 'out'}" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(
    arguments: list[str], world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["train_photos"], found["dev_gallery"]) == (TRAINED, len(COLOURS) - TRAINED)
    assert run([*arguments, "--dry-run"]) == 0
    assert f"train photos: {TRAINED}" in capsys.readouterr().out
    assert not (world / "out").exists()


def test_the_baseline_can_be_varied(arguments: list[str], world: Path) -> None:
    assert run([*arguments, "--baseline"]) == 0
    settings = json.loads((world / "out" / "result.json").read_text())["settings"]
    assert (settings["objective"], settings["tune"]) == ("one-directional", "both")
    assert (settings["epochs"], settings["batch_size"], settings["warmup"]) == (1, 4, 0.06)


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        (["--tune", "everything"], 2, "everything"),
        (["--epochs", "0"], 2, "--epochs"),
        (["--objective", "magic"], 1, "no objective 'magic'"),
        (["--dev", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["--photos", "nowhere"], 1, "nowhere: no such folder"),
        (["--encoder", "no-such-encoder"], 1, "no-such-encoder"),
        (["--learning-rate", "0"], 1, "--learning-rate"),
        (["--describe", "llm"], 1, "--base-url"),
        (["--tune", "head", "--lora", "4"], 1, "LoRA"),
    ],
)
def test_wrong_requests(
    more: list[str],
    status: int,
    says: str,
    arguments: list[str],
    world: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([*arguments, *more, "--json"]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err
    assert "Traceback" not in said.err
    if status == 1:
        assert len([one for one in said.err.splitlines() if one.startswith("photopal:")]) == 1


def test_a_line_that_is_no_pair(
    arguments: list[str], world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(world / "bad.jsonl", [{"photo": "red.png", "captions": ["red"]}, {"colour": "red"}])
    arguments[1] = str(world / "bad.jsonl")
    assert run(arguments) == 1
    assert "bad.jsonl, line 2" in capsys.readouterr().err


def test_a_missing_package_is_named_with_what_brings_it(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec

    def without(name: str, *more: Any) -> Any:
        return None if name == "accelerate" else real(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert run(arguments) == 1
    assert "needs the package accelerate: pip install 'photopal[train]'" in capsys.readouterr().err


def test_two_processes_of_torchrun_train_together(arguments: list[str], world: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
            "--master-port", str(port), str(PHOTOPAL), *arguments, "--json",
            "--negatives", "batch",
        ],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("{")]
    assert json.loads(line)["epochs_run"] == 1
    log = [json.loads(one) for one in (world / "out" / "log.jsonl").read_text().splitlines()]
    # Nine texts in batches of four for each of two processes: two steps.
    assert [one["step"] for one in log if "loss" in one] == [1, 2]
