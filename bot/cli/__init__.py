"""The command line: it parses, calls, shows. One file per command; start at :func:`main`."""

from bot.cli.main import main

__all__ = ["main"]
