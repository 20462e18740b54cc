"""``photopal train``: fine-tune an encoder on dialogues or captions."""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin

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
from training.fine_tuning.config import Option, TrainConfig, option_name, options

if TYPE_CHECKING:
    from training.fine_tuning.environment import Progress, Reporter
    from training.fine_tuning.result import TrainResult

NEEDED = ("accelerate", "scipy", "matplotlib")
TITLES = {"photos": "Embedding photos", "steps": "Training"}


FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Captions (JSON Lines), dialogues (JSON Lines) or PhotoChat's JSON; with --feedback, "
        "also what photopal feedback export wrote.",
        metavar="[FILES]",
    ),
]
BaselineOption = Annotated[
    bool, flag("--baseline", help="The published baseline's settings; options above win.")
]
DryRunOption = Annotated[bool, flag("--dry-run", help="Read, check and count; train nothing.")]


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting of :class:`TrainConfig`.

    What is given on the command line arrives in the command's ``**settings``; what is not is None.
    """
    own = dict(inspect.signature(command, eval_str=True).parameters)
    del own["settings"]
    first = [own.pop("context"), own.pop("files")]
    given = [_parameter(name, option) for name, option in options().items()]
    # In the help it stands before --fresh.
    given.insert([one.name for one in given].index("fresh"), own.pop("baseline"))
    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*first, *given, *own.values())
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _parameter(name: str, option: Option) -> inspect.Parameter:
    """A setting as a parameter that typer understands."""
    field = next(one for one in fields(TrainConfig) if one.name == name)
    kind: Any = field.type
    names = option.names or (option_name(name),)
    default: Any = None
    if kind is bool and not option.names:
        shown, default = flag(*names, help=option.help), False
    else:
        shown = typer.Option(
            *names, help=option.help, metavar=option.metavar, min=option.min, max=option.max
        )
        if field.default is MISSING:
            default = inspect.Parameter.empty
        else:
            kind = (list[Path] if get_origin(kind) is tuple else kind) | None
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, shown],
    )


@with_settings
def train(
    context: typer.Context,
    files: FilesArgument = None,
    baseline: BaselineOption = False,
    dry_run: DryRunOption = False,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
    **settings: Any,
) -> None:
    """Fine-tune an encoder so that it finds more; your library stays valid (--tune text).

    Killed or interrupted, the same command goes on where it was.
    """
    require_packages("train", "train", NEEDED)
    from training.fine_tuning.data import gather
    from training.fine_tuning.run import fine_tune

    product = load_settings(
        context, encoder=encoder, base_url=base_url, model=model, offline=offline
    )
    chosen: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in settings.items()
        if value is not None
    }
    if not files and not chosen.get("feedback"):
        raise typer.BadParameter("name files, or say --feedback", param_hint="FILES")
    first = {name: chosen.pop(name) for name in ("photos", "out", "feedback") if name in chosen}
    config = TrainConfig(sources=tuple(files or ()), encoder=product.encoder, **first)
    config = replace(config.baseline() if baseline else config, **chosen)
    with results(as_json) as shown, _reporter() as reporter:
        if dry_run:
            _show_counts(shown, gather(config, product, reporter).as_dict())
            return
        result = fine_tune(config, reporter, product)
        # Of several processes of torchrun one speaks.
        if os.environ.get("RANK", "0") == "0":
            _show(shown, result)


@contextmanager
def _reporter() -> Iterator["Reporter"]:
    """Progress on standard error: a bar for each stage."""
    from training.fine_tuning.environment import Reporter

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


def _show(shown: Results, result: "TrainResult") -> None:
    if shown.as_json:
        shown.json(result.as_dict())
        return
    from training.fine_tuning.result import MEASURES
    from training.fine_tuning.result import shown as figure

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
