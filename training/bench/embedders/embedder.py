"""The embedder around two networks that share a space, or around one that sees photos alone."""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from retrieval.encoders.base import Embeddings
from retrieval.encoders.folder import fingerprint_of
from training.bench.base import BenchPhoto, BenchQuery, Cost
from training.bench.embedders.networks import ImageNetwork, TextNetwork, TwoTowers
from training.bench.embedders.photos import photo_batches
from training.bench.embedders.specs import QuerySide
from training.bench.embedders.vectors import memory_errors, unit_vectors
from training.errors import QueryUnsuitable


class CostWhenAsked:
    """``cost`` is found out when it is first asked for, which loads the networks.

    Whoever knows it from an earlier run can set it, and nothing is loaded.
    """

    _known_cost: Cost | None = None

    @property
    def cost(self) -> Cost:
        """What the embedder takes."""
        if self._known_cost is None:
            self._known_cost = self._find_cost()
        return self._known_cost

    @cost.setter
    def cost(self, cost: Cost) -> None:
        self._known_cost = cost

    def _find_cost(self) -> Cost:
        raise NotImplementedError


class TwoTowerEmbedder(CostWhenAsked):
    """Embeds photos, and queries by their text or their photo.

    The networks are loaded when they are first needed: whoever has all vectors already waits for
    nothing. See :class:`training.bench.base.Embedder`.

    Attributes:
        batch_size: photos or texts at a time; may be made smaller at any time.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        load: Callable[[], TwoTowers],
        *,
        query: QuerySide = "auto",
        batch_size: int = 32,
    ) -> None:
        """Nothing is loaded yet.

        Args:
            name: for reports.
            fingerprint: of the networks.
            load: the networks.
            query: what of a query is embedded.
            batch_size: photos or texts at a time.
        """
        self.name = name
        self.fingerprint = fingerprint_of(fingerprint, query)
        self.batch_size = batch_size
        self._load = load
        self._query = query

    def embed_photos(self, photos: Sequence[BenchPhoto]) -> Embeddings:
        """Unit vectors [n, dim].

        Raises:
            PhotoUnreadable: one cannot be read.
            OutOfMemory: a batch is too large.
            VectorsInvalid: the network gives none.
        """
        return embed_photos(self._networks, photos, self.batch_size, self.name)

    def embed_queries(self, queries: Sequence[BenchQuery]) -> Embeddings:
        """Unit vectors [n, dim].

        Raises:
            QueryUnsuitable: one has no text, or no photo, where that is embedded.
            PhotoUnreadable, OutOfMemory, VectorsInvalid: see :meth:`embed_photos`.
        """
        networks = self._networks
        texts: dict[int, str] = {}
        photos: dict[int, BenchPhoto] = {}
        for place, query in enumerate(queries):
            if self._query != "photo" and query.text.strip():
                texts[place] = query.text
            elif self._query != "text" and query.photo is not None:
                photos[place] = query.photo
            else:
                wanted = {"auto": "neither text nor photo"}.get(self._query, f"no {self._query}")
                raise QueryUnsuitable(f"{self.name} cannot embed query {query.id}: it has {wanted}")
        vectors = np.zeros((len(queries), networks.image_dim), dtype=np.float32)
        if texts:
            found = embed_texts(networks, list(texts.values()), self.batch_size, self.name)
            vectors[list(texts)] = found
        if photos:
            vectors[list(photos)] = self.embed_photos(list(photos.values()))
        return vectors

    def _find_cost(self) -> Cost:
        return Cost(self._networks.count_parameters(), self._networks.image_dim)

    @cached_property
    def _networks(self) -> TwoTowers:
        with memory_errors(f"loading {self.name}"):
            return self._load()


class PhotosOnly:
    """An image network as two towers whose text side is missing."""

    def __init__(self, images: ImageNetwork, name: str) -> None:
        """``name``: of the network, for messages."""
        self._images = images
        self._name = name
        self.image_dim = self.text_dim = images.image_dim
        self.side = images.side
        self.image_vectors = images.image_vectors
        self.count_parameters = images.count_parameters

    def text_vectors(self, texts: Sequence[str]) -> Embeddings:
        """Never: it reads no text.

        Raises:
            QueryUnsuitable: always.
        """
        raise QueryUnsuitable(f"{self._name} sees photos alone and cannot embed {texts[0]!r}")


def embed_photos(
    network: ImageNetwork, photos: Sequence[BenchPhoto], batch_size: int, name: str
) -> Embeddings:
    """Unit vectors [n, image_dim] of photos, batch by batch.

    Raises:
        PhotoUnreadable, OutOfMemory, VectorsInvalid: see :class:`TwoTowerEmbedder`.
    """
    rows = [np.zeros((0, network.image_dim), dtype=np.float32)]
    with memory_errors(f"{min(batch_size, len(photos))} photos at a time by {name}"):
        for images in photo_batches(photos, network.side, batch_size):
            rows.append(unit_vectors(network.image_vectors(images), name))
    return np.concatenate(rows)


def embed_texts(
    network: TextNetwork, texts: Sequence[str], batch_size: int, name: str
) -> Embeddings:
    """Unit vectors [n, text_dim] of texts, batch by batch.

    Raises:
        OutOfMemory, VectorsInvalid: see :class:`TwoTowerEmbedder`.
    """
    # Texts of like length go together: padding costs as much as words.
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = np.zeros((len(texts), network.text_dim), dtype=np.float32)
    with memory_errors(f"{min(batch_size, len(texts))} texts at a time by {name}"):
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            rows = network.text_vectors([texts[place] for place in places])
            vectors[places] = unit_vectors(rows, name)
    return vectors
