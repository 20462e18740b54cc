"""Ranks over the whole gallery: as the search ranks, with ties as trec_eval breaks them."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, QueryText, Searcher
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from training.datasets.queries import DevQuery
from training.fine_tuning.retrieval_evaluator import EncoderEvaluator, Ranked, rank
from training.metrics import relevant_ranks

PHOTOS = [Path(f"/p/{name}.png") for name in "abcd"]
VECTORS = np.eye(4, dtype=np.float32)


def query(*parts: tuple[str, float], photo: Path) -> DevQuery:
    return DevQuery(parts, photo, "caption")


def ranks_of(texts: dict[str, np.ndarray], *queries: DevQuery) -> list[int]:
    return rank(queries, PHOTOS, VECTORS, texts).ranks.tolist()


def test_ranks_worked_out_by_hand() -> None:
    text = np.asarray([0.1, 0.9, 0.4, 0.2], dtype=np.float32)
    queries = [query(("t", 1.0), photo=photo) for photo in PHOTOS]
    assert ranks_of({"t": text}, *queries) == [4, 1, 2, 3]


def test_ties_are_broken_as_trec_eval_breaks_them() -> None:
    text = np.asarray([0.5, 0.5, 0.5, 0.1], dtype=np.float32)
    names = [photo.as_posix() for photo in PHOTOS]
    queries = [query(("t", 1.0), photo=photo) for photo in PHOTOS]
    expected = [relevant_ranks(text, names, {name}).best for name in names]
    assert ranks_of({"t": text}, *queries) == expected == [3, 2, 1, 4]


def test_an_encoder_that_likes_all_alike_gains_nothing() -> None:
    queries = [query(("t", 1.0), photo=photo) for photo in PHOTOS]
    assert sorted(ranks_of({"t": np.zeros(4, np.float32)}, *queries)) == [1, 2, 3, 4]


def test_what_is_no_number_is_found_last() -> None:
    queries = [query(("t", 1.0), photo=photo) for photo in PHOTOS]
    assert ranks_of({"t": np.full(4, np.nan, np.float32)}, *queries) == [4, 4, 4, 4]


def test_figures_and_kinds() -> None:
    ranked = Ranked(np.asarray([1, 2, 40]), ("caption", "caption", "dialogue"))
    found = ranked.metrics()
    assert found["hit@1"] == pytest.approx(1 / 3)
    assert found["hit@30"] == pytest.approx(2 / 3)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 40) / 3)
    assert (found["caption/hit@1"], found["dialogue/hit@30"]) == (0.5, 0.0)


def test_the_mean_reciprocal_rank_orders_what_hit_30_does_not() -> None:
    better, worse = Ranked(np.asarray([1, 2]), ()), Ranked(np.asarray([2, 3]), ())
    one_more = Ranked(np.asarray([30, 30]), ())
    one_less = Ranked(np.asarray([1, 31]), ())
    assert better.score() > worse.score()
    assert one_more.score() > one_less.score()


def test_the_same_ranks_as_the_product(tmp_path: Path) -> None:
    """Fused queries over sixty photos: the scores are those of a real search."""
    colours = ("red", "green", "blue", "yellow", "white", "black")
    for seed in range(60):
        paint(tmp_path / "photos" / f"{seed:02}.png", colours[seed % 6], seed=seed)
    encoder = ColourEncoder()
    library = Library.open(tmp_path / "library.db", create=True)
    index_folders(library, encoder, [tmp_path / "photos"])
    photos = sorted((tmp_path / "photos").resolve().iterdir())
    parts = (("red and green", 2.0), ("blue", 1.0), ("white", 0.5))
    searcher = Searcher(library, encoder)
    ids, scores = searcher.scores([Query(tuple(QueryText(*part) for part in parts))])
    paths = {photo.id: photo.path.as_posix() for photo in library.photos(ids.tolist()).values()}
    names = [paths[one] for one in ids.tolist()]
    queries = [query(*parts, photo=photo) for photo in photos]
    expected = [relevant_ranks(scores[0], names, {one.as_posix()}).best for one in photos]
    found = EncoderEvaluator(queries, photos).metrics(encoder)
    assert found["pool"] == found["n"] == 60
    assert found["mrr"] == pytest.approx(np.mean([1 / one for one in expected if one]), abs=1e-4)
    low, high = found["ci95"]["hit@30"]
    assert low <= found["hit@30"] == 0.5 <= high
