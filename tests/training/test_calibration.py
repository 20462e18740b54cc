"""The maker of sureness: from queries with and without their photo to a model that tells."""

import json

import numpy as np
import pytest

from retrieval.search.sureness import REQUEST
from training.calibration import (
    REQUESTS,
    Captioned,
    EvalQuery,
    curve,
    fit,
    requests_asked,
    samples_of,
)


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture
def pool() -> np.ndarray:
    return _unit(np.random.default_rng(0).normal(size=(400, 32)))


def test_it_tells_what_is_there_from_what_is_not(pool: np.ndarray) -> None:
    random = np.random.default_rng(1)
    asked = []
    for place in range(60):
        fits = np.zeros(len(pool), np.bool_)
        fits[place] = True
        vector = _unit(pool[place] + random.normal(size=32) * 0.12)
        asked.append(EvalQuery(REQUEST, vector, fits, pool[:0]))
    background = pool.mean(axis=0), np.cov(pool.T).astype(np.float32)

    samples = list(samples_of(asked, pool, background, sizes=(20, 200, 2_000)))
    model = fit(samples, (0.5, 0.3))
    rows = curve(model, samples)

    assert model.weights["best"] > 0
    assert [row["photos"] for row in rows] == [20, 200, 2_000]
    assert all(row["auc"] > 0.85 for row in rows)
    assert all(row["lost"] < row["refused"] for row in rows)


def test_a_request_fits_the_photos_whose_captions_name_what_it_needs(tmp_path) -> None:
    file = tmp_path / "captions.jsonl"
    rows = [
        {"photo": "a.jpg", "captions": ["Two dogs run through snow ."]},
        {"photo": "b.jpg", "captions": ["A dog on a sofa ."]},
        {"photo": "c.jpg", "captions": ["A hotdog in snow ."]},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    captions = Captioned.read(file)

    assert captions.showing([["dog", "puppy"], ["snow"]]).tolist() == [True, False, False]


def test_requests_that_few_photos_fit_are_left_out() -> None:
    captions = Captioned(("a", "b", "c", "d"), (("a dog",),) * 3 + (("a cat",),))
    rows = [
        {"text": "dogs", "needs": [["dog"]]},
        {"text": "a cat", "needs": [["cat"]]},
        {"text": "zebras", "needs": [["zebra"]]},
    ]

    asked = requests_asked(np.eye(3, dtype=np.float32), rows, captions)

    assert [int(one.fits.sum()) for one in asked] == [3, 0]


def test_our_requests_are_all_of_one_form() -> None:
    rows = [json.loads(line) for line in REQUESTS.read_text(encoding="utf-8").splitlines()]

    assert len({row["text"] for row in rows}) == len(rows) > 500
    assert all(row["needs"] and all(row["needs"]) for row in rows)
