"""Vectors that were embedded before, on disk: by the embedder's fingerprint and the content.

Each piece of work is a file of its own, written whole or not at all, so a run that is killed loses
the piece at hand and nothing else. The folder is bounded (:func:`training.encoders.cache.keep`).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Embeddings
from retrieval.files import content_hash, file_hash
from training.bench.base import BenchPhoto, BenchQuery

VECTORS, KEYS, EFFORT = "vectors", "keys", "seconds_and_peak_bytes"


class ContentKeys:
    """Tells contents apart: a photo by its id, bytes and captions, a query by what it says.

    The bytes of a photo are read once while this lives.
    """

    def __init__(self) -> None:
        self._photos: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def photo(self, photo: BenchPhoto) -> str:
        """32 hex digits."""
        known = (photo.id, str(photo.path), photo.captions)
        if known not in self._photos:
            try:
                content = file_hash(photo.path)
            except OSError:
                # Embedders that go by captions never open it.
                content = ""
            self._photos[known] = _hashed([photo.id, content, photo.captions])
        return self._photos[known]

    def query(self, query: BenchQuery) -> str:
        """32 hex digits."""
        shown = self.photo(query.photo) if query.photo is not None else ""
        return _hashed([query.text, query.minus, shown])


def _hashed(values: Sequence[object]) -> str:
    return content_hash(json.dumps(values).encode("ascii"))


class VectorStore:
    """The kept vectors of one embedder, of photos or of queries."""

    def __init__(self, folder: Path, fingerprint: str, kind: str) -> None:
        """Read what there is.

        Args:
            folder: of all kept vectors.
            fingerprint: of the embedder.
            kind: ``photos`` or ``queries``.
        """
        from training.encoders.cache import read_kept

        self._folder = folder
        self._prefix = f"{_hashed([fingerprint])[:16]}-{kind}-"
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self.seconds = 0.0
        self.peak_bytes = 0
        for file in sorted(folder.glob(f"{self._prefix}*.safetensors")):
            kept = read_kept(file)
            if kept is None or not {VECTORS, KEYS, EFFORT} <= kept.keys():
                continue
            keys = [bytes(row).hex() for row in kept[KEYS].numpy()]
            self._vectors.update(zip(keys, kept[VECTORS].numpy(), strict=True))
            seconds, peak = kept[EFFORT].tolist()
            self.seconds += seconds
            self.peak_bytes = max(self.peak_bytes, int(peak))

    def __len__(self) -> int:
        """Vectors that are kept."""
        return len(self._vectors)

    def __contains__(self, key: str) -> bool:
        """Whether a content was embedded before."""
        return key in self._vectors

    def vector(self, key: str) -> NDArray[np.float32]:
        """Of a content that is known [dim]."""
        return self._vectors[key]

    def add(self, keys: Sequence[str], vectors: Embeddings, seconds: float, peak: int) -> None:
        """Keep vectors, in memory and on disk; a full disk only costs time the next time.

        Args:
            keys: of the contents, each once.
            vectors: theirs [n, dim].
            seconds: that embedding them took.
            peak: bytes of memory that it took at most.
        """
        import torch

        from training.encoders.cache import keep

        if not keys:
            return
        self._vectors.update(zip(keys, vectors, strict=True))
        self.seconds += seconds
        self.peak_bytes = max(self.peak_bytes, peak)
        rows = np.frombuffer(bytes.fromhex("".join(keys)), np.uint8).reshape(len(keys), -1)
        keep(
            self._folder / f"{self._prefix}{_hashed(list(keys))}.safetensors",
            {
                VECTORS: torch.from_numpy(np.ascontiguousarray(vectors)),
                KEYS: torch.from_numpy(rows.copy()),
                EFFORT: torch.tensor([seconds, float(peak)], dtype=torch.float64),
            },
        )
