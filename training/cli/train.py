"""``photopal train``: fine-tune an encoder on dialogues or captions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.factories import open_encoder
from bot.cli.options import (
    BaseUrlOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    ModelOption,
    OfflineOption,
    flag,
    load_settings,
)
from bot.cli.output import Results, note, results
from bot.cli.plugins import require_packages
from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from training.fine_tuning.config import TrainConfig
    from training.fine_tuning.reporter import Progress, Reporter
    from training.fine_tuning.result import TrainResult

NEEDED = ("accelerate", "scipy", "matplotlib")
TITLES = {"photos": "Embedding photos", "steps": "Training"}


class Tune(StrEnum):
    """What moves."""

    text = "text"
    both = "both"
    head = "head"


class Describe(StrEnum):
    """Who writes descriptors."""

    auto = "auto"
    recorded = "recorded"
    offline = "offline"
    llm = "llm"


class Negatives(StrEnum):
    """What a text is told apart from."""

    auto = "auto"
    batch = "batch"
    mined = "mined"
    gallery = "gallery"


class Precision(StrEnum):
    """Of the towers' arithmetic."""

    auto = "auto"
    fp32 = "fp32"
    bf16 = "bf16"


def train(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Captions (JSON Lines), dialogues (JSON Lines) or PhotoChat's JSON.",
            metavar="FILES",
        ),
    ],
    photos: Annotated[
        Path, typer.Option("--photos", metavar="DIR", help="The photos that the files name.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Becomes the encoder; new or empty.")
    ],
    dev: Annotated[
        list[Path] | None,
        typer.Option(
            "--dev", metavar="FILE", help="To choose by; else a tenth of the photos is held out."
        ),
    ] = None,
    dev_photos: Annotated[
        Path | None,
        typer.Option("--dev-photos", metavar="DIR", help="Their photos; all in there are ranked."),
    ] = None,
    test: Annotated[
        list[Path] | None,
        typer.Option("--test", metavar="FILE", help="Only measured on, at the end."),
    ] = None,
    test_photos: Annotated[
        Path | None,
        typer.Option("--test-photos", metavar="DIR", help="Their photos; all are ranked."),
    ] = None,
    describe: Annotated[
        Describe | None,
        typer.Option("--describe", help="Who writes descriptors of dialogues without any."),
    ] = None,
    descriptors: Annotated[
        Path | None,
        typer.Option("--descriptors", metavar="FILE", help="Recorded descriptors of FILES."),
    ] = None,
    dev_descriptors: Annotated[
        Path | None,
        typer.Option("--dev-descriptors", metavar="FILE", help="Recorded ones of --dev."),
    ] = None,
    test_descriptors: Annotated[
        Path | None,
        typer.Option("--test-descriptors", metavar="FILE", help="Recorded ones of --test."),
    ] = None,
    tune: Annotated[
        Tune | None,
        typer.Option(
            "--tune",
            help="text: libraries stay valid (default). both: needs a re-index. head: fast.",
        ),
    ] = None,
    lora: Annotated[
        int | None,
        typer.Option("--lora", metavar="R", min=0, help="Rank of adapters instead of all weights."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            "--objective", metavar="NAME", help="symmetric (default), one-directional or sigmoid."
        ),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", metavar="T", help="At the start.")
    ] = None,
    learned: Annotated[
        bool | None,
        typer.Option("--learned/--fixed", help="Whether the temperature is learned."),
    ] = None,
    negatives: Annotated[
        Negatives | None,
        typer.Option("--negatives", help="What each text is told apart from."),
    ] = None,
    masking: Annotated[
        bool | None,
        typer.Option("--masking/--no-masking", help="Near-duplicates are no negatives."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", min=1, help="At most.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option("--patience", metavar="N", min=0, help="Epochs without gain; 0: never stop."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", metavar="N", min=1, help="Texts a step.")
    ] = None,
    accumulate: Annotated[
        int | None,
        typer.Option("--accumulate", metavar="N", min=1, help="Add up the gradients of N steps."),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", metavar="R", help="At its highest.")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option("--weight-decay", metavar="W", min=0, help="Of matrices.")
    ] = None,
    warmup: Annotated[
        float | None,
        typer.Option("--warmup", metavar="S", min=0, max=0.99, help="Share of the steps."),
    ] = None,
    label_smoothing: Annotated[
        float | None,
        typer.Option("--label-smoothing", metavar="E", min=0, max=0.99, help="Of the objective."),
    ] = None,
    views: Annotated[
        int | None,
        typer.Option("--views", metavar="N", min=1, help="Of a photo: mirrored, cropped."),
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option("--augment/--no-augment", help="Vary the texts from epoch to epoch."),
    ] = None,
    wise: Annotated[
        bool | None,
        typer.Option("--wise/--no-wise", help="Average tuned and original weights (WiSE-FT)."),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option("--precision", help="Of the towers' arithmetic.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="Of everything drawn.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=0, help="Processes that prepare batches."),
    ] = None,
    save_every: Annotated[
        int | None,
        typer.Option("--save-every", metavar="N", min=0, help="Steps between checkpoints."),
    ] = None,
    keep_checkpoints: Annotated[
        bool, flag("--keep-checkpoints", help="Leave them when the run is done.")
    ] = False,
    baseline: Annotated[
        bool, flag("--baseline", help="The published baseline's settings; options above win.")
    ] = False,
    fresh: Annotated[bool, flag("--fresh", help="Begin anew instead of going on.")] = False,
    dry_run: Annotated[
        bool, flag("--dry-run", help="Read, check and count; train nothing.")
    ] = False,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Fine-tune an encoder so that it finds more; your library stays valid (--tune text).

    Killed or interrupted, the same command goes on where it was.
    """
    require_packages("train", "train", NEEDED)
    settings = load_settings(
        context, encoder=encoder, base_url=base_url, model=model, offline=offline
    )
    from training import train as module
    from training.fine_tuning.config import TrainConfig

    config = TrainConfig(
        sources=tuple(files),
        photos=photos,
        out=out,
        dev=tuple(dev or ()),
        dev_photos=dev_photos,
        test=tuple(test or ()),
        test_photos=test_photos,
        encoder=settings.encoder,
        descriptors=descriptors,
        dev_descriptors=dev_descriptors,
        test_descriptors=test_descriptors,
        keep_checkpoints=keep_checkpoints,
        fresh=fresh,
    )
    chosen = {
        "describe": describe,
        "tune": tune,
        "lora": lora,
        "objective": objective,
        "temperature": temperature,
        "learned": learned,
        "negatives": negatives,
        "masking": masking,
        "epochs": epochs,
        "patience": patience,
        "batch_size": batch_size,
        "accumulate": accumulate,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "warmup": warmup,
        "label_smoothing": label_smoothing,
        "views": views,
        "augment": augment,
        "wise": wise,
        "precision": precision,
        "seed": seed,
        "workers": workers,
        "save_every": save_every,
    }
    config = _with(config.baseline() if baseline else config, chosen)
    with results(as_json) as shown, _reporter() as reporter:
        if dry_run:
            _show_counts(shown, module.check(config, settings, reporter))
            return
        result = module.train(config, settings, reporter)
        # Of several processes of torchrun one speaks.
        if os.environ.get("RANK", "0") == "0":
            _show(shown, result, config)


def _with(config: "TrainConfig", chosen: dict[str, Any]) -> "TrainConfig":
    """The config with what was asked for; enumerations as their plain values."""
    given: dict[str, Any] = {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in chosen.items()
        if value is not None
    }
    return replace(config, **given)


@contextmanager
def _reporter() -> Iterator["Reporter"]:
    """Progress on standard error: a bar for each stage."""
    from training.fine_tuning.reporter import Reporter

    bar: Any = None
    task: Any = None
    stage = ""

    def watch(progress: "Progress") -> None:
        nonlocal bar, task, stage
        if progress.stage != stage or bar is None:
            if bar is not None:
                bar.stop()
            bar = progress_bar(TITLES.get(progress.stage, progress.stage))
            bar.start()
            task = bar.add_task("", more="")
            stage = progress.stage
        bar.update(task, completed=progress.done, total=progress.total, more=progress.more)
        if progress.done >= progress.total:
            bar.stop()
            bar, stage = None, ""

    try:
        yield Reporter(load_encoder=open_encoder, watch=watch, note=note)
    except KeyboardInterrupt:
        if bar is not None:
            bar.stop()
        note("photopal: interrupted; the last checkpoint is kept, run it again to go on")
        raise
    finally:
        if bar is not None:
            bar.stop()


def _show_counts(shown: Results, counts: dict[str, Any]) -> None:
    if shown.as_json:
        shown.json(counts)
        return
    for name, value in counts.items():
        if isinstance(value, dict):
            _show_reasons(shown, name.replace("_", " "), value)
        else:
            shown.line(f"{name.replace('_', ' ')}: {value}")


def _show_reasons(shown: Results, title: str, reasons: dict[str, int]) -> None:
    for reason, count in reasons.items():
        shown.line(f"{title}: {count:,} {reason}")


def _show(shown: Results, result: "TrainResult", config: "TrainConfig") -> None:
    if shown.as_json:
        shown.json(result.as_dict())
        return
    from training.fine_tuning.model_card import MEASURES
    from training.fine_tuning.model_card import shown as figure

    for name, reasons in (
        ("left out", result.data["problems"]),
        ("skipped photos", result.data["skipped_photos"]),
    ):
        _show_reasons(shown, name, reasons)
    for split, pair in result.metrics.items():
        before, after = pair["before"], pair["after"]
        shown.line(f"{split}, {after['n']:,} queries over {after['pool']:,} photos, %:")
        for measure in MEASURES:
            shown.line(f"  {measure:7} {figure(before, measure)} -> {figure(after, measure)}")
        for name in (one for one in after if one.endswith("/hit@30")):
            kind = name.partition("/")[0]
            was, now = 100 * before[name], 100 * after[name]
            shown.line(f"  hit@30 of {kind} queries: {was:.1f} -> {now:.1f}")
    shown.line(
        f"{result.epochs_run} epochs in {result.seconds / 60:.1f} min, the best was number "
        f"{result.best_epoch}; alpha {result.alpha:g}"
    )
    if result.library_stays_valid:
        shown.line("Your library stays valid: nothing has to be indexed again.")
    else:
        shown.line(
            f"Photo vectors moved; index again: photopal index --rebuild --encoder {result.folder}"
        )
    shown.line(f"Use it: photopal chat --encoder {result.folder}")
