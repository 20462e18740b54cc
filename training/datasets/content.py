"""The content of photo files, to tell copies."""

import hashlib
from pathlib import Path


def content_hash(path: Path) -> str | None:
    """Hash of a file's bytes; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return None


def size_of(path: Path) -> int | None:
    """Of a file, in bytes; None when it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return None
