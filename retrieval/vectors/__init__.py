"""Vector indexes: one protocol, :class:`VectorIndex`, and its implementations."""

from retrieval.library import Library
from retrieval.vectors.base import IndexState, VectorIndex

__all__ = ["IndexState", "VectorIndex", "open_index"]


def open_index(library: Library) -> VectorIndex:
    """The index of a library, as it is kept beside it; nothing is read before the first use."""
    from retrieval.vectors.faiss_index import FaissIndex, index_path

    return FaissIndex(index_path(library.path))
