"""The library: which photos there are, and their vectors, in SQLite."""

from retrieval.library.library import Library
from retrieval.library.records import Counts, Facts, KnownFile, Photo

__all__ = ["Counts", "Facts", "KnownFile", "Library", "Photo"]
