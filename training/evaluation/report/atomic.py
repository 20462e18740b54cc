"""Writes files whole or not at all."""

from collections.abc import Callable
from pathlib import Path

from retrieval.files import replacing
from training.evaluation.errors import ReportNotWritten


def write_file(path: Path, content: str | bytes | Callable[[Path], None]) -> None:
    """Write a file so that what bears its name is complete; the one before stays until then.

    Args:
        path: of the file.
        content: a text, bytes, or what writes into the path it is given.

    Raises:
        ReportNotWritten: the disk is full, or there is no permission.
    """
    try:
        with replacing(path) as temporary:
            if callable(content):
                content(temporary)
            elif isinstance(content, str):
                temporary.write_bytes(content.encode("utf-8", "replace"))
            else:
                temporary.write_bytes(content)
    except OSError as error:
        raise ReportNotWritten(
            f"the report {path} cannot be written: {error.strerror or error}; the numbers above "
            "are complete"
        ) from error
