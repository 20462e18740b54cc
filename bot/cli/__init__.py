"""The command line: it parses, calls, shows. One file per command; start at :mod:`bot.cli.main`."""
