"""Embeds what is not kept yet: in batches that fit the memory, with progress, piece by piece."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from retrieval.encoders.base import Embeddings
from retrieval.errors import UnreadableImage
from training.bench.cache import VectorStore
from training.bench.memory import peak_bytes, reset_peak
from training.errors import OutOfMemory, QueryUnsuitable, SizesDiffer

KEPT_TOGETHER = 256
"""Vectors that are written to disk at once; a killed run loses as many at most."""

_UNFIT = (UnreadableImage, QueryUnsuitable)
"""What one item of a batch may be; the others are embedded all the same."""

_NO_MEMORY = ("can't allocate memory", "out of memory", "not enough memory")

Item = TypeVar("Item")
Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


@dataclass(frozen=True)
class Embedded:
    """What came of embedding.

    Attributes:
        vectors: unit vectors [n, dim]; zeros where one failed.
        failed: why, by place.
        per_second: items embedded in a second, now or when they were embedded first; 0 unknown.
        peak_bytes: of memory while they were embedded; 0 unknown.
    """

    vectors: Embeddings
    failed: dict[int, str] = field(default_factory=dict)
    per_second: float = 0.0
    peak_bytes: int = 0


class Batches(Generic[Item]):
    """Embeds items in batches; one that the memory does not hold is halved, for good."""

    def __init__(
        self,
        embed: Callable[[Sequence[Item]], Embeddings],
        size: int,
        note: Callable[[str], None],
    ) -> None:
        """``embed`` gives unit vectors [n, dim]; ``note`` is told when batches become smaller."""
        self._embed = embed
        self._note = note
        self.size = size

    def vectors(self, items: Sequence[Item]) -> tuple[list[Embeddings | None], dict[int, str]]:
        """The vector [dim] of each item, and why some have none, by place.

        Raises:
            OutOfMemory: not even one at a time.
            SizesDiffer: the embedder gave another number of vectors, or no numbers.
        """
        found: list[Embeddings | None] = []
        failed: dict[int, str] = {}
        while len(found) < len(items):
            some = items[len(found) : len(found) + self.size]
            try:
                found += self._checked(some)
            except _UNFIT:
                # One of them: each alone shows which.
                for one in some:
                    self._alone(one, found, failed)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._halve()
        return found, failed

    def _alone(self, item: Item, found: list[Embeddings | None], failed: dict[int, str]) -> None:
        try:
            found += self._checked([item])
        except _UNFIT as error:
            # A query's message begins with its id; queries are counted by the reason.
            failed[len(found)] = str(error).rpartition(": ")[2]
            found.append(None)

    def _checked(self, items: Sequence[Item]) -> list[Embeddings]:
        vectors = np.asarray(self._embed(items), dtype=np.float32)
        if vectors.ndim != 2 or len(vectors) != len(items):
            shape = " × ".join(map(str, vectors.shape))
            raise SizesDiffer(f"the embedder gave {shape} numbers for {len(items)} items")
        if not np.isfinite(vectors).all():
            raise SizesDiffer("the embedder gave vectors that hold no numbers (NaN or infinite)")
        return list(vectors)

    def _halve(self) -> None:
        if self.size == 1:
            raise OutOfMemory("the memory does not hold even one item at a time") from None
        self.size //= 2
        self._note(f"out of memory: going on with batches of {self.size}")


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that the memory is full, of the machine or of an accelerator."""
    if isinstance(error, OutOfMemory | MemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(one in said for one in _NO_MEMORY)


def embed(
    items: Sequence[Item],
    keys: Sequence[str],
    batches: Batches[Item],
    store: VectorStore,
    progress: Progress,
) -> Embedded:
    """The vectors of all items; those that are kept are not embedded again.

    What was embedded is kept also when this ends early, by Ctrl-C or an error.

    Args:
        items: photos or queries.
        keys: of their contents; equal ones are embedded once.
        batches: embeds.
        store: of kept vectors.
        progress: told after each batch.

    Raises:
        OutOfMemory, SizesDiffer: as :meth:`Batches.vectors`; and vectors of two lengths.
    """
    places: dict[str, int] = {}
    for place, key in enumerate(keys):
        if key not in store:
            places.setdefault(key, place)
    todo = list(places)
    reasons: dict[str, str] = {}
    done = len(keys) - len(todo)
    progress(done, len(keys))
    while todo:
        some, todo = todo[:KEPT_TOGETHER], todo[KEPT_TOGETHER:]

        def advance(count: int, before: int = done) -> None:
            progress(before + count, len(keys))

        reasons |= _piece([items[places[key]] for key in some], some, batches, store, advance)
        done += len(some)
    failed = {place: reasons[key] for place, key in enumerate(keys) if key in reasons}
    return Embedded(
        _stacked([store.vector(key) if key in store else None for key in keys]),
        failed,
        len(store) / store.seconds if store.seconds else 0.0,
        store.peak_bytes,
    )


def _piece(
    items: Sequence[Item],
    keys: Sequence[str],
    batches: Batches[Item],
    store: VectorStore,
    advance: Callable[[int], None],
) -> dict[str, str]:
    """Embed and keep a piece; why items have no vector, by key."""
    reset_peak()
    begun = time.perf_counter()
    reasons: dict[str, str] = {}
    new: dict[str, Embeddings] = {}
    try:
        while len(new) + len(reasons) < len(keys):
            start = len(new) + len(reasons)
            stop = start + batches.size
            vectors, failed = batches.vectors(items[start:stop])
            for place, vector in enumerate(vectors):
                if vector is None:
                    reasons[keys[start + place]] = failed[place]
                else:
                    new[keys[start + place]] = vector
            advance(start + len(vectors))
    finally:
        if new:
            seconds = time.perf_counter() - begun
            store.add(list(new), _stacked(list(new.values())), seconds, peak_bytes())
    return reasons


def _stacked(rows: Sequence[Embeddings | None]) -> Embeddings:
    sizes = {len(row) for row in rows if row is not None}
    if len(sizes) > 1:
        raise SizesDiffer(
            f"vectors of {' and '.join(map(str, sorted(sizes)))} numbers cannot be compared"
        )
    stacked = np.zeros((len(rows), sizes.pop() if sizes else 0), dtype=np.float32)
    for row, vector in zip(stacked, rows, strict=True):
        if vector is not None:
            row[:] = vector
    return stacked
