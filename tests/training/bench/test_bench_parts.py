"""The bench's small parts: order, measures, noise, similarity, hubness."""

import numpy as np
import pytest

from retrieval.search.ranking import best_places, ordered_places
from training.bench.hubness import spread, usual_best
from training.bench.measures import measure_of, rank_score, values_of
from training.bench.noise import paraphrase, typing_mistakes
from training.bench.similarity import PairSampler
from training.metrics import Judged, average_precision_at, hit_at, ndcg_at, reciprocal_rank


def test_many_rankings_are_ordered_as_one_is() -> None:
    chance = np.random.default_rng(0)
    # Few values, so that most are ties.
    scores = chance.integers(0, 4, (20, 30)).astype(np.float32)
    scores[:, 3] = -np.inf
    ids = np.asarray([f"p{number}" for number in chance.permutation(30)])
    for k in (1, 7, 30, 99):
        found = ordered_places(scores, ids, k).tolist()
        assert found == [best_places(row, ids, k) for row in scores]


def test_measures_are_those_of_evaluate() -> None:
    chance = np.random.default_rng(1)
    photos = [f"p{number}" for number in range(40)]
    relevant, ranked, ranks = {}, {}, []
    for number in range(30):
        order = chance.permutation(40)
        ranked[f"q{number}"] = [photos[place] for place in order]
        right = chance.choice(40, size=1 + number % 3, replace=False)
        relevant[f"q{number}"] = {photos[place]: 1 for place in right}
        found = sorted(int(np.flatnonzero(order == place)[0]) + 1 for place in right)
        ranks.append(Judged(tuple(found), len(found)))
    names = ["hit@5", "MRR", "nDCG@10", "MAP@40", "rank_score"]
    values = values_of([measure_of(name) for name in names], relevant, ranked)
    assert values["hit@5"] == [hit_at(5, one) for one in ranks]
    assert values["MRR"] == pytest.approx([reciprocal_rank(one) for one in ranks])
    assert values["nDCG@10"] == pytest.approx([ndcg_at(10, one) for one in ranks])
    assert values["MAP@40"] == pytest.approx([average_precision_at(40, one) for one in ranks])
    points = [max(0, 6 - (one.best or 9)) for one in ranks]
    assert values["rank_score"] == points


def test_rank_score_and_queries_that_were_not_asked() -> None:
    assert rank_score(["a", "b"], {"a": 1}) == 5
    assert rank_score(["x"] * 4 + ["a"], {"a": 2}) == 1
    assert rank_score(["x"] * 5 + ["a"], {"a": 1}) == 0
    some = [measure_of("hit@1"), measure_of("rank_score")]
    found = values_of(some, {"q": {"a": 1}, "r": {"a": 1}}, {"q": ["a"]})
    assert found == {"hit@1": [1.0, 0.0], "rank_score": [5.0, 0.0]}


def test_noise_is_the_same_every_time() -> None:
    text = "A brown dog runs through the grass ."
    noisy = typing_mistakes(text, "1")
    assert noisy == typing_mistakes(text, "1") != typing_mistakes(text, "2")
    assert len(noisy.split()) == len(text.split()) + 2
    assert noisy[: len(text)] != text and len(noisy) > len(text)
    said = paraphrase(text, "1")
    assert said == paraphrase(text, "1")
    assert "brown" in said and " dog " not in f" {said} "
    assert typing_mistakes("", "1") == paraphrase(" ", "1").strip() == ""


def test_similarity_of_matching_and_random_pairs() -> None:
    chance = np.random.default_rng(2)
    pairs = PairSampler(0)
    for _ in range(200):
        scores = chance.normal(0.1, 0.05, 50).astype(np.float32)
        scores[7] = 0.6
        pairs.add(scores, [7])
    found = pairs.similarity()
    assert found is not None
    assert found.matched.mean == pytest.approx(0.6) and found.matched.share_over_half == 1
    assert found.random.mean == pytest.approx(0.1, abs=0.02) and found.random.n == 200
    assert sum(found.random.counts) == 200
    area = np.trapezoid(found.random.density, found.points)
    assert area == pytest.approx(1, abs=0.05)
    assert PairSampler(0).similarity() is None


def test_hubs_are_near_to_all_queries() -> None:
    chance = np.random.default_rng(3)
    bank = chance.normal(size=(200, 16)).astype(np.float32) + 0.7
    bank /= np.linalg.norm(bank, axis=1, keepdims=True)
    hub = bank.mean(axis=0)
    photos = np.stack([hub / np.linalg.norm(hub), np.eye(16, dtype=np.float32)[0]])
    high, low = usual_best(photos, bank)
    expected = np.sort(photos[1] @ bank.T)[-10:].mean()
    assert high > low == pytest.approx(expected)
    texts = [f"a {number}" for number in range(30)]
    assert spread([*texts, *texts], 4) == ["a 0", "a 9", "a 19", "a 29"]
