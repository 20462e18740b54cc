"""``photopal encoder``: which encoders there are, and which one sees for the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.options import (
    DebugOption,
    JsonOption,
    LibraryOption,
    flag,
    load_settings,
)
from bot.cli.output import Results, counted, note, printable, results, working
from bot.cli.progress import progress_bar
from retrieval.errors import EncoderUnavailable, LibraryError, LibraryNotFound

if TYPE_CHECKING:
    from bot.encoders import Choice
    from retrieval.encoders.base import Encoder
    from retrieval.indexing.reembed import Embedding, Reembedded
    from retrieval.library import Library

HELP = """The encoder sees for Photopal. Another one finds more: photopal encoder use siglip2-b32.

Your photos are embedded by it beside the old vectors, which go on answering until all is done.
"""

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A name of the list, a folder, or a hub name (owner/model)."
    ),
]
UserOption = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", help="For the library of an account of the page."),
]


def build_encoder() -> typer.Typer:
    """The commands under ``photopal encoder``."""
    app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")
    app.command("list")(list_encoders)
    for command in (use, forget):
        app.command(command.__name__)(command)
    return app


def list_encoders(
    context: typer.Context,
    as_json: JsonOption = False,
    user: UserOption = None,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """List the encoders: what they are good at, what is here already, how long they take."""
    from bot.encoders import choices
    from retrieval.library import Library

    path = _library_path(context, library, user)
    with results(as_json) as out:
        try:
            with Library.read(path) as books:
                found, kept = choices(books), books.vector_sets()
        except LibraryNotFound:
            found, kept = choices(None), []
        if as_json:
            bytes_of = {one.encoder: one.bytes for one in kept}
            out.json(
                {
                    "encoders": [
                        {**one.as_dict(), "vector_bytes": bytes_of.get(one.encoder, 0)}
                        for one in found
                    ]
                }
            )
        else:
            _print(out, found)


def use(
    context: typer.Context,
    name: NameArgument,
    background: Annotated[
        bool, flag("--background", help="In a process of its own; status says how far it is.")
    ] = False,
    leave_out: Annotated[
        bool,
        flag("--leave-out", help="Switch although many photos cannot be read now."),
    ] = False,
    as_json: JsonOption = False,
    user: UserOption = None,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Download an encoder, embed your photos by it, and search by it once that is done.

    Ctrl-C keeps what is done, and the same command goes on. An encoder that was used before is
    back at once.
    """
    from retrieval.library import Library

    path = _library_path(context, library, user)
    with results(as_json) as out:
        with Library.read(path) as books:
            before = books.encoder_name
            _require_known(name, books)
        if background:
            _start(out, name, path)
            return
        try:
            encoder = _opened(name)
            report = _embedded(path, name, encoder, leave_out)
        except KeyboardInterrupt:
            note("photopal: interrupted; what is done is kept, the same command goes on")
            raise
        _tell(out, path, before, report)
    _warn_of_settings(context, name)


def forget(
    context: typer.Context,
    name: NameArgument,
    as_json: JsonOption = False,
    user: UserOption = None,
    library: LibraryOption = None,
    debug: DebugOption = False,
) -> None:
    """Delete the kept vectors of an encoder that is not in use; its files stay where they are."""
    from retrieval.encoders.registry import full_name
    from retrieval.library import Library

    path = _library_path(context, library, user)
    wanted = {name, full_name(name)}
    with results(as_json) as out, Library.open(path) as books:
        sets = books.vector_sets()
        chosen = next((one for one in sets if one.encoder in wanted), None)
        if chosen is None:
            kept = ", ".join(one.encoder for one in sets if not one.searched) or "none"
            raise LibraryError(f"the library has no vectors of {name}; kept are: {kept}")
        if chosen.searched:
            raise LibraryError(f"{name} is in use: photopal encoder use another one first")
        books.forget_set(chosen.fingerprint)
        books.give_back_room()
        if as_json:
            out.json({"encoder": chosen.encoder, "photos": chosen.photos, "bytes": chosen.bytes})
        else:
            out.line(
                f"{_size(chosen.bytes)} given back: {counted(chosen.photos, 'vector')} of "
                f"{chosen.encoder} deleted"
            )


# -- parts of use ------------------------------------------------------------------------------


def _library_path(context: typer.Context, library: str | None, user: str | None) -> Path:
    if user is not None:
        from bot.accounts import Accounts

        if library is not None:
            raise typer.BadParameter("--user names a library already: leave --library away")
        library = str(Accounts().find(user).library)
    return load_settings(context, library=library).library_path


def _require_known(name: str, library: "Library") -> None:
    """Refuse what can be no encoder before anything is downloaded or started."""
    from retrieval.encoders.registry import STARTER, known_encoder

    known = {one.encoder for one in library.vector_sets()}
    if name in known or name == STARTER or known_encoder(name) is not None:
        return
    if Path(name).expanduser().is_dir() or ("/" in name and not name.startswith((".", "/", "~"))):
        return
    raise EncoderUnavailable(f"there is no encoder {name!r}: photopal encoder list shows them")


def _start(out: Results, name: str, path: Path) -> None:
    from bot.encoders import start_in_background

    process, log = start_in_background(name, path)
    if out.as_json:
        out.json({"started": name, "process": process, "log": str(log)})
    else:
        out.line(f"{name} is being set up; photopal status says how far it is ({log})")


def _opened(name: str) -> "Encoder":
    """Load the encoder; what is downloaded for it is shown."""
    from bot.encoders import note_unreachable

    bar = progress_bar("Downloading")
    tasks: dict[str, Any] = {}

    def downloaded(file: str, done: int, total: int) -> None:
        if file not in tasks:
            tasks[file] = bar.add_task("", total=total, more=file)
            note(f"downloading {file} ({_size(total)})") if bar.disable else None
        bar.update(tasks[file], completed=done, total=total)

    with working(f"Loading the encoder {name} …"):
        from retrieval.encoders import load_encoder
        from retrieval.encoders.hub import cached, fetch
        from retrieval.encoders.registry import STARTER, full_name

    full = full_name(name)
    try:
        if full != STARTER and not Path(full).is_dir() and cached(full) is None:
            with bar:
                fetch(full, on_download=downloaded)
    except EncoderUnavailable as error:
        if "cannot reach" in str(error):
            note_unreachable()
        raise
    with working(f"Loading the encoder {name} …"):
        return load_encoder(full)


def _embedded(path: Path, name: str, encoder: "Encoder", leave_out: bool) -> "Reembedded":
    """Embed what the encoder lacks, with a bar, and switch."""
    from retrieval.encoders.registry import Paces, full_name
    from retrieval.indexing.reembed import reembed
    from retrieval.library import Library

    bar = progress_bar("Embedding")
    with bar, Library.open(path) as books:
        task = bar.add_task("", total=None, more="")

        def show(now: "Embedding") -> None:
            pace = f"{now.photos_per_second:.1f} photos/s" if now.photos_per_second else ""
            more = "waiting for another process that writes" if now.waiting else pace
            bar.update(task, completed=now.done, total=now.total, more=more)

        try:
            report = reembed(
                books, encoder, name=full_name(name), on_progress=show, leave_out=leave_out
            )
        except KeyboardInterrupt:
            bar.stop()
            raise
    if report.embedded >= 32:
        Paces().remember(full_name(name), report.photos_per_second)
    return report


def _tell(out: Results, path: Path, before: str | None, report: "Reembedded") -> None:
    from bot.encoders import DONE
    from retrieval.library import Library

    with Library.read(path) as books:
        sets = books.vector_sets()
    now = next(one for one in sets if one.searched)
    kept = {one.encoder: one.bytes for one in sets if not one.searched}
    if out.as_json:
        out.json(
            {
                "encoder": now.encoder,
                "before": before,
                "photos": now.photos,
                "embedded": report.embedded,
                "seconds": round(report.seconds, 2),
                "unread": [str(one) for one in report.unread],
                "kept": kept,
            }
        )
        return
    pace = f" ({report.photos_per_second:.1f} photos/s)" if report.embedded else ""
    out.line(f"{now.encoder}{DONE}{counted(now.photos, 'photo')} now{pace}")
    if report.unread:
        out.line(
            f"{counted(len(report.unread), 'photo')} could not be read or changed meanwhile: "
            "photopal index takes them up"
        )
    for name, size in kept.items():
        use = f"photopal encoder use {_short(name)}"
        out.line(f"the vectors of {name} are kept ({_size(size)}): back at once with {use}")


def _warn_of_settings(context: typer.Context, name: str) -> None:
    """An encoder that is named for every command would be refused from now on."""
    from retrieval.encoders.registry import full_name

    settings = load_settings(context)
    if "encoder" in settings.model_fields_set and full_name(settings.encoder) != full_name(name):
        note(
            f"photopal: the settings name the encoder {settings.encoder} (PHOTOPAL_ENCODER): "
            f"take that out, or set it to {name}"
        )


def _short(encoder: str) -> str:
    from retrieval.encoders.registry import known_encoder

    known = known_encoder(encoder)
    return known.name if known is not None else encoder


# -- showing -----------------------------------------------------------------------------------


def _print(out: Results, found: "list[Choice]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in ("encoder", "download", "dim", "languages", "for your photos"):
        table.add_column(title, no_wrap=title != "for your photos")
    table.add_column("good at")
    for one in found:
        state = "comes along" if one.name == "starter" else "here" if one.here else ""
        download = state or (f"{one.gigabytes:.1f} GB" if one.gigabytes else "?")
        if one.begun_bytes:
            download = f"{download}, {_size(one.begun_bytes)} here"
        cells = (one.name, download, str(one.dim or "?"), one.languages or "?", _time(one))
        table.add_row(*(Text(printable(cell)) for cell in (*cells, one.good_at)))
    out.console().print(table)
    out.line()
    out.line("photopal encoder use NAME; it may be a folder or a hub name (owner/model), too")


def _time(one: "Choice") -> str:
    if one.in_use:
        return "in use"
    if one.minutes is None:
        return "?"
    if one.minutes == 0:
        return "at once" if one.embedded else ""
    return about(one.minutes)


def about(minutes: float) -> str:
    """ "about 12 minutes", "about 3 hours"."""
    if minutes < 1.5:
        return "about a minute"
    if minutes < 90:
        return f"about {round(minutes)} minutes"
    return f"about {round(minutes / 60)} hours"


def _size(count: int) -> str:
    """ "1.5 GB", "12 MB", "34 kB"."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"
