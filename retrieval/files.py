"""Writing files whole or not at all, and telling contents apart: the one place for both."""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PRIVATE = 0o600
SHARED = 0o644

STALE_SECONDS = 3600.0
"""Where the system has no locks on files, a temporary one that nobody touched for so long was
left behind by a killed process."""

PART_SUFFIX = ".part"
"""Of temporary files; their names begin with a dot and the name of the file to come."""


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
    with _new_part(path) as temporary:
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
        older_than: seconds since the last write, where the system has no locks on files; a younger
            one may still be written there.
    """
    prefix = _prefix(path)
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        parts = [
            Path(entry.path)
            for entry in entries
            if entry.name.startswith(prefix) and entry.name.endswith(PART_SUFFIX)
        ]
        for part in parts:
            remove_if_left_behind(part, older_than)


def remove_if_left_behind(part: Path, older_than: float = STALE_SECONDS) -> bool:
    """Remove a temporary file of :func:`replacing` unless a living process writes it; whether so.

    Args:
        part: the temporary file.
        older_than: as in :func:`remove_stale_parts`.
    """
    return _left_behind(part, older_than, remove=True)


def is_left_behind(part: Path, older_than: float = STALE_SECONDS) -> bool:
    """Whether :func:`remove_if_left_behind` would remove this file."""
    return _left_behind(part, older_than, remove=False)


def _left_behind(part: Path, older_than: float, *, remove: bool) -> bool:
    with contextlib.suppress(OSError), open(part, "rb+") as file:
        held = _locked(file.fileno())
        if held or (held is None and time.time() - part.stat().st_mtime > older_than):
            if remove:
                part.unlink()
            return True
    return False


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


@contextlib.contextmanager
def _new_part(path: Path) -> Iterator[Path]:
    """A temporary file beside this one, which is locked for as long as the block lasts.

    The lock ends with the process, however that ends, and so tells what was left behind.
    """
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path), suffix=PART_SUFFIX)
        # Another process may have taken it for left behind before it was locked.
        if _locked(handle) is not False and os.fstat(handle).st_nlink:
            break
        os.close(handle)
    if fcntl is None:
        # An open file cannot be renamed there.
        os.close(handle)
        yield Path(name)
        return
    try:
        yield Path(name)
    finally:
        os.close(handle)


def _locked(descriptor: int) -> bool | None:
    """Lock an open file; False when another process has, None where there are no such locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


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
