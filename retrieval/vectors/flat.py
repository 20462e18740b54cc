"""All vectors in memory, searched exactly: right for up to some 100,000 photos."""

from typing import Any, Protocol

import numpy as np

from retrieval.vectors.base import NO_IDS, Ids, Ranking, Vectors, members, ranked

SMALL_SUBSET = 2_000
"""Up to so many allowed photos are scored one by one; FAISS would pass over all others."""


class VectorStore(Protocol):
    """Where :class:`retrieval.vectors.faiss_index.FaissIndex` keeps the vectors it searches."""

    ids: Ids
    """Of all photos, in growing order."""

    def alter(self, gone: Ids, new: Ids, rows: Vectors) -> None:
        """Take photos out, then put new ones in with their vectors [new, dim]."""
        ...

    def search(self, queries: Vectors, k: int, allowed: Ids | None) -> list[Ranking]:
        """The ``k`` best, at most as many as there are, for queries [q, dim].

        ``allowed`` holds ids in growing order; those that are not here are left out.
        """
        ...

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of photos that are here."""
        ...


class FlatVectors:
    """A flat FAISS index with photo ids; a :class:`VectorStore`.

    Attributes:
        ids: of all photos, in growing order.
        flat: the ``IndexIDMap2`` over an ``IndexFlatIP``.
    """

    def __init__(self, flat: Any) -> None:
        """Take over a FAISS index; :meth:`empty` makes a new one."""
        self.flat = flat
        ids: Ids = load_faiss().vector_to_array(flat.id_map).astype(np.int64)
        self.ids = np.sort(ids)

    @classmethod
    def empty(cls, dim: int, room: int = 0) -> "FlatVectors":
        """Without any photo.

        Args:
            dim: of the vectors.
            room: for so many photos memory is taken at once. What grows piece by piece is copied
                into twice the room again and again, and for a moment both are there.
        """
        faiss = load_faiss()
        flat = faiss.IndexFlatIP(dim)
        flat.codes.resize(room * flat.code_size)
        flat.codes.resize(0)
        return cls(faiss.IndexIDMap2(flat))

    def add(self, ids: Ids, rows: Vectors) -> None:
        """Put new photos in, whose ids are higher than all that are here."""
        self.flat.add_with_ids(rows, ids)
        self.ids = np.concatenate([self.ids, ids])

    def alter(self, gone: Ids, new: Ids, rows: Vectors) -> None:
        """Take photos out and put others in."""
        if len(gone):
            self.flat.remove_ids(gone)
        if len(new):
            self.flat.add_with_ids(rows, new)
        kept = np.setdiff1d(self.ids, gone, assume_unique=True)
        self.ids = np.sort(np.concatenate([kept, new]), kind="stable")

    def search(self, queries: Vectors, k: int, allowed: Ids | None) -> list[Ranking]:
        """The nearest photos, exactly; see :class:`VectorStore`."""
        if allowed is not None:
            allowed = members(self.ids, allowed)
        k = min(k, len(self.ids) if allowed is None else len(allowed))
        if k <= 0:
            return [(NO_IDS, np.empty(0, np.float32))] * len(queries)
        if allowed is not None and len(allowed) <= SMALL_SUBSET:
            scores = queries @ self.vectors(allowed).T
            return [ranked(allowed, row, k) for row in scores]
        found, ids = self.flat.search(queries, k, params=_only(allowed))
        return [ranked(*row, k) for row in zip(ids, found, strict=True)]

    def vectors(self, ids: Ids) -> Vectors:
        """Vectors [n, dim] of photos that are here."""
        wanted = np.ascontiguousarray(ids, dtype=np.int64)
        if len(wanted) == 0:
            return np.empty((0, self.flat.d), dtype=np.float32)
        rows: Vectors = self.flat.reconstruct_batch(wanted)
        return rows


def load_faiss() -> Any:
    """The package, loaded when first needed; its own types do not describe what it takes."""
    import faiss

    return faiss


def selector(chosen: "np.typing.NDArray[np.bool_]") -> Any:
    """FAISS's selector of the numbers whose place in an array of truths is true."""
    return load_faiss().IDSelectorBitmap(np.packbits(chosen, bitorder="little"))


def _only(allowed: Ids | None) -> Any:
    """FAISS's parameters for a search among some ids; a bit for each id."""
    if allowed is None:
        return None
    bits = np.zeros(int(allowed[-1]) + 1, dtype=bool)
    bits[allowed] = True
    return load_faiss().SearchParameters(sel=selector(bits))
