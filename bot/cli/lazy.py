"""Commands of the training package, which may lack parts or optional packages."""

from importlib import import_module
from types import ModuleType

from bot.errors import BotError


class CommandUnavailable(BotError):
    """A command whose parts are not installed here."""


def training_module(name: str, command: str) -> ModuleType:
    """The module ``training.NAME``; one clear line when it or what it needs is missing."""
    try:
        return import_module(f"training.{name}")
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.split(".")[0] == "training":
            raise CommandUnavailable(
                f"'photopal {command}' is not part of this version yet"
            ) from error
        raise CommandUnavailable(
            f"'photopal {command}' needs the package {missing}: "
            "pip install 'photopal[train]' brings it"
        ) from error
