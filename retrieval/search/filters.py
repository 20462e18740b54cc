"""The options of a search, and the filter in them."""

from dataclasses import dataclass

from retrieval.filters import DateRange, Filter, Place

__all__ = ["DateRange", "Filter", "Place", "SearchOptions"]

_EVERYTHING = Filter()


@dataclass(frozen=True)
class SearchOptions:
    """How to search.

    Attributes:
        k: how many photos, or groups of photos when collapsing.
        cutoff: leave out what does not fit, which may be everything.
        collapse: show near-duplicates as one.
        filter: which photos may be found; applied before ranking.
    """

    k: int = 10
    cutoff: bool = False
    collapse: bool = False
    filter: Filter = _EVERYTHING

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError("k must be at least 1")
