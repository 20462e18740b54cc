"""The content of photo files, to tell copies."""

from pathlib import Path

from retrieval.files import file_hash


def content_hash(path: Path) -> str | None:
    """Hash of a file's bytes; None when it cannot be read."""
    try:
        return file_hash(path)
    except OSError:
        return None


def size_of(path: Path) -> int | None:
    """Of a file, in bytes; None when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return None
