"""Index folders with a progress bar on standard error, and the report at the end."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.output import Results, note, printable
from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder
    from retrieval.indexing import IndexReport
    from retrieval.library import Library
    from retrieval.library.records import PassedOver

MAX_FAILURES_SHOWN = 50
MAX_KINDS_SHOWN = 6


def index_with_progress(
    library: "Library",
    encoder: "Encoder",
    folders: Sequence[Path],
    *,
    run: "Callable[..., IndexReport] | None" = None,
    **options: Any,
) -> "IndexReport":
    """Index the folders; shows photos done, photos/s and the time left.

    ``run`` does it, with ``index_folders``' arguments; by default that function itself.
    """
    from retrieval.indexing import Progress as Done
    from retrieval.indexing import index_folders, is_of_earlier

    if is_of_earlier(library, encoder):
        note(
            f"The encoder {encoder.name} sees more than before: your photos are embedded anew, "
            "and are found as they were meanwhile"
        )
    run = run or index_folders
    bar = progress_bar("Indexing")
    with bar:
        task = bar.add_task("", total=None, more="")

        def show(done: Done) -> None:
            rate = f"{done.photos_per_second:.0f} photos/s" if done.photos_per_second else ""
            bar.update(task, completed=done.done, total=done.total, more=rate)

        try:
            report = run(library, encoder, folders, on_progress=show, **options)
        except KeyboardInterrupt:
            bar.stop()
            note("photopal: interrupted; what was indexed is kept, run it again to go on")
            raise
    return report


def print_report(out: Results, report: "IndexReport") -> None:
    """The table at the end: counts, then every failure with its reason."""
    from rich.table import Table

    counts = Table(box=None, show_header=False, pad_edge=False)
    counts.add_column(justify="right")
    counts.add_column()
    for name in ("indexed", "unchanged", "moved", "removed"):
        counts.add_row(f"{getattr(report, name):,}", name)
    counts.add_row(f"{len(report.failed):,}", "failed")
    if report.remarked:
        counts.add_row(f"{len(report.remarked):,}", "read with remarks")
    console = out.console()
    console.print(counts)
    for line in passed_over_lines(report.passed):
        console.print(printable(line), markup=False, highlight=False)
    _print_files(out, "failed", "reason", [(one.path, one.reason) for one in report.failed])
    remarks = [(one.path, one.remark) for one in report.remarked]
    _print_files(out, "read all the same", "remark", remarks)
    if report.indexed:
        console.print(
            f"{report.seconds:.1f} s, {report.photos_per_second:.1f} photos/s", style="dim"
        )


def passed_over_lines(passed: "PassedOver") -> list[str]:
    """What lay among the photos and is none, or is part of one, in up to three lines."""
    lines = []
    told = passed.as_dict()
    if told["skipped"]:
        kinds = [f"{files:,} {suffix}" for suffix, files in told["skipped"].items()]
        shown, rest = kinds[:MAX_KINDS_SHOWN], list(told["skipped"].values())[MAX_KINDS_SHOWN:]
        more = f" and {sum(rest):,} of other kinds" if rest else ""
        lines.append(f"{', '.join(shown)}{more} skipped")
    if told["joined"]:
        parts = [f"{what} ({files:,})" for what, files in told["joined"].items()]
        lines.append(f"part of a photo: {', '.join(parts)}")
    if told["left_out"]:
        folders = [
            f"{what} ({folders:,} {'folder' if folders == 1 else 'folders'})"
            for what, folders in told["left_out"].items()
        ]
        lines.append(f"left out: {', '.join(folders)}")
    return lines


def _print_files(out: Results, title: str, about: str, files: Sequence[tuple[Path, str]]) -> None:
    """Files with what is to be said of each, the first of many."""
    from rich.table import Table
    from rich.text import Text

    if not files:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(title, overflow="fold")
    table.add_column(about, overflow="fold")
    for path, text in files[:MAX_FAILURES_SHOWN]:
        table.add_row(Text(printable(str(path))), Text(printable(text)))
    console = out.console()
    console.print(table)
    left = len(files) - MAX_FAILURES_SHOWN
    if left > 0:
        console.print(f"… and {left:,} more (--json lists them all)")
