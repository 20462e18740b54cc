"""The cut-off: judged against what any photo scores for the query."""

import numpy as np
import pytest

from retrieval.search.cutoff import Cutoff, largest_gap, threshold

QUERY = np.array([1, 0], dtype=np.float32)
BACKGROUND = (np.array([0.1, 0], dtype=np.float32), np.diag([0.01, 1]).astype(np.float32))


def test_the_floor_counts_for_a_poor_best_hit() -> None:
    assert threshold(
        0.2, QUERY, BACKGROUND, Cutoff(z_score_threshold=2, relative=0.6)
    ) == pytest.approx(0.3)


def test_the_best_hit_raises_the_bar() -> None:
    assert threshold(
        0.9, QUERY, BACKGROUND, Cutoff(z_score_threshold=2, relative=0.5)
    ) == pytest.approx(0.5)


def test_without_a_background_the_first_large_drop_ends_the_answer() -> None:
    scores = np.array([0.9, 0.88, 0.4, 0.38, 0.36], dtype=np.float32)
    assert largest_gap(scores, Cutoff(gap=0.35)) == pytest.approx(0.88)
    even = np.linspace(0.9, 0.1, 9).astype(np.float32)
    assert largest_gap(even, Cutoff(gap=0.35)) == -np.inf
    assert largest_gap(np.ones(5, dtype=np.float32), Cutoff()) == -np.inf
    assert largest_gap(np.array([0.5], dtype=np.float32), Cutoff()) == -np.inf
