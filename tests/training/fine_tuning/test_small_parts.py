"""The log, the order, the collapse alarm, the plot, the config."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from transformers import TrainerState

from training.errors import CollapseDetected, TrainingError
from training.fine_tuning.callbacks import EarlyStopping
from training.fine_tuning.collator import EpochSampler, mixed
from training.fine_tuning.config import (
    TrainConfig,
    option_name,
    options,
    settings_of_recipe,
)
from training.fine_tuning.folder import RunFolder
from training.fine_tuning.log import RunLog, curves
from training.fine_tuning.retrieval_evaluator import check_collapse, mean_cosine
from training.fine_tuning.trainer import share_of_rate

CONFIG = TrainConfig(sources=(Path("a.jsonl"),), photos=Path("photos"), out=Path("out"))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    order = EpochSampler(50, seed=3)
    order.set_epoch(4)
    torch.manual_seed(0)
    first = list(order)
    torch.manual_seed(1)
    assert list(order) == first
    assert sorted(first) == list(range(50))
    order.set_epoch(5)
    assert list(order) != first
    assert list(EpochSampler(50, seed=4)) != list(EpochSampler(50, seed=3))


def test_neighbouring_numbers_make_unlike_seeds() -> None:
    seeds = {mixed(a, b, c) for a in range(10) for b in range(10) for c in range(10)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_continued_log_has_no_line_twice(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "out" / "log.jsonl")
    log.begin(0)
    for step in (1, 2, 3):
        log.write({"step": step, "loss": 1.0})
    with log.path.open("a") as file:
        file.write('{"step": 4, "lo')
    log.begin(2)
    log.write({"step": 3, "loss": 0.5})
    assert [(one["step"], one["loss"]) for one in log.read()] == [(1, 1.0), (2, 1.0), (3, 0.5)]
    log.begin(0)
    assert log.read() == []


def test_the_mean_cosine_by_hand() -> None:
    same = torch.tensor([[1.0, 0.0]] * 3)
    assert mean_cosine(same) == pytest.approx(1.0)
    assert mean_cosine(torch.eye(3)) == pytest.approx(0.0)
    assert mean_cosine(torch.tensor([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(-1.0)
    assert mean_cosine(same[:1]) == 0.0


def test_the_alarm_rings_when_all_became_alike_and_not_when_they_were() -> None:
    check_collapse(0.97, before=0.3, kept="")
    check_collapse(0.99, before=0.985, kept="")
    with pytest.raises(CollapseDetected, match=r"alike.*0\.990.*checkpoint-3"):
        check_collapse(0.99, before=0.3, kept="the last is checkpoint-3")
    with pytest.raises(CollapseDetected):
        check_collapse(0.9999, before=0.99, kept="")


def test_stopping_looks_back_on_the_whole_history() -> None:
    def over(patience: int, *scores: float) -> bool:
        history = [{"eval_score": score} for score in scores]
        return EarlyStopping(patience).over(TrainerState(log_history=history))

    assert not over(2, 0.5, 0.6, 0.6)
    assert over(2, 0.5, 0.6, 0.6, 0.55)
    assert not over(0, 0.6, 0.5, 0.4, 0.3)
    assert not over(1)


def test_the_schedule_by_hand() -> None:
    rates = [share_of_rate(step, warmup=2, steps=6) for step in range(7)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1.0, 0.8535534, 0.5, 0.1464466, 0.0])
    assert share_of_rate(0, warmup=0, steps=1) == 1.0


def test_a_plot_of_any_log() -> None:
    log = [
        {"step": 1, "epoch": 0.5, "loss": 2.0},
        {"step": 2, "epoch": 1.0, "hit@30": 0.4, "hit@1": 0.1},
    ]
    assert curves(log).startswith(b"\x89PNG")
    assert curves([]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"batch_size": 0}, "--batch-size must be at least 1"),
        ({"learning_rate": 0.0}, "--learning-rate"),
        ({"learning_rate": float("inf")}, "--learning-rate"),
        ({"temperature": -1.0}, "--temperature"),
        ({"dev_photos": Path("photos")}, "--dev-photos goes with --dev"),
        ({"test_descriptors": Path("t.jsonl")}, "--test-descriptors goes with --test"),
        ({"warmup": 1.0}, "--warmup"),
        ({"tune": "both", "negatives": "gallery"}, "--negatives gallery"),
    ],
)
def test_plans_that_cannot_be_meant(settings: dict[str, object], says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        replace(CONFIG, **settings)  # type: ignore[arg-type]


def test_the_digest_tells_what_the_weights_depend_on() -> None:
    assert replace(CONFIG, out=Path("other"), workers=2, fresh=True).digest() == CONFIG.digest()
    assert replace(CONFIG, epochs=7).digest() != CONFIG.digest()
    assert replace(CONFIG, seed=1).digest() != CONFIG.digest()


def test_the_baseline_is_the_published_one() -> None:
    config = CONFIG.baseline()
    assert (config.batch_size, config.learning_rate, config.epochs) == (128, 5e-5, 15)
    assert (config.objective, config.temperature, config.learned) == (
        "one-directional",
        0.07,
        False,
    )
    assert (config.tune, config.chosen_negatives) == ("both", "batch")
    assert not config.masking
    assert not config.wise


def test_a_folder_with_other_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    for fresh in (False, True):
        with pytest.raises(TrainingError, match="holds other files"):
            RunFolder(tmp_path, "run", {}).claim(fresh)
    assert [one.name for one in tmp_path.iterdir()] == ["holiday.jpg"]
    with pytest.raises(TrainingError, match="is a file"):
        RunFolder(tmp_path / "holiday.jpg", "run", {}).claim(False)


def test_one_process_at_a_time_trains_into_a_folder(tmp_path: Path) -> None:
    first, second = (RunFolder(tmp_path / "out", "run", {}) for _ in range(2))
    first.claim(False)
    with pytest.raises(TrainingError, match="another process trains into"):
        second.claim(False)
    second.release()
    first.release()
    second.claim(False)
    second.release()
    assert {one.name for one in first.path.iterdir()} == {".lock", "run.json"}


def test_a_run_killed_before_it_began_is_no_stranger(tmp_path: Path) -> None:
    for name in (".lock", ".run.json.part"):
        (tmp_path / name).write_text("{")
    RunFolder(tmp_path, "run", {}).claim(False)


def test_a_fresh_run_leaves_no_file_of_the_encoder_before(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "run", {})
    folder.claim(False)
    (tmp_path / "my notes.txt").write_text("keep")
    before = folder.files()
    (tmp_path / "merges.txt").write_text("of another tokenizer")
    folder.finished(before)
    folder.release()
    RunFolder(tmp_path, "other", {}).claim(True)
    assert {one.name for one in tmp_path.iterdir()} == {".lock", "my notes.txt", "run.json"}


@pytest.mark.parametrize("encoder", ["tuned", "tuned/", "./tuned"])
def test_one_encoder_is_one_run_however_its_folder_is_written(encoder: str) -> None:
    config = TrainConfig(
        sources=(Path("/d/a.jsonl"),),
        photos=Path("/d/photos"),
        out=Path("/o"),
        dev=(Path("/d/b.jsonl"),),
        encoder=encoder,
    )
    # What version 0.1.0 computed: its unfinished runs go on, its finished ones are recognised.
    assert config.digest() == "2d978c2fa5f09dbc5aeebb728507babc"
    assert replace(config, workers=2, save_every=5).digest() == config.digest()
    assert replace(config, seed=1).digest() != config.digest()


def test_every_setting_has_its_option_and_its_limits() -> None:
    found = options()
    assert set(found) == {one.name for one in fields(TrainConfig)} - {
        "sources",
        "encoder",
        "save_minutes",
    }
    for name, option in found.items():
        if option.min is not None:
            with pytest.raises(TrainingError, match=f"{option_name(name)} must be at least"):
                replace(CONFIG, **{name: option.min - 1})


def test_the_model_card_shows_the_recipe_and_no_paths() -> None:
    shown = settings_of_recipe(CONFIG.as_dict())
    assert {"objective", "epochs", "encoder"} <= set(shown)
    assert not {"photos", "dev", "descriptors", "out", "workers", "fresh"} & set(shown)
