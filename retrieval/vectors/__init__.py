"""Vector indexes: one protocol, :class:`VectorIndex`, and its implementations.

Beside the library lies a FAISS index, unless a vector server was chosen (``photopal index
--vectors``). A search asks that server only: where it is away, a line says so and how to search
without it. Falling back in silence would read a library into memory that was put on a server
because it is too large for that.
"""

from retrieval.errors import VectorServerError
from retrieval.library import Library
from retrieval.vectors.base import IndexState, VectorIndex

__all__ = ["LOCAL", "IndexState", "VectorIndex", "open_index", "save_index"]

LOCAL = "local"
"""Names the index beside the library, where a server could be named."""


def open_index(library: Library, server: str | None = None, token: str = "") -> VectorIndex:
    """The index of a library; nothing is read or sent before the first use.

    Args:
        library: open; it remembers its server, if it has one.
        server: ``http://host:19530/name`` of a Milvus server, or :data:`LOCAL` for the index
            beside the library; None for what the library remembers.
        token: of the server, where its address holds none.

    Raises:
        VectorServerRefused: the address is none.
    """
    server = server or library.vector_server or LOCAL
    if server == LOCAL:
        from retrieval.vectors.faiss_index import FaissIndex, index_path

        return FaissIndex(index_path(library.path))
    from retrieval.vectors.milvus_address import MilvusAddress
    from retrieval.vectors.milvus_collection import MilvusCollection
    from retrieval.vectors.milvus_index import MilvusIndex

    return MilvusIndex(MilvusCollection(MilvusAddress.parse(server, token)))


def save_index(index: VectorIndex) -> VectorServerError | None:
    """Keep an index for the next process; what kept a server from it, which is no loss."""
    try:
        index.save()
    except VectorServerError as error:
        return error
    return None
