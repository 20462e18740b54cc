"""What the command line writes: results on standard output, everything else on standard error."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console


class Results:
    """Standard output. With ``--json`` it carries JSON objects, one a line, and nothing else."""

    def __init__(self, stream: TextIO, as_json: bool) -> None:
        self.as_json = as_json
        self._stream = stream

    def json(self, value: Mapping[str, Any]) -> None:
        """Write one object as one line, at once."""
        self._stream.write(json.dumps(value, allow_nan=False) + "\n")
        self._stream.flush()

    def line(self, text: str = "") -> None:
        """Write a line for a person."""
        self._stream.write(printable(text) + "\n")
        self._stream.flush()

    def console(self) -> "Console":
        """A rich console for tables."""
        from rich.console import Console

        return Console(file=self._stream, highlight=False)


@contextlib.contextmanager
def results(as_json: bool) -> Iterator[Results]:
    """Standard output for results; whatever a library prints meanwhile goes to standard error."""
    stream = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        yield Results(stream, as_json)


def protocol_output() -> TextIO:
    """Take standard output for a protocol; what anybody else writes goes to standard error.

    The file descriptor itself is taken, so that code in C cannot write between two messages. It is
    not given back: until the process ends, nothing but the protocol may be there.
    """
    sys.stdout.flush()
    binary = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n")


def note(text: str) -> None:
    """Say something to the person on standard error."""
    print(printable(text), file=sys.stderr, flush=True)


@contextlib.contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """A spinner on standard error while something takes its time; silent in a pipe.

    What is given changes its text.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(text) as status:
        yield status.update


def printable(text: str) -> str:
    """Without control characters: a file's name cannot command the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def one_line(text: str) -> str:
    """The text on one line, whatever it holds."""
    return printable(" ".join(text.split()))


def counted(number: int, noun: str) -> str:
    """ "1 photo", "1,200 photos"."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"
