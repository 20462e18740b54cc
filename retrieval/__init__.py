"""Photopal's retrieval: photos in, embeddings and ranked photos out. It knows nothing of chat.

The public face: what a program needs is imported from here, and only then loaded, so that
``import retrieval`` costs nothing::

    from pathlib import Path
    from retrieval import Library, Query, SearchOptions, Searcher, index_folders, load_encoder

    encoder = load_encoder("starter")
    with Library.open(Path("library.db"), create=True) as library:
        index_folders(library, encoder, [Path("photos")])
        found = Searcher(library, encoder).search(Query.of("a cat"), SearchOptions(k=5))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.encoders import Encoder as Encoder
    from retrieval.encoders import load_encoder as load_encoder
    from retrieval.errors import PhotopalError as PhotopalError
    from retrieval.errors import RetrievalError as RetrievalError
    from retrieval.indexing import IndexReport as IndexReport
    from retrieval.indexing import index_folders as index_folders
    from retrieval.library import Library as Library
    from retrieval.library import Photo as Photo
    from retrieval.photos.reading import open_image as open_image
    from retrieval.photos.samples import install_samples as install_samples
    from retrieval.search import DateRange as DateRange
    from retrieval.search import Filter as Filter
    from retrieval.search import Hit as Hit
    from retrieval.search import Place as Place
    from retrieval.search import Query as Query
    from retrieval.search import QueryText as QueryText
    from retrieval.search import Searcher as Searcher
    from retrieval.search import SearchOptions as SearchOptions
    from retrieval.search import SearchResult as SearchResult

_HOMES = {
    "Encoder": "encoders",
    "load_encoder": "encoders",
    "PhotopalError": "errors",
    "RetrievalError": "errors",
    "IndexReport": "indexing",
    "index_folders": "indexing",
    "Library": "library",
    "Photo": "library",
    "open_image": "photos.reading",
    "install_samples": "photos.samples",
    "DateRange": "search",
    "Filter": "search",
    "Hit": "search",
    "Place": "search",
    "Query": "search",
    "QueryText": "search",
    "SearchOptions": "search",
    "SearchResult": "search",
    "Searcher": "search",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
