"""The command line: it parses, calls, shows. One file per command; start at :func:`main`."""

from bot.cli.edge import main

__all__ = ["main"]
