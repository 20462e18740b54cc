"""The command line: it parses, calls, shows. Start at :func:`main`."""

from bot.cli.app import main

__all__ = ["main"]
