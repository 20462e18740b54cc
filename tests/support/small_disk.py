"""A real disk that is soon full."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEGABYTES = 2
NOT_ALLOWED = "this process may not mount a disk"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of two megabytes in memory; only root may mount one.

    Not in pytest's folder: a server that runs as another user must get there.
    """
    folder = Path(tempfile.mkdtemp(prefix="small-disk"))
    folder.chmod(0o711)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=711", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, timeout=30)
    except OSError:
        done = None
    if done is None or done.returncode:
        folder.rmdir()
        pytest.skip(NOT_ALLOWED)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)
    folder.rmdir()
