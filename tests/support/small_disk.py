"""A real disk that is soon full."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MEGABYTES = 2
NOT_ALLOWED = "this process may not mount a disk"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes in memory; only root may mount one."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, timeout=30)
    except OSError:
        pytest.skip(NOT_ALLOWED)
    if done.returncode:
        pytest.skip(NOT_ALLOWED)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30)
