"""The library: which photos there are, and their vectors, in SQLite."""

from retrieval.library.library import KnownFile, Library, Photo

__all__ = ["KnownFile", "Library", "Photo"]
