"""From scores to rankings, and from these to the figures of a recipe."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retrieval.search.ranking import ordered_places
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.measures import Measure, values_of
from training.bench.result import Example, Figure, Shown
from training.bench.scoring import Scorer, Scores, restrict
from training.bench.similarity import PairSampler, Similarity
from training.bench.trec import run_lines
from training.metrics import bootstrap_interval

DEPTH = 2_000
"""Places of a ranking that count; a photo further down counts as not found."""

RUN_LINES = 500_000
"""Lines of a run file, spread over its queries ..."""

RUN_DEPTH = (100, 1_000)
"""... but at least and at most so many each."""

EXAMPLES = 6
EXAMPLE_SEED = 12
FIRST_SHOWN = 5
_SCORES_AT_ONCE = 8_000_000

Rerank = Callable[[BenchQuery, Sequence[BenchPhoto]], NDArray[np.float32]]
"""New scores [n] of the first photos of a query."""


@dataclass(frozen=True)
class Task:
    """What is ranked and judged.

    Attributes:
        photos: of the gallery, in the order of the scores.
        queries: all have at least one right photo.
        relevant: grades of the right photos by id, by query id.
        measures: wanted.
        scorer: scores the photos.
        usual_best: what is subtracted of each photo's scores [photos]; None for nothing.
        rerank: orders the first photos anew.
        rerank_first: how many these are.
        seed: draws random pairs.
        tag: names the system in the run file.
    """

    photos: Sequence[BenchPhoto]
    queries: Sequence[BenchQuery]
    relevant: Mapping[str, Mapping[str, int]]
    measures: Sequence[Measure]
    scorer: Scorer
    usual_best: NDArray[np.float32] | None = None
    rerank: Rerank | None = None
    rerank_first: int = 0
    seed: int = 0
    tag: str = "bench"


@dataclass
class Judgement:
    """What came of it.

    Attributes:
        values: each measure's value of each query.
        ranks: of each query's first right photo.
        failed: queries that could not be asked, by reason.
        similarity: of matching and random pairs.
        examples: a few queries and what came first.
        run: the run file.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    ranks: list[int | None] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    similarity: Similarity | None = None
    examples: list[Example] = field(default_factory=list)
    run: str = ""


def judge(task: Task, progress: Callable[[int, int], None]) -> Judgement:
    """Rank the photos for every query, and measure.

    Args:
        task: what to do.
        progress: told how many queries are done, and of how many.
    """
    found = Judgement(values={one.name: [] for one in task.measures})
    ids = np.asarray([photo.id for photo in task.photos], dtype=np.str_)
    places = {photo.id: place for place, photo in enumerate(task.photos)}
    pairs = PairSampler(task.seed)
    shown = _examples_of(len(task.queries))
    depth = min(max(RUN_LINES // max(1, len(task.queries)), RUN_DEPTH[0]), RUN_DEPTH[1])
    block = max(1, _SCORES_AT_ONCE // max(1, len(ids)))
    lines: list[str] = []
    for start in range(0, len(task.queries), block):
        queries = task.queries[start : start + block]
        scores, orders = _ranked(task, start, start + len(queries), ids, pairs, places)
        ranked: dict[str, NDArray[np.int64]] = {}
        for row, query in enumerate(queries):
            if start + row in task.scorer.failed:
                found.ranks.append(None)
                continue
            order = orders[row]
            order = ranked[query.id] = order[np.isfinite(scores[row][order])]
            found.ranks.append(_first_right(ids[order], task.relevant[query.id]))
            best = order[:depth]
            listed = zip(ids[best].tolist(), scores[row][best].tolist(), strict=True)
            lines.append(run_lines(query.id, list(listed), task.tag))
        relevant = {query.id: task.relevant[query.id] for query in queries}
        names = {query: ids[order].tolist() for query, order in ranked.items()}
        for name, values in values_of(task.measures, relevant, names).items():
            found.values[name] += values
        for place in shown:
            if start <= place < start + len(queries):
                query = task.queries[place]
                order = ranked.get(query.id, np.zeros(0, dtype=np.int64))
                one = _example(task, query, order, scores[place - start], found.ranks[place])
                found.examples.append(one)
        progress(start + len(queries), len(task.queries))
    found.failed = dict(Counter(task.scorer.failed.values()).most_common())
    found.similarity = pairs.similarity()
    found.run = "".join(lines)
    return found


def figures_of(values: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    """Means, intervals and sums of measures."""
    found = {}
    for name, some in values.items():
        interval = bootstrap_interval(some)
        found[name] = Figure(
            mean=round(float(np.mean(some)), 6),
            low=round(interval.low, 6),
            high=round(interval.high, 6),
            total=round(float(np.sum(some)), 6),
        )
    return found


def kinds_of(
    queries: Sequence[BenchQuery], values: Mapping[str, Sequence[float]]
) -> dict[str, dict[str, float]]:
    """Number of queries (``n``) and means by part of the data set; empty where it has none."""
    kinds = sorted({query.kind for query in queries if query.kind})
    found = {}
    for kind in kinds:
        mask = np.asarray([query.kind == kind for query in queries])
        found[kind] = {"n": float(mask.sum())} | {
            name: round(float(np.asarray(some)[mask].mean()), 6) for name, some in values.items()
        }
    return found


def _ranked(
    task: Task,
    start: int,
    stop: int,
    ids: NDArray[np.str_],
    pairs: PairSampler,
    places: Mapping[str, int],
) -> tuple[Scores, NDArray[np.int64]]:
    """Scores [queries, photos] and the places of the photos, best first, of a block of queries."""
    queries = task.queries[start:stop]
    scores = task.scorer.scores(start, stop)
    for row, query in enumerate(queries):
        if start + row not in task.scorer.failed:
            right = [places[one] for one in task.relevant[query.id] if one in places]
            pairs.add(scores[row], right)
    if task.usual_best is not None:
        scores = scores - task.usual_best
    scores = restrict(scores, queries, task.photos)
    orders = ordered_places(scores, ids, DEPTH)
    if task.rerank is None:
        return scores, orders
    for row, query in enumerate(queries):
        if start + row in task.scorer.failed:
            continue
        first = orders[row, : task.rerank_first]
        first = first[np.isfinite(scores[row][first])]
        if len(first):
            new = task.rerank(query, [task.photos[place] for place in first])
            # Above all others, whatever the scale of the new scores.
            scores[row][first] = scores[row][first].max() + 1 + (new - new.min())
    return scores, ordered_places(scores, ids, DEPTH)


def _first_right(ranked: NDArray[np.str_], relevant: Mapping[str, int]) -> int | None:
    (found,) = np.nonzero(np.isin(ranked, list(relevant)))
    return int(found[0]) + 1 if len(found) else None


def _examples_of(queries: int) -> list[int]:
    """Places of a few queries, the same ones for every recipe of a data set."""
    drawn = random.Random(EXAMPLE_SEED).sample(range(queries), min(EXAMPLES, queries))
    return sorted(drawn)


def _example(
    task: Task,
    query: BenchQuery,
    order: NDArray[np.int64],
    scores: Scores,
    rank: int | None,
) -> Example:
    relevant = task.relevant[query.id]

    def shown(place: int) -> Shown:
        photo = task.photos[place]
        score = float(scores[place])
        return Shown(
            id=photo.id,
            path=str(photo.path),
            right=photo.id in relevant,
            score=round(score, 4) if np.isfinite(score) else 0.0,
        )

    wanted = (place for place, photo in enumerate(task.photos) if photo.id in relevant)
    place = next(wanted, None)
    minus = "".join(f" − {one}" for one in query.minus)
    text = query.text or (query.asked.text if query.asked is not None else "")
    return Example(
        id=query.id,
        text=text + minus,
        photo=str(query.photo.path) if query.photo is not None else "",
        rank=rank,
        first=tuple(shown(int(one)) for one in order[:FIRST_SHOWN]),
        wanted=None if place is None else shown(place),
    )
