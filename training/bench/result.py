"""What a recipe gave, as it is kept on disk and shown in reports."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from training.bench.similarity import Similarity


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figure(_Kept):
    """A measure over all queries.

    Attributes:
        mean: over the queries.
        low: end of its 95 % interval (percentile bootstrap).
        high: the other end.
        total: the sum over the queries.
    """

    mean: float
    low: float
    high: float
    total: float


class DatasetFacts(_Kept):
    """The data set that was measured on.

    Attributes:
        name: for reports.
        protocol: how the field calls this choice of gallery and relevance; "" where it has none.
        content_hash: of what it holds.
        photos: in the gallery.
        queries: that count, those that were misses for want of a photo included.
        unanswerable: queries that no photo is right for; they are left out of all figures.
        missing: photos and queries that were named and are not there, with the reason.
    """

    name: str
    protocol: str
    content_hash: str
    photos: int
    queries: int
    unanswerable: int = 0
    missing: tuple[tuple[str, str], ...] = ()


class CostFacts(_Kept):
    """What the recipe's embedder takes.

    Attributes:
        parameters: of its networks.
        dim: numbers in a vector.
        photos_per_second: embedded here, when they were embedded first; 0 unknown.
        queries_per_second: the same of queries.
        peak_bytes: of memory of the process while embedding; 0 unknown.
        details: anything else, by name.
    """

    parameters: int
    dim: int
    photos_per_second: float = 0.0
    queries_per_second: float = 0.0
    peak_bytes: int = 0
    details: Mapping[str, float] = {}


class Shown(_Kept):
    """A photo in an example.

    Attributes:
        id: of the photo.
        path: of its file.
        right: whether it is right for the query.
        score: by which it is ranked.
    """

    id: str
    path: str
    right: bool
    score: float


class Example(_Kept):
    """A query and what came first.

    Attributes:
        id: of the query.
        text: its words.
        photo: path of the photo that it shows; "" for none.
        rank: of the first right photo; None where none was ranked.
        first: the best photos.
        wanted: a photo that is right; None where it is not there.
    """

    id: str
    text: str
    photo: str
    rank: int | None
    first: tuple[Shown, ...]
    wanted: Shown | None


class Result(_Kept):
    """What a recipe gave.

    Attributes:
        name: of the recipe.
        about: what it is.
        embedder: for reports.
        dataset: see :class:`DatasetFacts`.
        measures: by name.
        kinds: part of the data set to its number of queries (``n``) and its means.
        queries: ids of those that count, in order.
        values: each measure's value of each query.
        ranks: of each query's first right photo; None where none was ranked.
        failed: queries that could not be asked, by reason; each is a miss.
        similarity: of matching and random pairs.
        cost: see :class:`CostFacts`.
        examples: a few queries, the same ones for each recipe of a data set.
        recipe: as it stands in its file.
        seconds: that measuring took when it was done.
    """

    name: str
    about: str
    embedder: str
    dataset: DatasetFacts
    measures: Mapping[str, Figure]
    kinds: Mapping[str, Mapping[str, float]] = {}
    queries: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    ranks: tuple[int | None, ...]
    failed: Mapping[str, int] = {}
    similarity: Similarity | None = None
    cost: CostFacts
    examples: tuple[Example, ...] = ()
    recipe: Mapping[str, Any]
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``: the figures, without values of single queries and examples."""
        left_out = {"queries", "values", "ranks", "examples", "similarity"}
        found = self.model_dump(mode="json", exclude=left_out)
        if self.similarity is not None:
            found["similarity"] = {
                name: spread.model_dump(include={"n", "mean", "share_over_half"})
                for name, spread in (
                    ("matched", self.similarity.matched),
                    ("random", self.similarity.random),
                )
            }
        return found


class NotMeasured(_Kept):
    """A recipe that gave nothing here.

    Attributes:
        name: of the recipe.
        about: what it is.
        reason: why, in one line.
        failed: whether something is wrong with it; else only something that it needs is missing.
    """

    name: str
    about: str
    reason: str
    failed: bool = False

    def told(self) -> str:
        """For people."""
        return f"failed: {self.reason}" if self.failed else f"not measured here: {self.reason}"

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        key = "failed" if self.failed else "not_measured_here"
        return {"name": self.name, "about": self.about, key: self.reason}


Row = Result | NotMeasured
"""What became of a recipe."""
