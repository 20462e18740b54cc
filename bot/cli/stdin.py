"""Lines of standard input, in batches as they come."""

import os
from collections.abc import Iterator

BATCH = 64


def batches_of_lines(descriptor: int = 0) -> Iterator[list[str]]:
    """Lines as soon as they are there: one at a time from a person, many at once from a file.

    A program that writes one query and waits for its answer is served, and a file of a thousand
    queries is still encoded in batches.
    """
    rest = b""
    while chunk := os.read(descriptor, 65_536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from _in_batches(lines)
    if rest:
        yield from _in_batches([rest])


def _in_batches(lines: list[bytes]) -> Iterator[list[str]]:
    for start in range(0, len(lines), BATCH):
        yield [_text(line) for line in lines[start : start + BATCH]]


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace").removeprefix("\ufeff")
