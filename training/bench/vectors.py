"""Vectors of photos and queries by an embedder, from the cache where they are there."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from training.bench.base import BenchPhoto, BenchQuery, Embedder
from training.bench.cache import ContentKeys, VectorStore
from training.bench.embedders import Concatenation
from training.bench.embedding import Batches, Embedded, embed

if TYPE_CHECKING:
    from retrieval.encoders.base import Embeddings
    from training.bench.composed import FusionSpec

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
        if isinstance(embedder, Concatenation):
            return _joined(embedder, [self.of_photos(one, photos) for one in embedder.parts])
        return embed(
            photos,
            [self._keys.photo(photo) for photo in photos],
            Batches(embedder.embed_photos, self._size, self._note),
            VectorStore(self._folder, embedder.fingerprint, "photos"),
            lambda done, total: self._progress("photos", done, total),
        )

    def of_queries(self, embedder: Embedder, queries: Sequence[BenchQuery]) -> Embedded:
        """The vectors of queries, as the embedder makes them."""
        if isinstance(embedder, Concatenation):
            return _joined(embedder, [self.of_queries(one, queries) for one in embedder.parts])
        return embed(
            queries,
            [self._keys.query(query) for query in queries],
            Batches(embedder.embed_queries, self._size, self._note),
            VectorStore(self._folder, embedder.fingerprint, "queries"),
            lambda done, total: self._progress("queries", done, total),
        )

    def of_composed_queries(
        self,
        embedder: Embedder,
        queries: Sequence[BenchQuery],
        fusion: "FusionSpec",
        gallery: "Embeddings",
        root: Path,
    ) -> Embedded:
        """The vectors of queries whose parts are embedded alone and fused.

        Args:
            embedder: of the parts.
            queries: of texts, photos and terms that must not be there.
            fusion: how they become one.
            gallery: vectors of the photos that are ranked.
            root: folder of the data.
        """
        from training.bench.composed import compose, embed_parts

        speeds = [0.0]
        peaks = [0]

        def parts_of(alone: Sequence[BenchQuery]) -> "Embeddings":
            found = self.of_queries(embedder, alone)
            speeds.append(found.per_second)
            peaks.append(found.peak_bytes)
            return found.vectors

        parts = embed_parts(queries, parts_of, gallery.shape[1])
        failed = {
            place: why
            for place, query in enumerate(queries)
            if (why := _missing_part(query, parts.texts[place].any(), parts.photos[place].any()))
        }
        vectors = compose(fusion, parts, gallery, root)
        return Embedded(vectors, failed, max(speeds), max(peaks))


def _missing_part(query: BenchQuery, said: bool, shown: bool) -> str:
    """Why a query cannot be asked; "" where it can."""
    if query.photo is not None and not shown:
        return "its photo cannot be embedded"
    if query.text and not said:
        return "its text cannot be embedded"
    return "" if said or shown else "it has neither text nor photo"


def _joined(embedder: Concatenation, parts: Sequence[Embedded]) -> Embedded:
    seconds = [1 / one.per_second if one.per_second else 0.0 for one in parts]
    return Embedded(
        embedder.join([one.vectors for one in parts]),
        {place: why for one in parts for place, why in one.failed.items()},
        1 / sum(seconds) if all(seconds) else 0.0,
        max(one.peak_bytes for one in parts),
    )
