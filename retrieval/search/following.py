"""A searcher that goes on when the library gets another encoder while it is in use."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from retrieval.encoders.base import Encoder
from retrieval.errors import EncoderMismatch
from retrieval.library import Library
from retrieval.search.filters import SearchOptions
from retrieval.search.query import Query
from retrieval.search.searcher import DEFAULTS, Searcher, SearchResult
from retrieval.vectors import VectorIndex, open_index
from retrieval.vectors.base import Ids, Vectors

Result = TypeVar("Result")

TRIES = 5
"""The library may get another encoder once more while one is loaded, and yet again."""


class FollowingSearcher(Searcher):
    """Answers with the encoder that the library has now. Safe to use from several threads.

    For each encoder there is a plain :class:`Searcher` with an index of its own, so that the vector
    of a query never meets photos of another encoder: a search that a change falls into is made
    once more, as a whole.
    """

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        load: Callable[[str], Encoder],
        new_index: Callable[[], VectorIndex] | None = None,
    ) -> None:
        """Nothing is loaded before the first search.

        Args:
            library: open; kept open for as long as the searcher is used.
            encoder: the one that the library has now.
            load: loads the encoder of this name; slow, and may raise EncoderUnavailable.
            new_index: makes an index over the library, one for each encoder; by default of the
                kind that the library remembers.
        """
        self._new_index = new_index or partial(open_index, library)
        super().__init__(library, encoder, self._new_index())
        self._load = load
        self._current = Searcher(library, encoder, self.index)
        self._seen = self._now()
        self._following = threading.Lock()

    def search_many(
        self, queries: Sequence[Query], options: SearchOptions = DEFAULTS
    ) -> list[SearchResult]:
        """As :meth:`Searcher.search_many`."""
        return self._try(lambda searcher: searcher.search_many(queries, options))

    def scores(self, queries: Sequence[Query]) -> tuple[Ids, Vectors]:
        """As :meth:`Searcher.scores`."""
        return self._try(lambda searcher: searcher.scores(queries))

    def follow(self) -> bool:
        """Take over the library's encoder, where it is another than before; whether it was.

        Raises:
            EncoderUnavailable, EncoderFolderInvalid: it cannot be loaded.
        """
        if self._now() == self._seen:
            return False
        with self._following:
            now = self._now()
            if now == self._seen:
                return False
            fingerprint, name = now
            if fingerprint is not None and name is not None:
                encoder = self._load(name)
                self._current = Searcher(self.library, encoder, self._new_index())
                self.encoder, self.index = self._current.encoder, self._current.index
                self._calibration = None
            self._seen = now
        return True

    def _now(self) -> tuple[str | None, str | None]:
        with self.library.snapshot():
            return self.library.fingerprint, self.library.encoder_name

    def _try(self, work: Callable[[Searcher], Result]) -> Result:
        for left in reversed(range(TRIES)):
            self.follow()
            try:
                return work(self._current)
            except EncoderMismatch:
                # Whether the library has another encoder now does not tell: it may have had one
                # for a moment only.
                if not left:
                    raise
        raise AssertionError
