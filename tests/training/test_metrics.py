"""The measures: by hand on small rankings, and against trec_eval on random runs full of ties."""

import math

import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG

from training.metrics import (
    Judged,
    adjusted_for_many,
    average_precision_at,
    bootstrap_interval,
    chance_hit,
    chance_reciprocal_rank,
    hit_at,
    mcnemar_test,
    median_rank,
    ndcg_at,
    precision_at,
    randomisation_test,
    recall_at,
    recall_sum,
    reciprocal_rank,
    relevant_ranks,
)

CUTS = (1, 5, 10, 30)


def test_one_relevant_photo_by_hand() -> None:
    third = Judged((3,))
    assert [hit_at(k, third) for k in (1, 2, 3, 5)] == [0, 0, 1, 1]
    assert recall_at(5, third) == 1
    assert precision_at(5, third) == pytest.approx(1 / 5)
    assert reciprocal_rank(third) == pytest.approx(1 / 3)
    assert ndcg_at(5, third) == pytest.approx(1 / math.log2(4))
    assert average_precision_at(5, third) == pytest.approx(1 / 3)
    assert average_precision_at(2, third) == 0


def test_two_relevant_photos_by_hand() -> None:
    two = Judged((1, 4), relevant=3)
    assert recall_at(4, two) == pytest.approx(2 / 3)
    assert precision_at(4, two) == pytest.approx(2 / 4)
    assert average_precision_at(10, two) == pytest.approx((1 / 1 + 2 / 4) / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at(10, two) == pytest.approx((1 + 1 / math.log2(5)) / ideal)


def test_what_was_not_ranked_is_a_miss() -> None:
    missed = Judged(())
    assert hit_at(1000, missed) == 0
    assert reciprocal_rank(missed) == ndcg_at(10, missed) == average_precision_at(10, missed) == 0
    assert median_rank([missed, Judged((1,)), missed], pool=9) == 10


def test_ties_go_to_the_greater_id_whatever_the_order() -> None:
    for ids in (("a", "b", "c", "d"), ("d", "c", "b", "a")):
        assert relevant_ranks([1, 1, 1, 1], ids, {"b"}).ranks == (3,)
    assert relevant_ranks([2, 1, 1, 0], ("a", "b", "c", "d"), {"b", "d", "x"}) == Judged((3, 4), 3)


@pytest.mark.parametrize("seed", range(6))
def test_as_trec_eval_on_random_runs_with_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, dict[str, float]] = {}
    judged: dict[str, Judged] = {}
    for query in map(str, range(25)):
        pool = int(random.integers(3, 60))
        ids = [f"{number}.jpg" for number in random.permutation(200)[:pool]]
        scores = random.integers(0, 8, pool) / 7.0
        if seed % 2:
            # A difference that float32, trec_eval's type, does not hold.
            scores = scores + random.random(pool) * 1e-12
        relevant = set(random.choice([*ids, "absent.jpg"], int(random.integers(1, 4)), False))
        qrels[query] = dict.fromkeys(map(str, relevant), 1)
        run[query] = dict(zip(ids, map(float, scores), strict=True))
        judged[query] = relevant_ranks(scores, ids, relevant)
    ours = {RR: reciprocal_rank}
    for k in CUTS:
        ours[Success @ k] = lambda one, k=k: hit_at(k, one)
        ours[R @ k] = lambda one, k=k: recall_at(k, one)
        ours[P @ k] = lambda one, k=k: precision_at(k, one)
        ours[nDCG @ k] = lambda one, k=k: ndcg_at(k, one)
        ours[AP @ k] = lambda one, k=k: average_precision_at(k, one)
    theirs = list(ir_measures.pytrec_eval.iter_calc(list(ours), qrels, run))
    assert len(theirs) == len(ours) * len(run)
    for value in theirs:
        mine = ours[value.measure](judged[value.query_id])
        assert mine == pytest.approx(value.value, abs=1e-6), value


def test_recall_sum_is_of_means() -> None:
    assert recall_sum([Judged((1,)), Judged((7,)), Judged(())]) == pytest.approx(4 / 3)
    assert recall_sum([]) == 0


def test_chance_is_what_random_orders_score() -> None:
    random = np.random.default_rng(0)
    ranks = [Judged((int(rank),)) for rank in random.integers(1, 41, 20_000)]
    assert chance_hit(10, 40) == 0.25
    assert chance_hit(30, 10) == 1.0
    assert np.mean([reciprocal_rank(one) for one in ranks]) == pytest.approx(
        chance_reciprocal_rank(40), abs=0.005
    )
    assert chance_hit(5, 0) == chance_reciprocal_rank(0) == 0


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [1.0] * 30 + [0.0] * 70
    interval = bootstrap_interval(values)
    # 0.3 +- 1.96 sqrt(0.3 * 0.7 / 100)
    assert interval.low == pytest.approx(0.21, abs=0.02)
    assert interval.high == pytest.approx(0.39, abs=0.02)
    assert bootstrap_interval(values) == interval
    assert bootstrap_interval([1.0, 1.0]).low == 1.0
    assert bootstrap_interval([]).high == 0.0


def test_mcnemar_counts_only_what_differs() -> None:
    one = [1.0] * 10 + [1.0] * 6 + [0.0] * 4
    other = [1.0] * 10 + [0.0] * 6 + [0.0] * 4
    found = mcnemar_test(one, other)
    assert found.difference == pytest.approx(0.3)
    assert found.p == pytest.approx(2 * 0.5**6)
    assert mcnemar_test(one, one).p == 1.0


def test_randomisation_tells_luck_from_skill() -> None:
    random = np.random.default_rng(1)
    base = random.random(200)
    assert randomisation_test(base + 0.1, base).p < 0.001
    assert randomisation_test(base + random.normal(0, 1, 200), base).p > 0.01
    assert randomisation_test(base, base).p == 1.0
    with pytest.raises(ValueError, match="same queries"):
        randomisation_test([1.0], [1.0, 2.0])


def test_many_comparisons_are_adjusted() -> None:
    # By hand: 3 * 0.01, then max(0.03, 2 * 0.02), then max(0.04, 1 * 0.9).
    assert adjusted_for_many([0.9, 0.01, 0.02]) == pytest.approx([0.9, 0.03, 0.04])
    assert adjusted_for_many([]) == []
