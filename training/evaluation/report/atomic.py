"""Writes files whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from training.evaluation.errors import ReportNotWritten


def write_file(path: Path, content: str | bytes | Callable[[Path], None]) -> None:
    """Write a file so that what bears its name is complete; the one before stays until then.

    Args:
        path: of the file.
        content: a text, bytes, or what writes into the path it is given.

    Raises:
        ReportNotWritten: the disk is full, or there is no permission.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            if isinstance(content, str):
                file.write(content.encode("utf-8", "replace"))
            elif isinstance(content, bytes):
                file.write(content)
        if callable(content):
            content(temporary)
        # mkstemp is for its owner alone; a report is meant to be shown around.
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ReportNotWritten(
            f"the report {path} cannot be written: {error.strerror or error}; the numbers above "
            "are complete"
        ) from error
