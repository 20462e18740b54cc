"""Libraries of vectors without pictures, for what happens after the encoder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.library import Library
from retrieval.photos.metadata import Metadata

Vectors = NDArray[np.float32]


def clustered(count: int, dim: int, *, clusters: int = 200, seed: int = 0) -> Vectors:
    """Unit vectors [count, dim] in clusters, as those of photos are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(clusters, dim)).astype(np.float32)
    rows = centres[random.integers(clusters, size=count)]
    rows = rows + 0.7 * random.normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def put_vectors(
    library: Library, rows: Vectors, *, days: Sequence[str] = (), first: int = 0
) -> list[int]:
    """Photos with these vectors; their ids.

    Args:
        library: opened for writing.
        rows: unit vectors [n, dim].
        days: of each photo, as 2019-12-31; none: not known.
        first: number in the first photo's name.
    """
    dim = rows.shape[1]
    if library.dim != dim:
        library.set_encoder("vectors", "vectors", dim)
    ids = []
    with library.transaction():
        for number, row in enumerate(rows, start=first):
            day = days[number - first] if days else None
            ids.append(
                library.put_photo(
                    Path(f"/photos/{number // 100}/{number}.jpg"),
                    photo_id=None,
                    content_hash=f"{number:032x}",
                    size=1,
                    mtime_ns=1,
                    metadata=Metadata(8, 8, f"{day}T12:00:00" if day else None),
                    vector=row,
                )
            )
    return ids
