"""Search: from a query to ranked photos."""

from retrieval.search.searcher import (
    SMALL_GALLERY,
    Hit,
    Query,
    QueryText,
    Searcher,
    SearchResult,
)

__all__ = ["SMALL_GALLERY", "Hit", "Query", "QueryText", "SearchResult", "Searcher"]
