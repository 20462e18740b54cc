"""``photopal index --watch``: a line for each change that came into the library."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.factories import open_encoder
from bot.cli.output import Results, counted, note
from bot.cli.texts import read_new_texts

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder
    from retrieval.indexing.watch import WatchEvent
    from retrieval.library import Library

NAMES_SHOWN = 3


def watch(out: Results, library: "Library", encoder: "Encoder", folders: Sequence[Path]) -> None:
    """Watch folders until Ctrl-C or SIGTERM, which end it well.

    Args:
        out: gets a line, or with ``--json`` an object, for each change.
        library: opened for writing.
        encoder: the library's.
        folders: those to be watched; none for all that are indexed.
    """
    from retrieval.errors import EncoderMismatch
    from retrieval.indexing.watch import Watcher

    chosen = list(folders) or library.roots()
    stop = threading.Event()

    def tell(event: "WatchEvent") -> None:
        if out.as_json:
            out.json(_as_json(event))
        else:
            out.line(f"{datetime.now():%H:%M:%S}  {_in_words(event)}")
        if event.report is not None and event.report.indexed:
            read_new_texts(library, asked=False)

    note(f"photopal: watching {counted(len(chosen), 'folder')}; Ctrl-C stops")
    with _stopped_by_signals(stop):
        try:
            while True:
                try:
                    Watcher(library, encoder, chosen, tell, stop).run()
                    break
                except EncoderMismatch:
                    encoder = _new_encoder(library)
        except KeyboardInterrupt:
            stop.set()
    note("photopal: stopped watching; what changed until now is in the library")


def _new_encoder(library: "Library") -> "Encoder":
    """The encoder that the library was switched to while it was watched."""
    from retrieval.indexing.pipeline import check_encoder

    name = library.encoder_name or ""
    encoder = open_encoder(name)
    check_encoder(library, encoder)
    note(f"photopal: the library has the encoder {name} now; watching goes on with it")
    return encoder


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM, as a service manager sends it, ends watching as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _in_words(event: "WatchEvent") -> str:
    report = event.report
    if report is None:
        return event.text
    parts = []
    if report.indexed:
        names = [path.name for path in event.added[:NAMES_SHOWN]]
        more = " …" if len(event.added) > NAMES_SHOWN else ""
        parts.append(f"{report.indexed:,} new{': ' + ', '.join(names) + more if names else ''}")
    if report.moved:
        parts.append(f"{report.moved:,} moved")
    if report.removed:
        parts.append(f"{report.removed:,} removed")
    if report.failed:
        first = report.failed[0]
        more = " …" if len(report.failed) > 1 else ""
        parts.append(f"{len(report.failed):,} failed: {first.path.name} ({first.reason}){more}")
    return "; ".join(parts)


def _as_json(event: "WatchEvent") -> dict[str, Any]:
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    if event.report is None:
        return {"at": at, "event": "note", "text": event.text}
    added = [str(path) for path in event.added]
    return {"at": at, "event": "change", "added": added, **event.report.as_dict()}
