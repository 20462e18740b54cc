"""The progress bar of every slow command, on standard error."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def progress_bar(title: str, *, time_left: bool = True) -> "Progress":
    """A bar with done and total, a text of the command's own, and the time left.

    Its tasks need the field ``more``, which is that text. Without a terminal nothing is shown.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, highlight=False)
    return Progress(
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[more]}"),
        *([TimeRemainingColumn(compact=True)] if time_left else []),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
