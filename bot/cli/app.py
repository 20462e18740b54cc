"""The command ``photopal``: its sub-commands and what they share."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import chat, demo, forget, index, photochat, replay, search, status, suggest
from bot.cli.options import DebugOption, EncoderOption, LibraryOption, Shared

PLUGINS = "photopal.commands"
"""Group of the entry points that add a sub-command: its name, and the function that runs it."""

HELP = """Photopal finds the photo you are talking about, in your own library, offline.

Try it: photopal demo. Your own photos: photopal index ~/Pictures, then photopal chat.
"""


def build_app() -> typer.Typer:
    """The whole command line; nothing heavy is imported before a command runs."""
    app = typer.Typer(
        name="photopal",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_shared)
    app.command("demo")(demo.demo)
    app.command("chat")(chat.chat)
    app.command("index")(index.index)
    app.command("forget")(forget.forget)
    app.command("search")(search.search)
    app.command("suggest")(suggest.suggest)
    app.command("replay")(replay.replay)
    for command in commands_of_plugins():
        app.command(command.name)(command.load())
    app.command("status")(status.status)
    app.add_typer(photochat.build_photochat(), name="photochat")
    return app


def commands_of_plugins() -> list[EntryPoint]:
    """Commands that other packages bring, such as training's, by name."""
    return sorted(entry_points(group=PLUGINS), key=lambda one: one.name)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"photopal {version('photopal')}")
        raise typer.Exit


def _shared(
    context: typer.Context,
    library: LibraryOption = None,
    encoder: EncoderOption = None,
    debug: DebugOption = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, metavar="", help="Show the version."
        ),
    ] = False,
) -> None:
    context.obj = Shared(library=Path(library) if library else None, encoder=encoder)
