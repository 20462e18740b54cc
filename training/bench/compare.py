"""Two systems on the same queries: which one is better, and whether that could be luck."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.bench.measures import DEFAULTS, Measure, measure_of, values_of
from training.bench.result_store import KeptResult
from training.bench.trec import read_qrels, read_run
from training.errors import RunMismatch
from training.metrics import PairedTest, adjusted_for_many, mcnemar_test, randomisation_test

SIGNIFICANT = 0.05
QRELS_SUFFIX = ".qrels"


@dataclass(frozen=True)
class System:
    """What is compared.

    Attributes:
        name: of the recipe or the run file.
        dataset: of a recipe, for people; "" of a run file.
        content_hash: of its data set; "" of a run file.
        queries: that count, in order.
        values: each measure's value of each query.
    """

    name: str
    dataset: str
    content_hash: str
    queries: tuple[str, ...]
    values: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Comparison:
    """One measure of two systems.

    Attributes:
        measure: its name.
        first: mean of the first system.
        second: mean of the second.
        test: of their difference.
        p_adjusted: Holm's, over all measures of the comparison.
    """

    measure: str
    first: float
    second: float
    test: PairedTest
    p_adjusted: float

    @property
    def significant(self) -> bool:
        """Whether the difference is hardly luck."""
        return self.p_adjusted < SIGNIFICANT

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "measure": self.measure,
            "a": round(self.first, 6),
            "b": round(self.second, 6),
            "difference": round(self.test.difference, 6),
            "p": float(f"{self.test.p:.3g}"),
            "p_adjusted": float(f"{self.p_adjusted:.3g}"),
            "significant": self.significant,
        }


def of_recipe(kept: KeptResult) -> System:
    """A recipe that was measured."""
    result = kept.result
    return System(
        result.name,
        result.dataset.name,
        result.dataset.content_hash,
        result.queries,
        result.values,
    )


def of_run_file(path: Path, qrels: Path, measures: Sequence[str] = DEFAULTS) -> System:
    """A run file of this program or of another one.

    Args:
        path: of the run file; queries that it does not rank are misses.
        qrels: what is right.
        measures: wanted.

    Raises:
        RunMismatch: a file cannot be read, or the run is of another data set.
    """
    relevant = read_qrels(qrels)
    ranked = read_run(path)
    foreign = [query for query in ranked if query not in relevant]
    if foreign:
        raise RunMismatch(
            f"{path} belongs to another data set than {qrels}: {len(foreign):,} of its "
            f"{len(ranked):,} queries, such as {foreign[0]!r}, are not among the "
            f"{len(relevant):,} there"
        )
    wanted = [measure_of(name) for name in measures]
    return System(path.stem, "", "", tuple(relevant), values_of(wanted, relevant, ranked))


def qrels_beside(run: Path) -> Path:
    """The qrels file that the bench writes beside a run file."""
    return run.with_suffix(QRELS_SUFFIX)


def compared(first: System, second: System) -> list[Comparison]:
    """All measures that both have, paired by query.

    hit@k is tested by McNemar's exact test, everything else by the randomisation test.

    Raises:
        RunMismatch: they are of two data sets, or have no measure in common.
    """
    other_content = first.content_hash and second.content_hash
    if other_content and first.content_hash != second.content_hash:
        raise RunMismatch(
            f"{first.name} and {second.name} were measured on two data sets "
            f"({first.dataset} and {second.dataset}): they cannot be compared"
        )
    if set(first.queries) != set(second.queries):
        shared = len(set(first.queries) & set(second.queries))
        raise RunMismatch(
            f"{first.name} has {len(first.queries):,} queries and {second.name} "
            f"{len(second.queries):,}, of which {shared:,} are the same: they belong to two data "
            "sets and cannot be compared"
        )
    names = [name for name in first.values if name in second.values]
    if not names:
        raise RunMismatch(f"{first.name} and {second.name} have no measure in common")
    place = {query: at for at, query in enumerate(second.queries)}
    order = [place[query] for query in first.queries]
    pairs = {
        name: (np.asarray(first.values[name]), np.asarray(second.values[name])[order])
        for name in names
    }
    tests = {name: _test(measure_of(name), *pair) for name, pair in pairs.items()}
    adjusted = adjusted_for_many([test.p for test in tests.values()])
    return [
        Comparison(name, float(pairs[name][0].mean()), float(pairs[name][1].mean()), test, p)
        for (name, test), p in zip(tests.items(), adjusted, strict=True)
    ]


def _test(measure: Measure, one: Any, other: Any) -> PairedTest:
    return (mcnemar_test if measure.is_hit else randomisation_test)(one, other)
