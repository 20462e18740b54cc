"""Whole runs on a tiny checkpoint: what they write, how they fail, how they go on."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from retrieval.encoders import load_encoder
from retrieval.errors import EncoderFolderInvalid
from tests.support.pictures import paint
from tests.training.fine_tuning.conftest import COLOURS, TRAINED, write_lines
from training.encoders import precomputed
from training.errors import (
    CheckpointUnusable,
    CollapseDetected,
    DiskFull,
    LossNotFinite,
    PhotosUnusable,
    SplitsOverlap,
    TrainingError,
)
from training.fine_tuning import retrieval_evaluator, trainer
from training.fine_tuning.config import TrainConfig
from training.fine_tuning.environment import Progress, Reporter
from training.fine_tuning.model import TuningModel
from training.fine_tuning.run import fine_tune

Configs = Callable[..., TrainConfig]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_writes_an_encoder_and_what_it_did(config: Configs, world: Path, clip: Path) -> None:
    notes: list[str] = []
    seen: list[Progress] = []
    chosen = config(learning_rate=1e-3, test=(world / "test.jsonl",), test_photos=world / "others")
    paint(world / "others" / "maroon.png", "maroon", seed=30)
    paint(world / "others" / "navy.png", "navy", seed=31)
    write_lines(world / "test.jsonl", [{"photo": "navy.png", "captions": ["a navy wall"]}])
    result = fine_tune(chosen, Reporter(watch=seen.append, note=notes.append))

    assert (result.epochs_run, result.batch_size) == (2, 4)
    assert result.best_epoch in (1, 2)
    assert result.library_stays_valid
    before, after = result.metrics["dev"]["before"], result.metrics["dev"]["after"]
    assert (before["n"], before["pool"], after["pool"]) == (9, 3, 3)
    assert set(after["ci95"]) == {"hit@1", "hit@10", "hit@30", "mrr"}
    assert result.metrics["test"]["after"]["pool"] == 2
    assert {one.stage for one in seen} == {"photos", "steps"}
    assert seen[-1].done == seen[-1].total
    assert any("pairs/s" in one.more for one in seen)

    original, tuned = load_encoder(clip), load_encoder(chosen.out)
    assert tuned.fingerprint == original.fingerprint
    assert tuned.text_fingerprint != original.text_fingerprint
    log = [json.loads(line) for line in (chosen.out / "log.jsonl").read_text().splitlines()]
    assert [one["epoch"] for one in log if "hit@30" in one] == [1.0, 2.0]
    assert (chosen.out / "curves.png").read_bytes().startswith(b"\x89PNG")
    card = (chosen.out / "MODEL_CARD.md").read_text()
    for words in ("| dev, before | 9 | 3 |", "| test, after |", "stay valid", "hours", "commit",
                  "cores", "hash of texts and photos", "| learning_rate | 0.001 |"):  # fmt: skip
        assert words in card
    assert str(world) not in card
    assert not (chosen.out / "checkpoints").exists()

    # The same command again trains nothing; another one is refused; --fresh begins anew.
    notes.clear()
    again = fine_tune(chosen, Reporter(note=notes.append))
    assert again.as_dict() == result.as_dict()
    assert "trained already" in notes[0]
    with pytest.raises(CheckpointUnusable, match=r"another run \(with another epochs\)"):
        fine_tune(config(learning_rate=1e-3, epochs=3, test=chosen.test,
                       test_photos=chosen.test_photos))  # fmt: skip
    anew = fine_tune(config(epochs=1, fresh=True))
    assert anew.epochs_run == 1


def test_dev_photos_are_embedded_once_before_the_first_step(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = precomputed.open_image

    def counted(path: Path, side: int) -> Any:
        opened.append(path.name)
        return real(path, side)

    monkeypatch.setattr(precomputed, "open_image", counted)
    result = fine_tune(config(epochs=1))
    dev = [f"{colour}.png" for colour in COLOURS[TRAINED:]]
    assert sorted(name for name in opened if name in dev) == sorted(dev)
    opened.clear()
    fine_tune(config(epochs=1, seed=3, out=result.folder.with_name("again")))
    assert opened == [], "another run finds the vectors that were kept"


@pytest.mark.parametrize(
    "settings",
    [
        {"tune": "both"},
        {"tune": "both", "negatives": "mined", "accumulate": 2},
        {"tune": "head", "objective": "sigmoid"},
        {"negatives": "batch", "masking": False, "views": 3},
        {"negatives": "mined", "lora": 2},
        {"precision": "bf16", "augment": False, "wise": False, "workers": 1},
    ],
    ids=lambda one: " ".join(map(str, one.values())),
)
def test_every_way_to_train(config: Configs, settings: dict[str, Any]) -> None:
    chosen = config(epochs=1, learning_rate=1e-3, **settings)
    result = fine_tune(chosen)
    # Where the tuned weights are no better on dev (alpha 0), the encoder stays as it was.
    moved = settings.get("tune") == "both" and result.alpha > 0
    assert result.library_stays_valid is not moved
    assert ("Photo vectors moved" in (chosen.out / "MODEL_CARD.md").read_text()) is moved
    assert load_encoder(chosen.out).encode_texts(["a red wall"]).shape == (1, 24)


def test_the_baseline_runs(config: Configs) -> None:
    result = fine_tune(config().baseline())
    assert (result.epochs_run, result.alpha) == (15, 1.0)
    assert not result.library_stays_valid


def test_training_finds_more(config: Configs) -> None:
    """On what it is trained on, so that even random towers can learn it."""
    chosen = config(epochs=30, learning_rate=1e-3, patience=0, label_smoothing=0.0)
    fine_tune(chosen)
    tuned = load_encoder(chosen.out)
    log = [json.loads(line) for line in (chosen.out / "log.jsonl").read_text().splitlines()]
    losses = [one["loss"] for one in log if "loss" in one]
    assert sum(losses[-6:]) < 0.8 * sum(losses[:6])
    assert tuned.dim == 24


def test_without_dev_some_photos_are_held_out(config: Configs) -> None:
    notes: list[str] = []
    result = fine_tune(config(dev=(), epochs=1), Reporter(note=notes.append))
    assert result.data["dev_held_out"]
    assert result.data["train_photos"] + result.metrics["dev"]["after"]["pool"] == TRAINED
    assert any("held out" in note for note in notes)


def test_dialogues_and_descriptors(config: Configs, world: Path) -> None:
    fields = {"main_subject": "a wall", "background_scene": "", "events": "painting"}
    rows = [
        {"photo": f"{c}.png", "turns": [[1, "what did you do?"], [0, f"painted it {c}"], [0, None]],
         "descriptors": {**fields, "materials_and_attributes": c}}
        for c in COLOURS
    ]  # fmt: skip
    write_lines(world / "talk.jsonl", rows[:TRAINED])
    write_lines(world / "talk.dev.jsonl", rows[TRAINED:])
    chosen = config(
        sources=(world / "talk.jsonl", world / "train.jsonl"),
        dev=(world / "talk.dev.jsonl",),
        epochs=1,
    )
    result = fine_tune(chosen)
    assert result.data["train_texts"] == 3 * TRAINED
    after = result.metrics["dev"]["after"]
    assert {"dialogue/hit@1", "descriptors/mrr"} <= after.keys()


# -- failures ------------------------------------------------------------------------------


def test_weights_that_the_last_step_broke_are_no_encoder(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step whose loss is fine; what it made of the weights no later loss tells."""
    chosen = config(epochs=1, batch_size=64)
    real = torch.optim.AdamW.step

    def broken(self: torch.optim.AdamW, *more: Any, **named: Any) -> Any:
        for group in self.param_groups:
            group["lr"] = 1e30
        return real(self, *more, **named)

    monkeypatch.setattr(torch.optim.AdamW, "step", broken)
    with pytest.raises(LossNotFinite, match="vectors are not numbers any more at step 1"):
        fine_tune(chosen)
    assert not (chosen.out / "encoder.json").exists()


def test_a_text_alone_has_nothing_to_be_told_apart_from(config: Configs) -> None:
    with pytest.raises(TrainingError, match="--batch-size 2"):
        fine_tune(config(batch_size=1, negatives="batch"))


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, whole = config(epochs=3), config(epochs=3, out=config().out.with_name("whole"))
    real, calls = TuningModel.forward, []

    def broken(self: TuningModel, *more: Any, **named: Any) -> dict[str, torch.Tensor]:
        calls.append(1)
        loss = real(self, *more, **named)["loss"]
        return {"loss": loss * (torch.nan if len(calls) == 5 else 1.0)}

    monkeypatch.setattr(TuningModel, "forward", broken)
    with pytest.raises(LossNotFinite, match=r"not a number at step 5; the last good .*-3"):
        fine_tune(chosen)
    monkeypatch.setattr(TuningModel, "forward", real)
    assert [one.name for one in (chosen.out / "checkpoints").iterdir()] == ["checkpoint-3"]
    assert not (chosen.out / "encoder.json").exists()
    # What was kept is good: the run ends as if nothing had been.
    fine_tune(chosen)
    fine_tune(whole)
    assert same(chosen.out, whole.out)


def test_a_gradient_that_is_no_number_stops_before_the_weights_move(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TuningModel.forward

    def broken(self: TuningModel, *more: Any, **named: Any) -> dict[str, torch.Tensor]:
        loss = real(self, *more, **named)["loss"]
        # Finite itself, its slope is not: the root's at zero.
        return {"loss": loss + (loss - loss.detach()).abs().sqrt()}

    monkeypatch.setattr(TuningModel, "forward", broken)
    with pytest.raises(LossNotFinite, match=r"gradient .* at step 1; there is no checkpoint yet"):
        fine_tune(config())


def test_texts_that_become_alike_stop_the_run(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    cosines = iter([0.3, 0.4, 0.999])
    monkeypatch.setattr(retrieval_evaluator, "mean_cosine", lambda vectors: next(cosines))
    with pytest.raises(CollapseDetected, match=r"last good checkpoint is kept: .*checkpoint-3"):
        fine_tune(config(epochs=3))


def test_a_disk_that_fills_up_at_a_checkpoint(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = config(epochs=3)
    real = trainer.save_tensors

    def full(path: Path, tensors: Any) -> None:
        if path.parent.name == ".part-6" and path.name.startswith("optimizer"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, tensors)

    monkeypatch.setattr(trainer, "save_tensors", full)
    with pytest.raises(DiskFull, match=r"last good checkpoint is kept: .*checkpoint-3\. Make room"):
        fine_tune(chosen)
    assert [one.name for one in (chosen.out / "checkpoints").iterdir()] == ["checkpoint-3"]
    monkeypatch.setattr(trainer, "save_tensors", real)
    notes: list[str] = []
    assert fine_tune(chosen, Reporter(note=notes.append)).epochs_run == 3
    assert "going on from step 3 of 9" in notes


def test_a_checkpoint_of_another_model_under_this_runs_name(
    config: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = config(epochs=2)
    real = trainer.save_tensors

    def other(path: Path, tensors: Any) -> None:
        real(path, {name: value[..., :-1] for name, value in tensors.items() if value.ndim})

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "save_tensors", other)
    monkeypatch.setattr(trainer.FineTuner, "_finalize_training", stop)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(chosen)
    monkeypatch.undo()
    with pytest.raises(CheckpointUnusable, match="another architecture"):
        fine_tune(chosen)


def test_batches_larger_than_the_data_are_the_data(config: Configs) -> None:
    notes: list[str] = []
    result = fine_tune(config(batch_size=1024, epochs=1), Reporter(note=notes.append))
    assert result.batch_size == TRAINED
    assert any("larger than the data: 9 instead" in note for note in notes)


@pytest.mark.parametrize("with_dev", [True, False])
def test_one_pair_only(config: Configs, world: Path, with_dev: bool) -> None:
    file = write_lines(world / "one.jsonl", [{"photo": "red.png", "captions": ["red", "red wall"]}])
    with pytest.raises(TrainingError, match="only 1 photo to train on"):
        fine_tune(config(sources=(file,), **({} if with_dev else {"dev": ()})))
    assert not config().out.exists()


def test_two_pairs_of_which_one_is_held_out(config: Configs, world: Path) -> None:
    rows = [{"photo": f"{colour}.png", "captions": [colour]} for colour in ("red", "blue")]
    file = write_lines(world / "two.jsonl", rows)
    with pytest.raises(TrainingError, match="only 1 photo to train on"):
        fine_tune(config(sources=(file,), dev=()))


def test_splits_that_share_a_photo(config: Configs, world: Path) -> None:
    shutil.copy(world / "photos" / "red.png", world / "photos" / "again.png")
    file = write_lines(world / "dev2.jsonl", [{"photo": "again.png", "captions": ["red"]}])
    with pytest.raises(SplitsOverlap, match=r"train and dev share 1 photo.*red\.png"):
        fine_tune(config(dev=(file,)))


def test_photos_that_are_missing_or_broken(config: Configs, world: Path) -> None:
    rows = [{"photo": f"n{number}.png", "captions": [f"number {number}"]} for number in range(40)]
    for number in range(40):
        paint(world / "photos" / f"n{number}.png", "olive", seed=100 + number)
    file = write_lines(world / "many.jsonl", rows)
    (world / "photos" / "n7.png").unlink()
    (world / "photos" / "n8.png").write_bytes(b"no picture")
    result = fine_tune(config(sources=(file,), epochs=1))
    assert sum(result.data["skipped_photos"].values()) == 2
    assert result.skipped.keys() >= result.data["skipped_photos"].keys()
    assert result.data["train_photos"] == 38
    (world / "photos" / "n9.png").unlink()
    with pytest.raises(PhotosUnusable, match="3 of 40 photos cannot be used"):
        fine_tune(config(sources=(file,), out=world / "other"))


def test_empty_captions_are_counted(config: Configs, world: Path) -> None:
    rows = [{"photo": f"{colour}.png", "captions": [colour, " "]} for colour in COLOURS[:4]]
    result = fine_tune(config(sources=(write_lines(world / "e.jsonl", rows),), epochs=1))
    assert sum(result.data["problems"].values()) == 4


def test_an_encoder_whose_weights_are_a_pickle(config: Configs, clip: Path, world: Path) -> None:
    folder = shutil.copytree(clip, world / "pickled")
    torch.save(weights(folder), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderFolderInvalid, match="pickle"):
        fine_tune(config(encoder=str(folder)))


def test_the_encoder_is_never_overwritten(config: Configs, clip: Path) -> None:
    with pytest.raises(TrainingError, match="are one folder"):
        fine_tune(config(out=clip))
