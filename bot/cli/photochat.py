"""``photopal photochat``: PhotoChat's photos."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DebugOption, JsonOption, flag
from bot.cli.output import Results, note, printable, results
from bot.cli.progress import progress_bar
from bot.errors import BotError

if TYPE_CHECKING:
    from bot.dialogues.dialogue import DialogueSet
    from bot.dialogues.download import Missed, Options, Report

MAX_MISSED_SHOWN = 20

HELP = "PhotoChat's photos: fetch them."


def build_photochat() -> typer.Typer:
    """The commands under ``photopal photochat``."""
    app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")
    app.callback()(_group)
    app.command("download")(download)
    return app


def _group() -> None:
    """Without this, a single command would swallow its own name."""


def download(
    files: Annotated[
        list[str],
        typer.Argument(help="PhotoChat's JSON files, a folder, or a glob.", metavar="FILES"),
    ],
    photos: Annotated[
        Path, typer.Option("--photos", metavar="DIR", help="Where the photos go.")
    ] = Path("photochat-photos"),
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", min=1, max=64, help="How many at once.")
    ] = 8,
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", min=0, max=20, help="Tries after the first.")
    ] = 4,
    max_mb: Annotated[
        int, typer.Option("--max-mb", metavar="MB", min=1, max=1000, help="Largest photo.")
    ] = 50,
    retry_dead: Annotated[bool, flag("--retry-dead", help="Ask dead links again, too.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Fetch the photos that PhotoChat's files name; run it again to go on.

    Dead links are listed in DIR/download-report.json and not asked again.
    """
    from bot.dialogues.download import Options
    from bot.dialogues.reading import read_dialogues

    options = Options(
        concurrency=concurrency,
        retries=retries,
        max_bytes=max_mb * 1_000_000,
        retry_dead=retry_dead,
    )
    with results(as_json) as out:
        report = _download(read_dialogues(files), photos.expanduser(), options)
        if as_json:
            out.json({**report.as_dict(), "folder": str(photos)})
        else:
            _print(out, report, photos)
    if report.failed:
        raise BotError(
            f"not fetched this time: {len(report.failed):,} of {report.photos:,} photos; "
            "run it again"
        )


def _download(dialogues: "DialogueSet", folder: Path, options: "Options") -> "Report":
    from bot.dialogues.download import download_photos

    bar = progress_bar("Fetching")
    with bar:
        task = bar.add_task("", total=None, more="")

        def show(report: "Report") -> None:
            state = f"{report.bytes / 1e6:,.0f} MB"
            if report.dead:
                state += f", {len(report.dead):,} dead"
            bar.update(task, completed=report.done, total=report.photos, more=state)

        try:
            return download_photos(dialogues, folder, options, on_progress=show)
        except KeyboardInterrupt:
            bar.stop()
            note("photopal: interrupted; what was fetched is kept, run it again to go on")
            raise


def _print(out: Results, report: "Report", folder: Path) -> None:
    from bot.dialogues.download import REPORT

    out.line(
        f"{report.fetched:,} fetched ({report.bytes / 1e6:,.1f} MB, {report.seconds:.0f} s), "
        f"{report.already_there:,} there already, {len(report.dead):,} dead, "
        f"{len(report.failed):,} failed"
    )
    if report.without_url:
        out.line(f"{len(report.without_url):,} dialogues name no address of a photo")
    _print_missed(out, "dead", report.dead)
    _print_missed(out, "failed", report.failed)
    out.line(f"The report: {folder / REPORT}")


def _print_missed(out: Results, kind: str, missed: "list[Missed]") -> None:
    for each in missed[:MAX_MISSED_SHOWN]:
        out.line(f"  {kind}: {each.url}  ({printable(each.reason)})")
    left = len(missed) - MAX_MISSED_SHOWN
    if left > 0:
        out.line(f"  … and {left:,} more in the report")
