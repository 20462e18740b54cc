"""Which vector index a library uses: chosen by ``photopal index``, told by ``photopal status``."""

from typing import TYPE_CHECKING, Any

from bot.cli.output import note, working
from retrieval.errors import VectorServerError

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.library import Library
    from retrieval.vectors import VectorIndex


def chosen_index(
    books: "Library", settings: "Settings", vectors: str | None = None
) -> "VectorIndex":
    """The index to bring up to date; one that is asked for is checked, then remembered.

    Args:
        books: opened for writing.
        settings: with the index of this run.
        vectors: what the option ``--vectors`` says.

    Raises:
        VectorServerError: the server that was asked for cannot be used; nothing is changed.
    """
    from retrieval.vectors import LOCAL, open_index
    from retrieval.vectors.milvus_index import MilvusIndex

    index = open_index(books, settings.vectors, settings.vector_token)
    if vectors is None:
        return index
    address = None
    if isinstance(index, MilvusIndex):
        with working("Asking the vector server whether it is there …"):
            index.check(books)
        address = str(index.collection.address)
        if "@" in vectors:
            note(
                "photopal: the token in the address is used now and not kept: other commands "
                "want it as PHOTOPAL_MILVUS_TOKEN"
            )
    before = books.vector_server
    books.set_vector_server(address)
    if before not in (None, address):
        note(f"photopal: searches use {address or LOCAL} now; {before} stays as it is")
    return index


def index_state(books: "Library", settings: "Settings") -> dict[str, Any]:
    """What ``photopal status --json`` says of the index.

    ``path`` is that of the file beside the library and None for a server, ``server`` the other
    way round; ``vectors`` is how many the server holds, ``reason`` why it cannot be told.
    """
    from retrieval.vectors import open_index
    from retrieval.vectors.faiss_index import index_path
    from retrieval.vectors.milvus_index import MilvusIndex

    index = open_index(books, settings.vectors, settings.vector_token)
    if not isinstance(index, MilvusIndex):
        return {
            "path": str(index_path(books.path)),
            "server": None,
            "state": index.state(books),
            "kind": index.kind(books),
        }
    told: dict[str, Any] = {
        "path": None,
        "server": str(index.collection.address),
        "state": "away",
        "kind": index.kind(books),
        "vectors": None,
        "reason": None,
    }
    try:
        with working("Asking the vector server whether it is there …"):
            told["state"] = index.state(books)
            if told["state"] != "missing":
                told["vectors"] = index.collection.count(0)
    except VectorServerError as error:
        told["reason"] = str(error)
    return told


def index_line(state: dict[str, Any]) -> str:
    """The same for a person."""
    if not state.get("server"):
        return f"{state['state']} ({state['kind']})" if state["kind"] else str(state["state"])
    if state["reason"]:
        return f"not usable: {state['reason']}"
    line = f"{state['state']}: {state['kind']}, {state['server']}"
    if state["vectors"] is not None:
        line += f", {state['vectors']:,} photos"
    return line if state["state"] == "fresh" else f"{line}; photopal index brings it up to date"
