"""Vectors of photos and queries by an embedder, from the cache where they are there."""

from collections.abc import Callable, Sequence
from pathlib import Path

from training.bench.base import BenchPhoto, BenchQuery, Embedder
from training.bench.cache import ContentKeys, VectorStore
from training.bench.embedding import Batches, Embedded, embed

AT_ONCE = 4
"""Batches that an embedder gets together, so that it reads the next while it embeds one."""


class Vectors:
    """Embeds for the bench; equal contents of one embedder once and for all."""

    def __init__(
        self,
        folder: Path,
        batch_size: int,
        progress: Callable[[str, int, int], None],
        note: Callable[[str], None],
    ) -> None:
        """Nothing is read yet.

        Args:
            folder: of kept vectors.
            batch_size: of the embedders.
            progress: told what is embedded, how many are done, and of how many.
            note: told in one line when batches become smaller.
        """
        self._folder = folder
        self._size = AT_ONCE * batch_size
        self._progress = progress
        self._note = note
        self._keys = ContentKeys()

    def of_photos(self, embedder: Embedder, photos: Sequence[BenchPhoto]) -> Embedded:
        """The vectors of photos."""
        return embed(
            photos,
            [self._keys.photo(photo) for photo in photos],
            Batches(embedder.embed_photos, self._size, self._note),
            VectorStore(self._folder, embedder.fingerprint, "photos"),
            lambda done, total: self._progress("photos", done, total),
        )

    def of_queries(self, embedder: Embedder, queries: Sequence[BenchQuery]) -> Embedded:
        """The vectors of queries, as the embedder makes them."""
        return embed(
            queries,
            [self._keys.query(query) for query in queries],
            Batches(embedder.embed_queries, self._size, self._note),
            VectorStore(self._folder, embedder.fingerprint, "queries"),
            lambda done, total: self._progress("queries", done, total),
        )
