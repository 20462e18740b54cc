"""Index folders with a progress bar on standard error, and the report at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.output import Results, note, printable
from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder
    from retrieval.indexing import IndexReport
    from retrieval.library import Library

MAX_FAILURES_SHOWN = 50


def index_with_progress(
    library: "Library", encoder: "Encoder", folders: Sequence[Path], **options: Any
) -> "IndexReport":
    """Index the folders; shows photos done, photos/s and the time left."""
    from retrieval.indexing import Progress as Done
    from retrieval.indexing import index_folders

    bar = progress_bar("Indexing")
    with bar:
        task = bar.add_task("", total=None, more="")

        def show(done: Done) -> None:
            rate = f"{done.photos_per_second:.0f} photos/s" if done.photos_per_second else ""
            bar.update(task, completed=done.done, total=done.total, more=rate)

        try:
            report = index_folders(library, encoder, folders, on_progress=show, **options)
        except KeyboardInterrupt:
            bar.stop()
            note("photopal: interrupted; what was indexed is kept, run it again to go on")
            raise
    return report


def print_report(out: Results, report: "IndexReport") -> None:
    """The table at the end: counts, then every failure with its reason."""
    from rich.table import Table
    from rich.text import Text

    counts = Table(box=None, show_header=False, pad_edge=False)
    counts.add_column(justify="right")
    counts.add_column()
    for name in ("indexed", "unchanged", "moved", "removed"):
        counts.add_row(f"{getattr(report, name):,}", name)
    counts.add_row(f"{len(report.failed):,}", "failed")
    console = out.console()
    console.print(counts)
    if report.failed:
        failures = Table(box=None, pad_edge=False)
        failures.add_column("failed", overflow="fold")
        failures.add_column("reason", overflow="fold")
        for failed in report.failed[:MAX_FAILURES_SHOWN]:
            failures.add_row(Text(printable(str(failed.path))), Text(printable(failed.reason)))
        console.print(failures)
        left = len(report.failed) - MAX_FAILURES_SHOWN
        if left > 0:
            console.print(f"… and {left:,} more (--json lists them all)")
    if report.indexed:
        console.print(
            f"{report.seconds:.1f} s, {report.photos_per_second:.1f} photos/s", style="dim"
        )
