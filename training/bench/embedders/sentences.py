"""The embedder that never sees a photo: it compares a query with captions."""

from collections.abc import Callable, Sequence
from functools import cached_property

from retrieval.encoders.base import Embeddings
from retrieval.encoders.folder import fingerprint_of
from training.bench.base import BenchPhoto, BenchQuery, Cost
from training.bench.embedders.captions import CaptionSource
from training.bench.embedders.embedder import CostWhenAsked, embed_texts
from training.bench.embedders.networks import TextNetwork
from training.bench.embedders.vectors import memory_errors
from training.errors import QueryUnsuitable


class CaptionEmbedder(CostWhenAsked):
    """A photo's vector is that of its caption; a query without a text goes by its photo's caption.

    See :class:`training.bench.base.Embedder`.

    Attributes:
        batch_size: photos or texts at a time; may be made smaller at any time.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        load: Callable[[], TextNetwork],
        captions: CaptionSource,
        *,
        batch_size: int = 32,
    ) -> None:
        """Nothing is loaded yet.

        Args:
            name: for reports.
            fingerprint: of the network.
            load: the network.
            captions: of the photos.
            batch_size: photos or texts at a time.
        """
        self.name = name
        self.fingerprint = fingerprint_of(fingerprint, captions.fingerprint)
        self.batch_size = batch_size
        self._load = load
        self._captions = captions

    def embed_photos(self, photos: Sequence[BenchPhoto]) -> Embeddings:
        """Unit vectors [n, dim].

        Raises:
            QueryUnsuitable: a photo has no caption.
            PhotoUnreadable: one cannot be read, where a model writes the captions.
            OutOfMemory: a batch is too large.
            VectorsInvalid: the network gives none.
        """
        texts = self._captions.texts(photos, self.batch_size)
        return embed_texts(self._network, texts, self.batch_size, self.name)

    def embed_queries(self, queries: Sequence[BenchQuery]) -> Embeddings:
        """Unit vectors [n, dim].

        Raises:
            QueryUnsuitable: one has neither a text nor a photo.
            PhotoUnreadable, OutOfMemory, VectorsInvalid: see :meth:`embed_photos`.
        """
        shown = [query.photo for query in queries if not query.text.strip() and query.photo]
        written = iter(self._captions.texts(shown, self.batch_size))
        texts = []
        for query in queries:
            if query.text.strip():
                texts.append(query.text)
            elif query.photo is not None:
                texts.append(next(written))
            else:
                raise QueryUnsuitable(
                    f"{self.name} cannot embed query {query.id}: it has neither text nor photo"
                )
        return embed_texts(self._network, texts, self.batch_size, self.name)

    def _find_cost(self) -> Cost:
        # The one that writes captions counts, too.
        parameters = self._network.count_parameters() + self._captions.count_parameters()
        return Cost(parameters, self._network.text_dim)

    @cached_property
    def _network(self) -> TextNetwork:
        with memory_errors(f"loading {self.name}"):
            return self._load()
