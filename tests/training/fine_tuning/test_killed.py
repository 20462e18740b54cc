"""Killed at any moment, the same command goes on and ends with the same weights."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.fine_tuning.conftest import start

pytestmark = pytest.mark.timeout(280)

EPOCHS = 24
STEPS = 3 * EPOCHS


def arguments(world: Path, clip: Path, out: Path) -> list[object]:
    return [
        world / "train.jsonl", "--photos", world / "photos", "--dev", world / "dev.jsonl",
        "--encoder", clip, "--out", out, "--json", "--epochs", EPOCHS, "--batch-size", 4,
        "--patience", 0, "--precision", "fp32", "--save-every", 2, "--learning-rate", 0.001,
        "--negatives", "mined", "--no-wise",
    ]  # fmt: skip


def kill_after(process: "subprocess.Popen[str]", out: Path, step: int) -> None:
    """SIGKILL once a checkpoint of that step or a later one is there."""
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        found = (out / "checkpoints").glob("checkpoint-*/complete.json")
        if any(int(one.parent.name.rpartition("-")[2]) >= step for one in found):
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"


def finish(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert len(out.splitlines()) == 1
    assert "Traceback" not in err
    return err


def test_killed_twice_it_ends_with_the_same_weights(world: Path, clip: Path) -> None:
    undisturbed, killed = world / "undisturbed", world / "killed"
    finish(start(*arguments(world, clip, undisturbed)))
    # In the middle of an epoch (steps 3n + 1 or 2 of the small epochs), twice.
    kill_after(start(*arguments(world, clip, killed)), killed, 10)
    kill_after(start(*arguments(world, clip, killed)), killed, 35)
    said = finish(start(*arguments(world, clip, killed)))
    assert "going on from step" in said

    expected = load_file(undisturbed / "model.safetensors")
    found = load_file(killed / "model.safetensors")
    original = load_file(clip / "model.safetensors")
    assert expected.keys() == found.keys()
    for name, weights in expected.items():
        torch.testing.assert_close(found[name], weights, atol=1e-6, rtol=0)
    assert any(not torch.equal(original[name], expected[name]) for name in expected)

    logs = [
        [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        for folder in (undisturbed, killed)
    ]
    epochs = [[one["step"] for one in log if "hit@30" in one] for log in logs]
    steps = [[one["step"] for one in log if "loss" in one] for log in logs]
    assert epochs[0] == epochs[1] == list(range(3, STEPS + 1, 3))
    assert steps[0] == steps[1] == list(range(1, STEPS + 1))
    # The weights in the end are those of the best epoch; the losses tell of all the others.
    losses = [[one["loss"] for one in log if "loss" in one] for log in logs]
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    assert not (killed / "checkpoints").exists()
