"""The rows of a report by data set, ready for every format."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from training.bench.measures import RANK_SCORE, measure_of
from training.bench.result import Figure, NotMeasured, Result, Row
from training.metrics import adjusted_for_many, mcnemar_test, randomisation_test

NOTHING = "–"


@dataclass(frozen=True)
class Section:
    """The recipes of one data set.

    Attributes:
        title: the data set's name and protocol.
        results: in the order in which they were asked for.
        measures: of any of them, in order.
    """

    title: str
    results: tuple[Result, ...]
    measures: tuple[str, ...]

    def best(self, measure: str) -> float | None:
        """The highest mean, where there are several to choose of."""
        means = [one.measures[measure].mean for one in self.results if measure in one.measures]
        return max(means) if len(means) > 1 else None

    def is_best(self, result: Result, measure: str) -> bool:
        """Whether a result has the highest mean."""
        figure = result.measures.get(measure)
        return figure is not None and figure.mean == self.best(measure)

    @cached_property
    def against_first(self) -> "list[Against]":
        """Every recipe against the first one, by its leading measures."""
        first, *others = self.results
        found = []
        for name in self.measures:
            if name not in first.measures or name == RANK_SCORE:
                continue
            some = [one for one in others if name in one.measures and one.queries == first.queries]
            test = mcnemar_test if measure_of(name).is_hit else randomisation_test
            tests = [test(one.values[name], first.values[name]) for one in some]
            adjusted = adjusted_for_many([one.p for one in tests])
            found += [
                Against(one.name, name, result.difference, p)
                for one, result, p in zip(some, tests, adjusted, strict=True)
            ]
        return found


@dataclass(frozen=True)
class Tables:
    """A whole report.

    Attributes:
        sections: one a data set.
        without: recipes that gave no figures.
    """

    sections: tuple[Section, ...]
    without: tuple[NotMeasured, ...] = field(default=())


@dataclass(frozen=True)
class Against:
    """A recipe against the first one of its section, paired by query.

    Attributes:
        name: of the recipe.
        measure: compared.
        difference: its mean minus that of the first.
        p: Holm's, over the recipes of the section.
    """

    name: str
    measure: str
    difference: float
    p: float


def tables_of(rows: Sequence[Row]) -> Tables:
    """Sort rows by data set."""
    by_data: dict[str, list[Result]] = {}
    for row in rows:
        if isinstance(row, Result):
            by_data.setdefault(row.dataset.content_hash, []).append(row)
    sections = []
    for some in by_data.values():
        facts = some[0].dataset
        title = f"{facts.name} ({facts.protocol})" if facts.protocol else facts.name
        names = dict.fromkeys(name for one in some for name in one.measures)
        sections.append(Section(title, tuple(some), tuple(names)))
    return Tables(tuple(sections), tuple(row for row in rows if isinstance(row, NotMeasured)))


def measure_head(name: str) -> str:
    """A measure's name as the head of a column."""
    return "rank score" if name == RANK_SCORE else name


def shown(figure: Figure | None, measure: str) -> str:
    """A mean for a table: shares in per cent, a rank score as the sum of its points."""
    if figure is None:
        return NOTHING
    return f"{figure.total:,.0f}" if measure == RANK_SCORE else f"{100 * figure.mean:.1f}"


def interval(figure: Figure | None, measure: str, queries: int) -> str:
    """The interval of :func:`shown`."""
    if figure is None:
        return ""
    if measure == RANK_SCORE:
        return f"{figure.low * queries:,.0f}–{figure.high * queries:,.0f}"
    return f"{100 * figure.low:.1f}–{100 * figure.high:.1f}"


def parameters(count: int) -> str:
    """``86,000,000`` gives ``86 M``."""
    if count >= 10_000_000:
        return f"{count / 1e6:,.0f} M"
    return f"{count / 1e6:.1f} M" if count >= 100_000 else (f"{count:,}" if count else NOTHING)


def cost_cells(result: Result) -> tuple[str, str, str, str, str]:
    """Parameters, numbers in a vector, photos and queries a second, peak memory."""
    cost = result.cost
    return (
        parameters(cost.parameters),
        f"{cost.dim:,}" if cost.dim else NOTHING,
        f"{cost.photos_per_second:,.1f}" if cost.photos_per_second else NOTHING,
        f"{cost.queries_per_second:,.1f}" if cost.queries_per_second else NOTHING,
        f"{cost.peak_bytes / 1e6:,.0f} MB" if cost.peak_bytes else NOTHING,
    )


COST_HEAD = ("parameters", "dimension", "photos/s", "queries/s", "peak memory")
