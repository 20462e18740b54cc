"""How a system did on each dialogue."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import entry_id
from retrieval.search.ranking import best_places
from training.evaluation.gallery import Gallery
from training.evaluation.queries import EvalQuery
from training.evaluation.reasons import FILTERED_OUT, RANKED_LOW, UNAVAILABLE
from training.metrics import Judged, relevant_ranks

DEPTH = 1_000
"""Entries of a ranking that are kept for the TREC run."""

LOW_RANK = 30


@dataclass(frozen=True)
class Outcome:
    """One dialogue under one system.

    Attributes:
        dialogue: what was asked about.
        asked: the query.
        judged: the rank of its photo; none when there was no query or the photo is missing.
        reason: why the photo was not ranked, or ``ranked below 30``; None for a hit at 30.
        top: the best entries and their scores, best first.
        above_excluded: whether the photo stands above those that it is said not to be; None where
            no other is named.
        excluded_first: whether one of those is the first that is shown.
        refused: whether the reply would be that it is not there, or show the closest; None where
            that was not measured.
    """

    dialogue: Dialogue
    asked: EvalQuery
    judged: Judged
    reason: str | None
    top: tuple[tuple[str, float], ...] = ()
    above_excluded: bool | None = None
    excluded_first: bool | None = None
    refused: bool | None = None

    @property
    def rank(self) -> int | None:
        """Of the photo, from 1."""
        return self.judged.best

    @property
    def available(self) -> bool:
        """Whether the photo was in the pool, so that a system had a chance."""
        return self.reason not in UNAVAILABLE


@dataclass(frozen=True)
class Run:
    """All outcomes of a system, in the order of the dialogues."""

    name: str
    outcomes: tuple[Outcome, ...]
    pool: int
    seconds: float = 0.0

    def misses_by_reason(self) -> dict[str, int]:
        """How many dialogues are no hit at 30, by reason; the most frequent first."""
        counts = Counter(one.reason for one in self.outcomes if one.reason is not None)
        return dict(counts.most_common())


def with_refusals(result: Run, refused: Sequence[bool]) -> Run:
    """The same, knowing which requests the bot would refuse."""
    outcomes = zip(result.outcomes, refused, strict=True)
    return replace(result, outcomes=tuple(replace(one, refused=no) for one, no in outcomes))


def score(
    name: str,
    dialogues: Sequence[Dialogue],
    asked: Sequence[EvalQuery],
    scores: NDArray[np.float32],
    gallery: Gallery,
) -> Run:
    """Find each dialogue's photo in its ranking."""
    outcomes = []
    ids = np.asarray(gallery.ids, dtype=np.str_)
    for dialogue, one, row in zip(dialogues, asked, scores, strict=True):
        gold = gallery.gold.get(dialogue.id)
        judged = Judged(())
        top: tuple[tuple[str, float], ...] = ()
        if one.failed is None:
            top = _top(row, ids)
            if gold is not None and np.isfinite(row[np.isin(ids, gold)]).any():
                judged = relevant_ranks(row, ids, gold)
        above = _above_excluded(row, ids, dialogue, gold or ())
        # A photo that is not there is nobody's fault; name it before the system's own failures.
        reason = gallery.unavailable.get(dialogue.id) or one.failed
        if reason is None and gold is not None and judged.best is None:
            reason = FILTERED_OUT
        if reason is None and (judged.best or 0) > LOW_RANK:
            reason = RANKED_LOW
        first = None if above is None else bool(top) and top[0][0] in _excluded(dialogue)
        outcomes.append(Outcome(dialogue, one, judged, reason, top, above, first))
    return Run(name, tuple(outcomes), len(gallery))


def _above_excluded(
    row: NDArray[np.float32], ids: NDArray[np.str_], dialogue: Dialogue, gold: Sequence[str]
) -> bool | None:
    excluded = _excluded(dialogue)
    if not excluded:
        return None
    right, wrong = np.isin(ids, gold), np.isin(ids, list(excluded))
    if not right.any() or not np.isfinite(row[right]).any():
        return False
    return not wrong.any() or bool(row[right].max() > row[wrong].max())


def _excluded(dialogue: Dialogue) -> set[str]:
    """Entries that the person says it is not."""
    return set() if dialogue.album is None else {entry_id(one) for one in dialogue.album.not_this}


def _top(row: NDArray[np.float32], ids: NDArray[np.str_]) -> tuple[tuple[str, float], ...]:
    """The best entries; equal scores as trec_eval orders them, the greater id first."""
    best = best_places(row, ids, DEPTH)
    # What a filter keeps out has no score.
    return tuple((str(ids[at]), float(row[at])) for at in best if np.isfinite(row[at]))
