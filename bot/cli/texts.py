"""Read the text in photos with a progress bar on standard error, and tell what came of it."""

from typing import TYPE_CHECKING, Any

from bot.cli.output import Results, counted, note, printable
from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from retrieval.library import Library
    from retrieval.ocr import TextReport

MAX_FAILURES_SHOWN = 20


def choose_reading(library: "Library", ocr: bool | None) -> None:
    """Remember whether text in photos is read from now on; None leaves it as it was.

    Raises:
        TextReaderUnavailable: it was asked for, and what it needs is not installed.
    """
    if ocr:
        from retrieval.ocr import open_reader

        open_reader()
    if ocr is not None:
        library.set_reads_text(ocr)


def read_new_texts(library: "Library", *, asked: bool) -> "TextReport | None":
    """Read the text of photos that were not read yet, where the library wants it.

    Args:
        library: opened for writing.
        asked: the person asked for it now. Otherwise a missing package is only told, since
            everything else was done.

    Returns:
        None where text is not read in this library, or cannot be.

    Raises:
        TextReaderUnavailable: it was asked for, and what it needs is not installed.
    """
    if not library.reads_text:
        return None
    from retrieval.errors import TextReaderUnavailable
    from retrieval.ocr import TextProgress, open_reader, read_texts

    try:
        reader = open_reader()
    except TextReaderUnavailable as error:
        if asked:
            raise
        note(f"photopal: the text in new photos is left unread: {error}; --no-ocr leaves it so")
        return None
    bar = progress_bar("Reading text")
    with bar:
        task = bar.add_task("", total=None, more="")

        def show(done: TextProgress) -> None:
            found = f"text in {done.with_text:,}"
            bar.update(task, completed=done.done, total=done.total, more=found)

        try:
            return read_texts(library, reader, on_progress=show)
        except KeyboardInterrupt:
            bar.stop()
            note("photopal: interrupted; the text that was read is kept, run it again to go on")
            raise


def print_texts(out: Results, report: "TextReport") -> None:
    """What was read, and every failure with its reason."""
    if not report.read and not report.failed:
        return
    each = report.seconds / max(1, report.read + len(report.failed))
    found = counted(report.with_text, "photo")
    out.line(f"text: {report.read:,} read, {found} with text, {each:.2f} s a photo")
    for one in report.failed[:MAX_FAILURES_SHOWN]:
        out.line(printable(f"  text not read: {one.path}: {one.reason}"))
    left = len(report.failed) - MAX_FAILURES_SHOWN
    if left > 0:
        out.line(f"  … and {left:,} more (--json lists them all)")


def texts_as_json(library: "Library | None") -> dict[str, Any]:
    """What ``photopal status --json`` says of text in photos; None: there is no library."""
    if library is None:
        return {"reading": False, "read": 0, "with_text": 0, "failed": 0, "unread": 0}
    counts = library.text_counts()
    return {
        "reading": library.reads_text,
        "read": counts.read,
        "with_text": counts.with_text,
        "failed": counts.failed,
        "unread": counts.unread,
    }


def texts_line(state: dict[str, Any]) -> str:
    """The same for people."""
    if not state["read"]:
        return "not read (photopal index --ocr reads it)"
    failed = f", {state['failed']:,} could not be read" if state["failed"] else ""
    unread = f", {state['unread']:,} not read yet" if state["unread"] else ""
    off = "" if state["reading"] else "; of new photos it is not read (index --ocr)"
    found = counted(state["with_text"], "photo")
    return f"in {found} of {state['read']:,} read{failed}{unread}{off}"
