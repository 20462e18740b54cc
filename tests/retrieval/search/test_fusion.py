"""Fusing texts: answers that can be worked out by hand."""

import numpy as np
import pytest

from retrieval.search.fusion import fuse


def rows(*values: list[float]) -> np.ndarray:
    found = np.asarray(values, dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_one_text_is_itself() -> None:
    vector = rows([3, 4])
    assert np.array_equal(fuse(vector, np.array([0.2], dtype=np.float32), np.eye(2)), vector[0])


def test_without_covariance_it_is_the_weighted_sum() -> None:
    fused = fuse(rows([1, 0], [0, 1]), np.array([2, 1], dtype=np.float32))
    assert fused == pytest.approx(np.array([2, 1]) / np.sqrt(5))
    assert fused.dtype == np.float32


def test_scores_are_standardised() -> None:
    # Along x the gallery varies four times as much as along y: x counts a quarter.
    covariance = np.diag([16.0, 1.0]).astype(np.float32)
    fused = fuse(rows([1, 0], [0, 1]), np.array([1, 1], dtype=np.float32), covariance)
    assert fused == pytest.approx(np.array([1, 4]) / np.sqrt(17), abs=1e-4)


def test_the_order_is_that_of_summed_z_scores() -> None:
    random = np.random.default_rng(3)
    gallery = random.normal(size=(500, 8)) @ np.diag(np.linspace(0.2, 2, 8))
    gallery = (gallery / np.linalg.norm(gallery, axis=1, keepdims=True)).astype(np.float32)
    texts = rows(*random.normal(size=(3, 8)).tolist())
    weights = np.array([2, 1, 0.5], dtype=np.float32)
    scores = gallery @ texts.T
    standardised = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    expected = np.argsort(-(standardised @ weights))
    fused = fuse(texts, weights, np.cov(gallery.T).astype(np.float32))
    assert np.argsort(-(gallery @ fused))[:20].tolist() == expected[:20].tolist()


def test_texts_that_cancel_out_still_give_a_vector() -> None:
    fused = fuse(rows([1, 0], [-1, 0]), np.array([1, 1], dtype=np.float32))
    assert fused == pytest.approx([1, 0])


def test_a_direction_without_any_variance() -> None:
    fused = fuse(rows([1, 0], [0, 1]), np.array([1, 1], dtype=np.float32), np.zeros((2, 2)))
    assert np.isfinite(fused).all()
    assert np.linalg.norm(fused) == pytest.approx(1)
