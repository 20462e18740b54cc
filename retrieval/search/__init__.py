"""Search: from a query to ranked photos."""

from retrieval.search.filters import DateRange, Filter, Place, SearchOptions
from retrieval.search.searcher import (
    SMALL_GALLERY,
    Hit,
    Query,
    QueryText,
    Searcher,
    SearchResult,
)

__all__ = [
    "SMALL_GALLERY",
    "DateRange",
    "Filter",
    "Hit",
    "Place",
    "Query",
    "QueryText",
    "SearchOptions",
    "SearchResult",
    "Searcher",
]
