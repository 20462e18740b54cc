"""Search: from a query to ranked photos."""

from retrieval.search.filters import DateRange, Filter, Judged, Place, SearchOptions
from retrieval.search.following import FollowingSearcher
from retrieval.search.hits import Hit
from retrieval.search.query import Query, QueryPicture, QueryText, Written
from retrieval.search.searcher import SMALL_GALLERY, Searcher, SearchResult

__all__ = [
    "SMALL_GALLERY",
    "DateRange",
    "Filter",
    "FollowingSearcher",
    "Hit",
    "Judged",
    "Place",
    "Query",
    "QueryPicture",
    "QueryText",
    "SearchOptions",
    "SearchResult",
    "Searcher",
    "Written",
]
