"""What the parts of the bench hand to each other: data sets, and ways to embed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from retrieval.encoders.base import Embeddings
from training.evaluation.queries import EvalQuery


@dataclass(frozen=True)
class BenchPhoto:
    """A photo of the gallery, or one that a query shows.

    Attributes:
        id: names it in run and qrels files; no blanks.
        path: of its file.
        captions: what people, or a model, say that it shows.
    """

    id: str
    path: Path
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class BenchQuery:
    """What is looked for: a text, a photo, or both.

    Attributes:
        id: names it in run and qrels files; no blanks.
        text: words; "" where there are none.
        photo: that something like it is looked for.
        minus: what must not be there.
        kind: part of the data set that figures are also given for, such as FashionIQ's categories.
        asked: a dialogue's query with its descriptors and filter, where it came from a dialogue.
        excluded: ids of photos that are not ranked for it, such as that of ``photo``.
        pool: ids of the photos that are ranked for it; None for the whole gallery.
    """

    id: str
    text: str = ""
    photo: BenchPhoto | None = None
    minus: tuple[str, ...] = ()
    kind: str = ""
    asked: EvalQuery | None = None
    excluded: frozenset[str] = frozenset()
    pool: frozenset[str] | None = None


@dataclass(frozen=True)
class Missing:
    """What a data set names and does not hold, or what could not be read.

    Attributes:
        name: of the photo or query.
        reason: in a few words.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class BenchDataset:
    """Queries, the gallery that they are asked of, and what is right.

    Attributes:
        name: for reports.
        photos: the gallery; ids are unique.
        queries: ids are unique. A query whose photos are missing stays, and counts as a miss.
        relevant: grades (1 and up) of the right photos by id, for each query's id.
        missing: what was named and is not there.
        content_hash: changes whenever anything above does.
        protocol: how the field calls this choice of gallery and relevance; "" where it has one.
    """

    name: str
    photos: tuple[BenchPhoto, ...]
    queries: tuple[BenchQuery, ...]
    relevant: Mapping[str, Mapping[str, int]]
    missing: tuple[Missing, ...] = ()
    content_hash: str = ""
    protocol: str = ""


@dataclass(frozen=True)
class Cost:
    """What an embedder takes.

    Attributes:
        parameters: of its networks.
        dim: numbers in a vector.
        details: anything else worth a column, by name.
    """

    parameters: int
    dim: int
    details: Mapping[str, float] = field(default_factory=dict)


class Embedder(Protocol):
    """Embeds photos and queries into one space, where a dot product is a cosine.

    Attributes:
        name: for reports.
        fingerprint: hash of all that its vectors depend on; the cache of vectors goes by it.
        cost: see :class:`Cost`.
    """

    name: str
    fingerprint: str
    cost: Cost

    def embed_photos(self, photos: Sequence[BenchPhoto]) -> Embeddings:
        """Unit vectors [n, dim].

        Raises:
            UnreadableImage: one cannot be read.
        """
        ...

    def embed_queries(self, queries: Sequence[BenchQuery]) -> Embeddings:
        """Unit vectors [n, dim]."""
        ...
