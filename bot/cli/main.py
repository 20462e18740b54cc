"""The edge of the program: every failure ends here as one line and an exit status."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import NoReturn

from bot.cli.output import one_line
from retrieval.errors import PhotopalError

FAILED = 1
INTERRUPTED = 130
BROKEN_PIPE = 141
LOGGERS = ("bot", "prompts", "retrieval", "training")
"""Of Photopal's own packages; ``--debug`` shows all that they log."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit status: 0, 1 failed, 2 wrong usage."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    _tolerate_odd_characters()
    _calm_libraries()
    debug = "--debug" in arguments[: _index(arguments, "--")]
    try:
        from typer.main import get_command

        from bot.cli.app import build_app

        with _logged() if debug else contextlib.nullcontext():
            get_command(build_app())(args=list(arguments), prog_name="photopal")
        status = 0
    except SystemExit as finished:
        status = finished.code if isinstance(finished.code, int) else FAILED
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = BROKEN_PIPE
    except Exception as error:
        if debug:
            raise
        print(f"photopal: {explain(error)}", file=sys.stderr)
        status = FAILED
    return BROKEN_PIPE if _pipe_is_broken() else status


def explain(error: Exception) -> str:
    """One line for a person. Errors raised on purpose speak for themselves."""
    if isinstance(error, PhotopalError):
        return one_line(str(error))
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return one_line(f"{where}{error.strerror}")
    if isinstance(error, MemoryError):
        return "not enough memory for this"
    said = one_line(str(error))
    name = type(error).__name__
    return f"unexpected {name}{': ' + said if said else ''} (--debug shows where)"


def _index(arguments: Sequence[str], item: str) -> int:
    return list(arguments).index(item) if item in arguments else len(arguments)


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """What Photopal logs goes to standard error, tracebacks included, as ``--debug`` promises.

    A command that lives on after an error, such as the chat page, has no other way to show where
    it came from.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    levels = {logger: logger.level for logger in map(logging.getLogger, LOGGERS)}
    logging.getLogger().addHandler(handler)
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        for logger, level in levels.items():
            logger.setLevel(level)


def _tolerate_odd_characters() -> None:
    """A file name or an emoji must not end a command on a terminal that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _calm_libraries() -> None:
    """Nothing but our own words on the terminal, and no report to anybody's server."""
    for name, value in {
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRACELOOP_TELEMETRY": "false",
        "LANGSMITH_TRACING": "false",
    }.items():
        os.environ.setdefault(name, value)
    # Pillow's remarks on odd files would run across the progress bar; real trouble raises.
    warnings.filterwarnings("ignore", module=r"PIL\.")


def _pipe_is_broken() -> bool:
    """Flush what is left. When nobody reads any more, the rest goes nowhere, without a word."""
    stream = sys.__stdout__
    if stream is None:
        return False
    try:
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return True
    except (OSError, ValueError):
        return False
    return False
