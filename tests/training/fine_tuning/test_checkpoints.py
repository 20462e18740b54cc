"""Checkpoints: whole or not at all, never of another run, never a pickle."""

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from training.errors import CheckpointUnusable, DiskFull
from training.fine_tuning.checkpoints import (
    Checkpoint,
    Checkpoints,
    disk_full,
    fit,
    optimizer_state,
    optimizer_tensors,
    save_tensors,
    trained,
)

RUN = "the run"


def write(checkpoints: Checkpoints, step: int, value: float = 0.0) -> Path:
    with checkpoints.writing(step) as folder:
        save_tensors(folder / "weights.safetensors", {"w": torch.full((4,), value)})
        (folder / "run.json").write_text("{}")
    return checkpoints.folder / f"checkpoint-{step}"


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", RUN)


def newest(checkpoints: Checkpoints) -> Checkpoint:
    found = checkpoints.newest()
    assert found is not None
    return found


def test_the_newest_is_found_and_two_are_kept(checkpoints: Checkpoints) -> None:
    assert checkpoints.newest() is None
    for step in (9, 10, 100):
        write(checkpoints, step, step)
    found = newest(checkpoints)
    assert found.step == 100
    assert found.tensors("weights")["w"].tolist() == [100.0] * 4
    assert sorted(one.name for one in checkpoints.folder.iterdir()) == [
        "checkpoint-10",
        "checkpoint-100",
    ]


@pytest.mark.parametrize("harm", ["truncated", "changed", "unmarked", "missing", "half-written"])
def test_what_is_not_whole_is_put_aside(checkpoints: Checkpoints, harm: str) -> None:
    notes: list[str] = []
    checkpoints = Checkpoints(checkpoints.folder, RUN, notes.append)
    write(checkpoints, 1)
    last = write(checkpoints, 2)
    weights = last / "weights.safetensors"
    if harm == "truncated":
        weights.write_bytes(weights.read_bytes()[:-3])
    elif harm == "changed":
        weights.write_bytes(weights.read_bytes()[:-1] + b"\xff")
    elif harm == "unmarked":
        (last / "complete.json").unlink()
    elif harm == "missing":
        weights.unlink()
    else:
        last.rename(checkpoints.folder / ".part-2")
    assert newest(checkpoints).step == 1
    if harm == "half-written":
        assert not (checkpoints.folder / ".part-2").exists()
    else:
        assert (checkpoints.folder / "damaged-checkpoint-2").is_dir()
        assert "put aside" in notes[0]


def test_another_runs_checkpoint_is_refused(checkpoints: Checkpoints) -> None:
    write(checkpoints, 1)
    with pytest.raises(CheckpointUnusable, match=r"another run.*--fresh"):
        Checkpoints(checkpoints.folder, "other").newest()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "weights.pkl"])
def test_a_pickle_is_refused(checkpoints: Checkpoints, name: str) -> None:
    torch.save({"w": torch.zeros(1)}, write(checkpoints, 1) / name)
    with pytest.raises(CheckpointUnusable, match=f"{name} is a pickle, which is never read"):
        checkpoints.newest()


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({}, "lacks w"),
        ({"w": torch.zeros(3)}, r"its w is \[3\], not \[2\]"),
        ({"w": torch.zeros(2), "v": torch.zeros(1)}, "v is unknown here"),
    ],
)
def test_weights_of_another_architecture(weights: dict[str, Tensor], says: str) -> None:
    with pytest.raises(CheckpointUnusable, match=f"another architecture.*{says}"):
        fit(weights, {"w": torch.zeros(2)}, "checkpoint-1")


def test_a_full_disk_leaves_the_last_good_one(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = write(checkpoints, 1, 1.0)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFull) as raised, checkpoints.writing(2) as folder:
        save_tensors(folder / "weights.safetensors", {"w": torch.zeros(4)})
        full()
    assert str(good) in str(raised.value)
    assert [one.name for one in checkpoints.folder.iterdir()] == ["checkpoint-1"]
    assert newest(checkpoints).step == 1


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_every_librarys_way_to_say_it(error: Exception) -> None:
    with pytest.raises(DiskFull, match="the disk is full; nothing"), disk_full(lambda: "nothing"):
        raise error


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(PermissionError), disk_full(lambda: "nothing"):
        raise PermissionError(errno.EACCES, "no")


def test_a_file_that_really_does_not_fit(tmp_path: Path) -> None:
    """The process may write no file beyond some size."""
    code = (
        "import sys, torch\n"
        "from pathlib import Path\n"
        "from training.errors import DiskFull\n"
        "from training.fine_tuning.checkpoints import Checkpoints, save_tensors\n"
        "checkpoints = Checkpoints(Path(sys.argv[1]), 'run')\n"
        "for step, size in ((1, 10), (2, 100_000)):\n"
        "    try:\n"
        "        with checkpoints.writing(step) as folder:\n"
        "            save_tensors(folder / 'weights.safetensors', {'w': torch.zeros(size)})\n"
        "    except DiskFull as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "checkpoints")],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[3],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert done.returncode == 0, done.stderr
    assert "the disk is full; the last good checkpoint is kept" in done.stdout
    assert [one.name for one in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-1"]


def test_an_optimizers_state_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    def made() -> tuple[nn.Linear, torch.optim.Optimizer]:
        torch.manual_seed(0)
        layer = nn.Linear(3, 2)
        groups = [{"params": [layer.weight]}, {"params": [layer.bias], "weight_decay": 0.0}]
        return layer, torch.optim.AdamW(groups, lr=0.1)

    def step(layer: nn.Linear, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        layer(torch.ones(1, 3)).square().sum().backward()
        optimizer.step()

    layer, optimizer = made()
    step(layer, optimizer)
    tensors, rest = optimizer_tensors(optimizer.state_dict())
    save_tensors(tmp_path / "optimizer.safetensors", tensors)
    again, other = made()
    again.load_state_dict(layer.state_dict())
    kept = Checkpoint(tmp_path, 1).tensors("optimizer")
    other.load_state_dict(optimizer_state(kept, rest))
    step(layer, optimizer)
    step(again, other)
    assert torch.equal(layer.weight, again.weight)
    assert torch.equal(layer.bias, again.bias)


def test_only_what_moves_is_kept() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    module[0].requires_grad_(False)
    assert set(trained(module)) == {"1.weight", "1.bias"}


def test_removing_leaves_other_files_alone(checkpoints: Checkpoints) -> None:
    write(checkpoints, 1)
    (checkpoints.folder / "mine.txt").write_text("x")
    checkpoints.remove()
    assert [one.name for one in checkpoints.folder.iterdir()] == ["mine.txt"]


def test_what_earlier_versions_wrote_is_read_under_todays_names(checkpoints: Checkpoints) -> None:
    names = ("objective._scale.log_scale", "module.layer.weight", "bank", "mined")
    with checkpoints.writing(3) as folder:
        save_tensors(folder / "weights.safetensors", {name: torch.zeros(2) for name in names})
    found = newest(checkpoints).tensors("weights")
    assert set(found) == {
        "loss_fn._scale.log_scale",
        "module.layer.weight",
        "photo_embeddings",
        "mined",
    }
