"""Numbers from outcomes: the measures, their intervals, breakdowns, comparisons."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from bot.descriptors import FIELDS
from training.evaluation.outcome import Outcome, Run
from training.metrics import (
    Judged,
    adjusted_for_many,
    average_precision_at,
    bootstrap_interval,
    chance_hit,
    chance_reciprocal_rank,
    hit_at,
    mcnemar_test,
    median_rank,
    ndcg_at,
    precision_at,
    randomisation_test,
    recall_at,
    recall_sum,
    reciprocal_rank,
)

CUTS = (1, 5, 10, 30)
AS_PUBLISHED = "precision@30_as_published"
TURN_BUCKETS = ((0, 5), (6, 8), (9, 11), (12, 10_000))
SIGNIFICANT = 0.05

Measure = Callable[[Judged], float]


def measures() -> dict[str, Measure]:
    """Every per-dialogue measure by its name in the JSON."""
    found: dict[str, Measure] = {f"hit@{k}": partial(hit_at, k) for k in CUTS}
    found["mrr"] = reciprocal_rank
    for k in CUTS:
        found[f"recall@{k}"] = partial(recall_at, k)
        found[f"precision@{k}"] = partial(precision_at, k)
        found[f"ndcg@{k}"] = partial(ndcg_at, k)
        found[f"map@{k}"] = partial(average_precision_at, k)
    return found


def summary(result: Run, *, only_available: bool = False) -> dict[str, Any]:
    """The JSON of one system.

    Args:
        result: its outcomes.
        only_available: add the numbers over the dialogues whose photo is in the pool.
    """
    # Where no photo is right, whether that is said counts, and no rank does.
    asked = [one for one in result.outcomes if not asks_for_nothing(one)]
    numbers: dict[str, Any] = {"system": result.name, **_scores(asked, result.pool)}
    numbers["chance"] = {
        **{f"hit@{k}": _rounded(chance_hit(k, result.pool)) for k in CUTS},
        "mrr": _rounded(chance_reciprocal_rank(result.pool)),
    }
    numbers["misses_by_reason"] = result.misses_by_reason()
    numbers["by_turns"] = _by_turns(asked)
    fields = _by_empty_field(asked)
    if fields:
        numbers["by_empty_field"] = fields
    if only_available:
        there = [one for one in asked if one.available]
        numbers["only_available"] = _scores(there, result.pool)
    if any(one.dialogue.album for one in result.outcomes):
        numbers |= _of_album(result.outcomes)
    numbers["seconds"] = round(result.seconds, 3)
    return numbers


def compare(results: Sequence[Run]) -> list[dict[str, Any]]:
    """The first system against each other one, paired by dialogue.

    hit@k by McNemar's exact test, the reciprocal rank by the randomisation test; ``p_adjusted`` is
    Holm's, over all comparisons of one measure.
    """
    if len(results) < 2:
        return []
    first, *others = results
    counted = [not asks_for_nothing(one) for one in first.outcomes]

    def values_of(result: Run, measure: Measure) -> list[float]:
        outcomes = zip(result.outcomes, counted, strict=True)
        return [measure(one.judged) for one, counts in outcomes if counts]

    found: list[dict[str, Any]] = []
    for name in ("hit@1", "hit@30", "mrr"):
        measure = measures()[name]
        test = randomisation_test if name == "mrr" else mcnemar_test
        values = values_of(first, measure)
        tests = [test(values, values_of(other, measure)) for other in others]
        adjusted = adjusted_for_many([one.p for one in tests])
        for other, one, p in zip(others, tests, adjusted, strict=True):
            found.append(
                {
                    "a": first.name,
                    "b": other.name,
                    "measure": name,
                    "difference": _rounded(one.difference),
                    "p": float(f"{one.p:.3g}"),
                    "p_adjusted": float(f"{p:.3g}"),
                    "significant": p < SIGNIFICANT,
                }
            )
    return found


def _scores(outcomes: Sequence[Outcome], pool: int) -> dict[str, Any]:
    judged = [one.judged for one in outcomes]
    numbers: dict[str, Any] = {"n": len(outcomes), "pool": pool}
    intervals: dict[str, list[float]] = {}
    for name, measure in measures().items():
        values = [measure(one) for one in judged]
        numbers[name] = _rounded(np.mean(values)) if values else 0.0
        if name.startswith("hit@") or name == "mrr":
            interval = bootstrap_interval(values)
            intervals[name] = [_rounded(interval.low), _rounded(interval.high)]
    numbers[AS_PUBLISHED] = numbers["hit@30"]
    numbers["recall_sum@1,5,10"] = _rounded(recall_sum(judged))
    numbers["median_rank"] = median_rank(judged, pool)
    numbers["ci95"] = intervals
    return numbers


def asks_for_nothing(outcome: Outcome) -> bool:
    """Whether an AlbumChat dialogue asks for a photo that is not there."""
    return outcome.dialogue.album is not None and not outcome.dialogue.album.relevant


def _of_album(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """AlbumChat: by kind, what was refused, and whether the excluded one stands below."""
    kinds: dict[str, list[Outcome]] = {}
    for one in outcomes:
        if one.dialogue.album is not None:
            kinds.setdefault(one.dialogue.album.kind, []).append(one)
    found: dict[str, Any] = {
        "kinds": {kind: _of_kind(some) for kind, some in sorted(kinds.items())}
    }
    measured = [one for one in outcomes if one.refused is not None]
    if measured:
        found["refused"] = {
            "no_answer": _share([bool(one.refused) for one in measured if asks_for_nothing(one)]),
            "answerable": _share(
                [bool(one.refused) for one in measured if not asks_for_nothing(one)]
            ),
        }
    return found


def _of_kind(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    numbers: dict[str, Any] = {"n": len(outcomes)}
    for k in (1, 5, 30):
        numbers[f"hit@{k}"] = _share([hit_at(k, one.judged) > 0 for one in outcomes])
    refused = [one.refused for one in outcomes if one.refused is not None]
    if refused:
        numbers["refused"] = _share(refused)
    above = [one.above_excluded for one in outcomes if one.above_excluded is not None]
    if above:
        numbers["above_excluded"] = _share(above)
        numbers["excluded_first"] = _share([bool(one.excluded_first) for one in outcomes])
    return numbers


def _share(values: Sequence[bool]) -> float | None:
    return _rounded(np.mean(values)) if values else None


def _by_turns(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    found = {}
    for low, high in TURN_BUCKETS:
        some = [one for one in outcomes if low <= len(one.dialogue.conversation().turns) <= high]
        if some:
            name = f"{low}-{high}" if high < TURN_BUCKETS[-1][1] else f"{low}+"
            found[name] = _short(some)
    return found


def _by_empty_field(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """For each field: how dialogues went whose descriptors left it empty, and how the others."""
    described = [one for one in outcomes if one.asked.description is not None]
    if not described:
        return {}
    found = {}
    for name in FIELDS:
        empty: list[Outcome] = []
        filled: list[Outcome] = []
        for one in described:
            assert one.asked.description is not None
            value = getattr(one.asked.description.descriptors, name)
            (filled if value.strip() else empty).append(one)
        found[name] = {"empty": _short(empty), "filled": _short(filled)}
    return found


def _short(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    hits = [hit_at(30, one.judged) for one in outcomes]
    return {"n": len(hits), "hit@30": _rounded(np.mean(hits)) if hits else None}


def _rounded(value: Any) -> float:
    return round(float(value), 6)
