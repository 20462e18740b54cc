"""The command ``photopal``: its sub-commands and what they share."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import (
    api,
    chat,
    demo,
    doctor,
    export,
    feedback,
    forget,
    history,
    import_,
    index,
    mcp,
    photochat,
    replay,
    search,
    status,
    suggest,
    talk,
    user,
)
from bot.cli import (
    encoder as encoders,
)
from bot.cli.options import DebugOption, EncoderOption, LibraryOption, Shared
from bot.cli.plugins import add_plugins

HELP = """Photopal finds the photo you are talking about, in your own library, offline.

Try it: photopal demo. Your own photos: photopal index ~/Pictures, then photopal chat.
"""

COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.demo,
    "chat": chat.chat,
    "talk": talk.talk,
    "index": index.index,
    "forget": forget.forget,
    "search": search.search,
    "suggest": suggest.suggest,
    "replay": replay.replay,
    "status": status.status,
    "doctor": doctor.doctor,
    "export": export.export,
    "import": import_.import_library,
    "api": api.api,
    "mcp": mcp.mcp,
}
"""Photopal's own commands, in the order of the help text."""


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
    for name, command in COMMANDS.items():
        app.command(name)(command)
    app.add_typer(history.build_history(), name="history")
    app.add_typer(feedback.build_feedback(), name="feedback")
    app.add_typer(encoders.build_encoder(), name="encoder")
    app.add_typer(user.build_user(), name="user")
    app.add_typer(photochat.build_photochat(), name="photochat")
    add_plugins(app, taken={*COMMANDS, "history", "feedback", "encoder", "user", "photochat"})
    return app


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
