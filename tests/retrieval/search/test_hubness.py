"""The hubness correction: photos that are near to every query lose their lead."""

import numpy as np
import pytest

from retrieval.errors import EncoderFolderInvalid
from retrieval.search.evidence import order_scores
from retrieval.search.hubness import QueryBank


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def bank() -> QueryBank:
    random = np.random.default_rng(0)
    queries = _unit(random.normal(size=(300, 16)) + 0.5)
    return QueryBank.of(queries, np.eye(16, dtype=np.float32) / 16, "image text")


def test_a_hub_no_longer_outranks_the_photo_that_was_meant(bank: QueryBank) -> None:
    hub = _unit(np.ones((1, 16)))
    meant = _unit(np.eye(16)[:1])
    photos = np.concatenate([hub, meant])
    query = _unit(np.eye(16)[:1] + 0.3)[0]
    scores = photos @ query

    usual = bank.usual_best(photos)
    background = np.zeros(16, np.float32), np.eye(16, dtype=np.float32) / 16
    ranked = order_scores(photos, query, background, usual)

    assert scores[0] > scores[1]
    assert usual[0] > usual[1]
    assert ranked[1] > ranked[0]


def test_usual_best_is_the_same_photo_by_photo(bank: QueryBank) -> None:
    photos = _unit(np.random.default_rng(2).normal(size=(5_000, 16)))

    whole = bank.usual_best(photos)

    np.testing.assert_allclose(whole[4_321:4_322], bank.usual_best(photos[4_321:4_322]), atol=1e-6)
    by_hand = np.sort(bank.queries @ photos[7])[-10:].mean()
    assert whole[7] == pytest.approx(by_hand, abs=1e-5)


def test_a_bank_smaller_than_what_is_averaged_works() -> None:
    bank = QueryBank.of(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32), "x y")

    assert bank.usual_best(np.eye(3, dtype=np.float32)).shape == (3,)


def test_a_bank_comes_back_from_its_folder(bank: QueryBank, tmp_path) -> None:
    bank.save(tmp_path)
    again = QueryBank.load(tmp_path)

    assert again.made_by == "image text"
    np.testing.assert_allclose(again.queries, bank.queries, atol=0.1)


def test_another_file_is_no_bank(tmp_path) -> None:
    (tmp_path / "queries.safetensors").write_bytes(b"nothing of the kind")

    with pytest.raises(EncoderFolderInvalid):
        QueryBank.load(tmp_path)
