"""``photopal evaluate``: how well photos are found, on dialogues whose photo is known."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.factories import open_encoder
from bot.cli.indexing import index_with_progress
from bot.cli.options import (
    BaseUrlOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    flag,
    load_settings,
)
from bot.cli.output import Results, note, results
from bot.cli.plugins import require_packages
from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from bot.settings import Settings
    from training.evaluation.llm import AnswerProgress
    from training.evaluation.plan import Plan
    from training.evaluation.run import Host

NEEDED = ("scipy", "matplotlib", "jinja2")


class Against(StrEnum):
    """What is ranked."""

    photos = "photos"
    labels = "labels"


def evaluate(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            help="PhotoChat's or AlbumChat's files, folders, 'test_*.json'.", metavar="FILES"
        ),
    ],
    photos: Annotated[
        Path | None,
        typer.Option(
            "--photos", metavar="DIR", help="The dialogues' photos; all in there are ranked."
        ),
    ] = None,
    gallery: Annotated[
        Path | None, typer.Option("--gallery", metavar="DIR", help="Rank the photos of this.")
    ] = None,
    against: Annotated[
        Against | None,
        typer.Option("--against", help="Rank photos, or the label texts of the files."),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(
            "--query",
            metavar="KIND",
            help="offline, llm, recorded, recorded+owner, owner, last, dialogue or caption; may be "
            "given several times, the first one leads. Default: all that are possible.",
        ),
    ] = None,
    last: Annotated[
        int, typer.Option("--last", metavar="N", min=1, help="Turns of the query 'last'.")
    ] = 4,
    descriptors: Annotated[
        Path | None,
        typer.Option("--descriptors", metavar="FILE", help="Recorded descriptors, JSON Lines."),
    ] = None,
    captions: Annotated[
        Path | None,
        typer.Option("--captions", metavar="FILE", help="Captions by humans, JSON Lines."),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar="FILE", help="An LLM's recorded answers to AlbumChat, JSON Lines."
        ),
    ] = None,
    only_available: Annotated[
        bool, flag("--only-available", help="Also count only dialogues whose photo is there.")
    ] = False,
    intent: Annotated[
        bool, flag("--intent", help="Measure when a photo is shared instead of which.")
    ] = False,
    tune_first: Annotated[
        int | None,
        typer.Option(
            "--tune-first",
            metavar="N",
            min=1,
            help="With --intent: choose the threshold on the first N dialogues, test on the rest.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N dialogues.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write tables, plots, TREC and HTML there."),
    ] = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", min=1, max=256, help="LLM calls at once.")
    ] = 4,
    per_minute: Annotated[
        float | None,
        typer.Option("--rpm", metavar="N", min=0.1, help="LLM requests begun in a minute."),
    ] = None,
    price_in: Annotated[
        float, typer.Option("--price-in", metavar="P", min=0, help="Of a million tokens read.")
    ] = 0.0,
    price_out: Annotated[
        float, typer.Option("--price-out", metavar="P", min=0, help="Of a million written.")
    ] = 0.0,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Measure how often the right photo is among the first (Precision@30 and more).

    Vectors and the LLM's answers are kept: an interrupted run goes on where it stopped.
    """
    require_packages("evaluate", "train", NEEDED)
    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    from training.evaluation.llm import RateLimit
    from training.evaluation.plan import Plan, Price

    plan = Plan(
        sources=tuple(files),
        photos=photos,
        gallery=gallery,
        library=settings.library,
        against=against.value if against else None,
        queries=tuple(query or ()),
        last=last,
        descriptors=descriptors,
        captions=captions,
        answers=answers,
        only_available=only_available,
        limit=limit,
        tune_first=tune_first,
        rate=RateLimit(concurrency, per_minute),
        price=Price(price_in, price_out),
        out=out,
    )
    with results(as_json) as shown, _host(settings, plan) as host:
        (_intent if intent else _retrieval)(shown, plan, settings, host)


def _retrieval(shown: Results, plan: "Plan", settings: "Settings", host: "Host") -> None:
    from training.evaluation.report.markdown import markdown
    from training.evaluation.report.write import write_reports
    from training.evaluation.run import evaluate as run

    evaluation = run(plan, settings, host)
    report = evaluation.as_dict()
    if shown.as_json:
        shown.json(report)
    else:
        for line in markdown(report).splitlines():
            shown.line(line)
    # The numbers are out before anything can go wrong with the disk.
    if plan.out is not None:
        write_reports(evaluation, report, plan.out)
        note(f"Reports: {plan.out / 'report.html'} and more in {plan.out}")


def _intent(shown: Results, plan: "Plan", settings: "Settings", host: "Host") -> None:
    import json

    from training.evaluation.intent_run import evaluate_intent
    from training.evaluation.report.intent import intent_markdown
    from training.evaluation.report.write import write_file

    report = evaluate_intent(plan, settings, host)
    if shown.as_json:
        shown.json(report)
    else:
        for line in intent_markdown(report).splitlines():
            shown.line(line)
    if plan.out is not None:
        write_file(plan.out / "intent.json", json.dumps(report, indent=1) + "\n")
        write_file(plan.out / "intent.md", intent_markdown(report))
        note(f"Reports: {plan.out / 'intent.md'}")


@contextmanager
def _host(settings: "Settings", plan: "Plan") -> Iterator["Host"]:
    """Progress on standard error: a bar for the LLM's answers, with what they cost."""
    from training.evaluation.run import Host, cost

    bar = progress_bar("Asking the LLM", time_left=False)
    task: Any = None

    def watch(progress: "AnswerProgress") -> None:
        nonlocal task
        spent = f"{progress.tokens.input:,} + {progress.tokens.output:,} tokens"
        price = f", {cost(progress, plan):.4f}" if plan.price.input or plan.price.output else ""
        failed = f", {progress.failed} failed" if progress.failed else ""
        if task is None:
            bar.start()
            task = bar.add_task("", more="")
        bar.update(
            task,
            completed=progress.done,
            total=progress.total,
            more=f"{progress.kept} known, {spent}{price}{failed}",
        )
        if progress.done == progress.total:
            bar.stop()

    try:
        yield Host(load_encoder=open_encoder, index=index_with_progress, watch=watch, note=note)
    except KeyboardInterrupt:
        bar.stop()
        note("photopal: interrupted; vectors and answers are kept, run it again to go on")
        raise
    finally:
        bar.stop()
