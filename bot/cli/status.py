"""``photopal status``: the library, its encoder, the index, the LLM."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from bot.cli.index_state import index_line, index_state
from bot.cli.indexing import passed_over_lines
from bot.cli.options import (
    BaseUrlOption,
    DebugOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
    MaxTokensOption,
    ModelOption,
    OfflineOption,
    load_settings,
)
from bot.cli.output import Results, printable, results, working
from bot.cli.texts import texts_as_json, texts_line
from retrieval.errors import LibraryNotFound

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.library import Library


DESCRIBERS = {
    "phrases": "phrases (offline)",
    "small_llm": "SmolLM2-135M on this machine (offline), in a chat only where it was chosen",
}
"""What describes dialogues where no LLM does."""


def status(
    context: typer.Context,
    as_json: JsonOption = False,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    max_tokens: MaxTokensOption = None,
    offline: OfflineOption = False,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
) -> None:
    """Show the library, its encoder, whether the index is fresh, and whether the LLM answers."""
    settings = load_settings(
        context,
        library=library,
        encoder=encoder,
        base_url=base_url,
        model=model,
        max_tokens=max_tokens,
        offline=offline,
    )
    with results(as_json) as out:
        state = {
            **_library_state(settings),
            "describer": _describer(settings),
            "llm": _llm_state(settings),
        }
        if as_json:
            out.json(state)
        else:
            _print(out, state)


def _library_state(settings: "Settings") -> dict[str, Any]:
    from retrieval.library import Library

    path = settings.library_path
    try:
        books = Library.read(path)
    except LibraryNotFound:
        return {
            "library": str(path),
            "exists": False,
            "photos": 0,
            "searchable": 0,
            "removed": 0,
            "failed": 0,
            "read_with_remarks": 0,
            "skipped": {},
            "joined": {},
            "left_out": {},
            "text": texts_as_json(None),
            "folders": [],
            "encoder": {"name": settings.encoder, "fingerprint": None, "dim": None},
            "index": {"path": None, "state": "missing", "kind": None},
            "coming_encoder": None,
            "better_eyes": None,
        }
    with books:
        counts = books.counts()
        return {
            "library": str(path),
            "exists": True,
            "photos": counts.present,
            "searchable": counts.searchable,
            "removed": counts.removed,
            "failed": counts.failed,
            "read_with_remarks": counts.remarked,
            **books.passed_over().as_dict(),
            "text": texts_as_json(books),
            "folders": [{"path": str(root), "exists": root.is_dir()} for root in books.roots()],
            "encoder": {
                "name": books.encoder_name,
                "fingerprint": books.fingerprint,
                "dim": books.dim,
            },
            "index": index_state(books, settings),
            **_other_encoders(books),
        }


def _other_encoders(books: "Library") -> dict[str, Any]:
    """The encoder whose vectors are being made, and the one that would see more."""
    from bot.encoders import better_eyes, under_way

    coming = under_way(books)
    better = better_eyes(books) if coming is None and books.searchable_count() else None
    return {
        "coming_encoder": None if coming is None else asdict(coming),
        "better_eyes": None if better is None else better.as_dict(),
    }


def _describer(settings: "Settings") -> dict[str, Any]:
    """What describes dialogues without an LLM, and why the one that was chosen does not."""
    from bot.describe.offline import chosen_describer
    from bot.errors import DescriberUnavailable

    try:
        return {"name": chosen_describer(settings.describer), "problem": None}
    except DescriberUnavailable as error:
        return {"name": None, "problem": str(error)}


def _llm_state(settings: "Settings") -> dict[str, Any]:
    """Which LLM is configured, and whether it answers now."""
    from bot.describe.llm_status import check_llm

    with working("Asking the LLM whether it is there …"):
        return check_llm(settings).as_dict()


def _print(out: Results, state: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(state):
        table.add_row(name, Text(printable(text)))
    out.console().print(table)


def _encoder_rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    from bot.cli.encoder import about

    coming, better = state["coming_encoder"], state["better_eyes"]
    if coming is not None:
        done = f"{coming['done']:,} of {coming['total']:,} photos embedded"
        stopped = "" if coming["running"] else f"; go on: photopal encoder use {coming['encoder']}"
        return [("coming", f"{coming['encoder']}: {done}{stopped}")]
    if better is not None:
        size = "here already" if better["here"] else f"{better['gigabytes']:.1f} GB"
        time = f"{about(better['minutes'])} for your {state['photos']:,} photos"
        command = f"photopal encoder use {better['name']}"
        return [("better eyes", f"{better['encoder']}, {size}, {time}: {command}")]
    return []


def _rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    from retrieval.library.records import PassedOver

    llm = state["llm"]
    encoder = state["encoder"]
    rows = [("library", state["library"])]
    if not state["exists"]:
        rows.append(("", "not there yet: make it with 'photopal index FOLDER'"))
    else:
        remarked = state["read_with_remarks"]
        more = f", {remarked:,} read with remarks" if remarked else ""
        unread = f"({state['failed']:,} could not be read{more})"
        rows.append(("photos", f"{state['photos']:,} {unread}"))
        passed = PassedOver(state["skipped"], state["joined"], state["left_out"])
        rows += [("", line) for line in passed_over_lines(passed)]
        rows.append(("text", texts_line(state["text"])))
        for folder in state["folders"]:
            gone = "" if folder["exists"] else "  (not there now)"
            rows.append(("folder", f"{folder['path']}{gone}"))
    made_by = f", {encoder['fingerprint'][:12]}" if encoder["fingerprint"] else ""
    rows.append(("encoder", f"{encoder['name'] or 'none yet'}{made_by}"))
    rows += _encoder_rows(state)
    rows.append(("index", index_line(state["index"])))
    describer = state["describer"]
    rows.append(("describer", describer["problem"] or DESCRIBERS[describer["name"]]))
    where = f"{llm['model']} at {llm['base_url']}: " if llm["configured"] else "none: "
    rows.append(("LLM", f"{where}{llm['reason']}"))
    return rows
