"""Commands of other packages, such as training's ``evaluate`` and ``train``, by entry point.

A package adds a command by an entry point of the group ``photopal.commands``: the command's name,
and the function that runs it, or the Typer application of its sub-commands. A command that cannot
be loaded never stops the others: it is listed like them and fails, with one line that says why,
when somebody calls it.
"""

import importlib.util
from collections.abc import Collection, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from bot.cli.output import note, one_line
from bot.errors import BotError

GROUP = "photopal.commands"
"""Group of the entry points that add a command."""


class CommandUnavailable(BotError):
    """A command cannot run because something that it needs is not installed."""


def add_plugins(app: typer.Typer, *, taken: Collection[str]) -> None:
    """Add the commands of the installed packages to the command line, by name.

    Args:
        app: gets the commands.
        taken: names that are Photopal's own; a plugin of such a name is left out, and says so.
    """
    for plugin in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        if plugin.name in taken:
            note(f"photopal: the command {plugin.name} of {plugin.value} is left out: there is one")
        else:
            _add(app, plugin)


def require_packages(command: str, extra: str, modules: Sequence[str]) -> None:
    """Refuse to begin without the packages of an extra.

    Args:
        command: as it is typed, for the message.
        extra: of the package photopal that brings them.
        modules: by the names they are imported by; looked for, not imported.

    Raises:
        CommandUnavailable: one of them is missing; says what to install.
    """
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise CommandUnavailable(
                f"'photopal {command}' needs the package {module}: "
                f"pip install 'photopal[{extra}]' brings it"
            )


def _add(app: typer.Typer, plugin: EntryPoint) -> None:
    """Add one command, or its stand-in when it cannot be imported or is no command."""
    try:
        command = plugin.load()
        alone = typer.Typer(add_completion=False)
        _register(alone, plugin.name, command)
        # Typer looks at a function's options only now: one that it cannot read must fail here,
        # not when the whole command line is built.
        typer.main.get_command(alone)
    except (Exception, SystemExit) as error:
        _add_stand_in(app, plugin, error)
    else:
        _register(app, plugin.name, command)


def _register(app: typer.Typer, name: str, command: Any) -> None:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _add_stand_in(app: typer.Typer, plugin: EntryPoint, error: BaseException) -> None:
    reason = one_line(f"{type(error).__name__}: {error}")

    def unavailable(context: typer.Context) -> None:
        raise CommandUnavailable(
            f"'photopal {plugin.name}' cannot be loaded from {plugin.value}: {reason}; "
            "install the package that brings it again"
        ) from error

    app.command(
        plugin.name,
        help="Cannot be loaded; call it to see why.",
        # Whatever options it would have: the answer is the same.
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )(unavailable)
