"""Embedders joined: their cosines add up with weights."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.bench.embedders.conftest import Load, spec_of
from training.bench.base import BenchPhoto, BenchQuery
from training.bench.embedders import Concatenation
from training.errors import EvaluationError


def test_cosines_add_up_by_their_weights(
    models: dict[str, Path], photos: list[BenchPhoto], load: Load
) -> None:
    parts = [load(spec_of(kind, str(models[kind]))) for kind in ("backbone", "sentences")]
    joined = Concatenation(parts, [3, 1])
    asked = [BenchQuery(one.id, "a dog", photo=one) for one in photos[:3]]
    seen, said = (one.embed_queries(asked) @ one.embed_photos(photos).T for one in parts)
    vectors = joined.embed_photos(photos)
    found = joined.embed_queries(asked) @ vectors.T
    assert np.allclose(found, 0.75 * seen + 0.25 * said, atol=1e-5)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors.dtype == np.float32
    assert joined.cost.dim == vectors.shape[1] == sum(one.cost.dim for one in parts)
    assert joined.cost.parameters == sum(one.cost.parameters for one in parts)
    assert Concatenation(parts, [6, 2]).fingerprint == joined.fingerprint
    assert Concatenation(parts).fingerprint != joined.fingerprint
    joined.batch_size = 2
    assert [one.batch_size for one in parts] == [2, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, float("nan")]])
def test_weights_that_make_no_sense_are_refused(
    weights: list[float], models: dict[str, Path], load: Load
) -> None:
    parts = [load(spec_of(kind, str(models[kind]))) for kind in ("backbone", "sentences")]
    with pytest.raises(EvaluationError, match=r"weights"):
        Concatenation(parts, weights)
