"""The options of a search, and the filter in them."""

from dataclasses import dataclass

from retrieval.filters import DateRange, Filter, Place

__all__ = ["DateRange", "Filter", "Judged", "Place", "SearchOptions"]

_EVERYTHING = Filter()


@dataclass(frozen=True)
class Judged:
    """What a person said of photos that were found (relevance feedback).

    Attributes:
        liked: ids of photos that fit: what is like them is put higher.
        disliked: ids of photos that do not: what looks much like one of them is put lower.
    """

    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self.liked or self.disliked)


_NOTHING_SAID = Judged()


@dataclass(frozen=True)
class SearchOptions:
    """How to search.

    Attributes:
        k: how many photos, or groups of photos when collapsing.
        cutoff: leave out what does not fit, which may be everything.
        collapse: show near-duplicates as one.
        filter: which photos may be found; applied before ranking.
        judged: photos that were liked and turned down before, by which the order changes.
    """

    k: int = 10
    cutoff: bool = False
    collapse: bool = False
    filter: Filter = _EVERYTHING
    judged: Judged = _NOTHING_SAID

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError("k must be at least 1")
