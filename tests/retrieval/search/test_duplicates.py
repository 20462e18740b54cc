"""Collapsing near-duplicates."""

import numpy as np

from retrieval.search.duplicates import Group, collapse


def at(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_the_first_in_the_ranking_represents() -> None:
    groups = collapse(at(0, 90, 3, 92, 45), [None] * 5, limit=0.99)
    assert groups == [Group(0, [2]), Group(1, [3]), Group(4, [])]


def test_equal_content_belongs_together_whatever_the_vectors() -> None:
    assert collapse(at(0, 90, 45), ["a", "b", "a"], limit=0.99) == [Group(0, [2]), Group(1, [])]


def test_small_steps_do_not_chain() -> None:
    assert collapse(at(0, 6, 12), [None] * 3, limit=0.99) == [Group(0, [1]), Group(2, [])]


def test_nothing() -> None:
    assert collapse(np.empty((0, 2), dtype=np.float32), []) == []
