"""A cache on disk of tensors that are slow to compute; losing it costs time, nothing else.

The folder has a bound: when it is full, the files that were not used for the longest time go.
"""

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from retrieval.files import replacing

log = logging.getLogger(__name__)

MOST_BYTES = 4_000_000_000
"""Of all kept files of a folder together."""


def read_kept(file: Path | None) -> dict[str, Tensor] | None:
    """The tensors of a cached file; None when it is missing or damaged."""
    if file is None or not file.is_file():
        return None
    try:
        found = load_file(file)
    except (OSError, SafetensorError):
        log.warning("%s is damaged and is made again", file)
        return None
    with contextlib.suppress(OSError):
        # The time of the last use, by which the oldest are found.
        os.utime(file)
    return found


def keep(file: Path | None, tensors: Mapping[str, Tensor]) -> None:
    """Write a file whole or not at all; a full disk is no reason to stop a training.

    Then the folder is brought below :data:`MOST_BYTES` (:func:`trim`).
    """
    if file is None:
        return
    try:
        with replacing(file) as temporary:
            save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, temporary)
    except (OSError, SafetensorError) as error:
        log.warning("%s cannot be kept for the next time: %s", file, error)
    trim(file.parent, spare=file)


def trim(folder: Path, most: int | None = None, spare: Path | None = None) -> list[Path]:
    """Remove the kept files that were not used for the longest time; says so in the log.

    Args:
        folder: of kept files.
        most: bytes that may stay; :data:`MOST_BYTES` when None.
        spare: a file that stays, however large.

    Returns:
        The files that were removed.
    """
    most = MOST_BYTES if most is None else most
    found = []
    for path in folder.glob("*.safetensors"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime_ns, status.st_size, path))
    total, removed, freed = sum(size for _, size, _ in found), [], 0
    for _, size, path in sorted(found):
        if total - freed <= most:
            break
        if path != spare:
            with contextlib.suppress(OSError):
                path.unlink()
                removed.append(path)
                freed += size
    if removed:
        log.warning(
            "kept vectors of earlier trainings: removed %d files (%.1f GB) from %s, those unused "
            "for the longest time, so that all stay below %.1f GB",
            len(removed),
            freed / 1e9,
            folder,
            most / 1e9,
        )
    return removed
