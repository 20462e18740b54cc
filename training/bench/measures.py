"""Measures of rankings by the names that recipes call them, of each query and on average.

trec_eval's measures are computed by ir-measures. The one that it has not is the rank score: 5
points where the first right photo stands first, 4 for the second place, 1 for the fifth, else 0; a
system's rank score is the sum over its queries.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.bench.nearest import did_you_mean
from training.errors import RecipeInvalid

RANK_SCORE = "rank_score"
POINTS = 5
"""Of the first place; each further place has one less."""

DEFAULTS = ("hit@1", "hit@5", "hit@10", "hit@30", "MRR", "nDCG@10", RANK_SCORE)

_THEIRS = {"hit": "Success", "R": "R", "P": "P", "MRR": "RR", "nDCG": "nDCG", "MAP": "AP"}
_WITH_CUTOFF = ("hit", "R", "P")
_NAME = re.compile(r"([A-Za-z_]+)(?:@([1-9]\d{0,4}))?")
_AT_ONCE = 200_000
"""Ranked photos that are handed over together."""

Relevant = Mapping[str, Mapping[str, int]]
"""Grades of the right photos by id, by query id."""


@dataclass(frozen=True)
class Measure:
    """A measure of one query's ranking.

    Attributes:
        name: as in a recipe, such as ``hit@10``.
        theirs: its name in ir-measures; "" for the rank score.
    """

    name: str
    theirs: str

    @property
    def is_hit(self) -> bool:
        """Whether it is 0 or 1 for a query."""
        return self.name.startswith("hit@")

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1, so that it can be shown in per cent."""
        return self.name != RANK_SCORE


def measure_of(name: str) -> Measure:
    """The measure of this name.

    Raises:
        RecipeInvalid: there is none; names the nearest.
    """
    if name == RANK_SCORE:
        return Measure(name, "")
    found = _NAME.fullmatch(name)
    family, cutoff = (found[1], found[2]) if found else (name, None)
    if family not in _THEIRS:
        known = [RANK_SCORE, *(f"{one}@10" for one in _THEIRS), "MRR", "MAP", "nDCG"]
        if cutoff:
            known = [f"{one}@{cutoff}" for one in _THEIRS]
        raise RecipeInvalid(f"no measure {name!r}{did_you_mean(name, known)}")
    if family in _WITH_CUTOFF and cutoff is None:
        raise RecipeInvalid(f"the measure {name!r} needs how many photos count, such as {name}@10")
    return Measure(name, _THEIRS[family] + (f"@{cutoff}" if cutoff else ""))


def values_of(
    measures: Sequence[Measure], relevant: Relevant, ranked: Mapping[str, Sequence[str]]
) -> dict[str, list[float]]:
    """Each measure's value of each query, in the order of ``relevant``.

    Args:
        measures: wanted.
        relevant: the queries that count, each with at least one right photo.
        ranked: ids of each query's photos, best first; a query that is not there is a miss.
    """
    queries = list(relevant)
    found: dict[str, list[float]] = {one.name: [] for one in measures}
    longest = max((len(ranked.get(one, ())) for one in queries), default=0)
    step = max(1, _AT_ONCE // max(1, longest))
    for start in range(0, len(queries), step):
        some = queries[start : start + step]
        theirs = _by_ir_measures(measures, relevant, ranked, some)
        for one in measures:
            if one.theirs:
                found[one.name] += [theirs[query, one.theirs] for query in some]
            else:
                found[one.name] += [
                    rank_score(ranked.get(query, ()), relevant[query]) for query in some
                ]
    return found


def _by_ir_measures(
    measures: Sequence[Measure],
    relevant: Relevant,
    ranked: Mapping[str, Sequence[str]],
    queries: Sequence[str],
) -> dict[tuple[str, str], float]:
    import ir_measures

    wanted: dict[Any, str] = {
        ir_measures.parse_measure(one.theirs): one.theirs for one in measures if one.theirs
    }
    if not wanted:
        return {}
    # The order is ours already; falling whole numbers keep it.
    run = {
        query: {photo: float(-place) for place, photo in enumerate(ranked[query])}
        for query in queries
        if ranked.get(query)
    }
    judged = {query: dict(relevant[query]) for query in queries}
    found = {(query, theirs): 0.0 for query in queries for theirs in wanted.values()}
    if run:
        for one in ir_measures.iter_calc(list(wanted), judged, run):
            found[one.query_id, wanted[one.measure]] = float(one.value)
    return found


def rank_score(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """5 points for the first right photo in the first place, 1 for the fifth, 0 below."""
    for place, photo in enumerate(ranked[:POINTS]):
        if relevant.get(photo, 0) > 0:
            return float(POINTS - place)
    return 0.0
