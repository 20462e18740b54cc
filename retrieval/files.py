"""Writing files whole or not at all, and telling contents apart: the one place for both."""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PRIVATE = 0o600
SHARED = 0o644

STALE_SECONDS = 3600.0
"""A temporary file that nobody touched for so long was left behind by a killed process."""

_SUFFIX = ".part"


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = SHARED) -> Iterator[Path]:
    """Write a file through a temporary one beside it, which takes its place in the end.

    The block writes to the path that it is given. When it ends well, the new content is flushed
    to the disk and put in place in one step, so that a reader sees the old file or the new one,
    never a part, whatever happens to the process or the machine. When it raises, the temporary
    file is removed and the old one stays.

    Example::

        with replacing(folder / "model.safetensors") as temporary:
            save_file(tensors, temporary)

    Args:
        path: the file; its folder is made when it is missing.
        mode: permissions of the new file, :data:`SHARED` or :data:`PRIVATE`.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale_parts(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path), suffix=_SUFFIX)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        flush_file(temporary)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    flush_folder(path.parent)


def write_bytes(path: Path, content: bytes, *, mode: int = SHARED) -> None:
    """Write a file whole or not at all; see :func:`replacing`."""
    with replacing(path, mode=mode) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str, *, mode: int = SHARED) -> None:
    """Write a text in UTF-8 whole or not at all; see :func:`replacing`."""
    write_bytes(path, text.encode("utf-8"), mode=mode)


def remove_stale_parts(path: Path, older_than: float = STALE_SECONDS) -> None:
    """Remove the temporary files of this file that a killed process left behind.

    Args:
        path: the file that they were to become.
        older_than: seconds since the last write; a younger one may still be written.
    """
    prefix, now = _prefix(path), time.time()
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if not (entry.name.startswith(prefix) and entry.name.endswith(_SUFFIX)):
                continue
            with contextlib.suppress(OSError):
                if now - entry.stat(follow_symlinks=False).st_mtime > older_than:
                    os.unlink(entry.path)


def content_hash(content: bytes | memoryview) -> str:
    """Hash (32 hex digits) by which equal contents are recognised."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def file_hash(path: Path) -> str:
    """:func:`content_hash` of a file's bytes, without holding them all in memory.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _prefix(path: Path) -> str:
    # Hidden, so that no scan for photos or checkpoints takes it for one.
    return f".{path.name[:100]}."


def flush_file(path: Path) -> None:
    """Make a file's content survive a power cut."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where the system offers that."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
