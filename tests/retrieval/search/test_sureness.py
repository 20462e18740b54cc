"""Sureness: what the shipped calibration says, and what happens without one."""

import json

import numpy as np
import pytest

from retrieval.encoders.starter import StarterEncoder
from retrieval.errors import EncoderFolderInvalid
from retrieval.search.calibration import calibration_of
from retrieval.search.sureness import (
    DESCRIPTORS,
    DIALOGUE,
    REQUEST,
    ScoreStatistics,
    Sure,
    Sureness,
    standing_evidence,
)
from tests.support.fake_encoder import ColourEncoder


@pytest.fixture(scope="module")
def starter() -> StarterEncoder:
    return StarterEncoder.load()


@pytest.fixture(scope="module")
def shipped(starter: StarterEncoder) -> Sureness:
    return calibration_of(starter).sureness


def test_the_starter_ships_with_a_bank_and_all_kinds_of_models(starter: StarterEncoder) -> None:
    calibration = calibration_of(starter)

    assert calibration.bank is not None
    assert calibration.bank.queries.shape[1] == starter.dim
    assert set(calibration.sureness.models) == {REQUEST, DIALOGUE, DESCRIPTORS}


@pytest.mark.parametrize("kind", [REQUEST, DIALOGUE, DESCRIPTORS])
def test_a_better_best_photo_is_surer_and_more_photos_are_less(
    shipped: Sureness, kind: str
) -> None:
    def chance(best: float, photos: int) -> float:
        return shipped.judge(ScoreStatistics(best, 0.0, 0.05, photos), kind)[1]

    assert chance(0.15, 1_000) < chance(0.3, 1_000) < chance(0.45, 1_000)
    assert chance(0.3, 100_000) < chance(0.3, 1_000) < chance(0.3, 20)


def test_the_three_answers(shipped: Sureness) -> None:
    answers = [
        shipped.judge(ScoreStatistics(best, 0.0, 0.05, 1_000))[0]
        for best in np.linspace(0.05, 0.5, 200)
    ]

    assert list(dict.fromkeys(answers)) == [Sure.NONE, Sure.CLOSEST, Sure.FITS]


def test_nothing_searched_is_none(shipped: Sureness) -> None:
    assert shipped.judge(ScoreStatistics(-1.0, 0.0, 0.05, 0)) == (Sure.NONE, 0.0)


def test_evidence_from_elsewhere_raises_the_probability(shipped: Sureness) -> None:
    statistics = ScoreStatistics(0.2, 0.0, 0.03, 1_000)

    assert shipped.judge(statistics)[0] is Sure.NONE
    assert shipped.judge(statistics, evidence=4.0)[0] is Sure.FITS


def test_the_best_of_a_filter_stands_where_chance_would_put_it_or_higher() -> None:
    by_chance = standing_evidence(place=10, searched=100, everything=1_000)

    assert by_chance < 0
    assert standing_evidence(1, 100, 1_000) > 0
    assert standing_evidence(40, 100, 1_000) < by_chance
    # Where all was searched, or nothing, a place says nothing.
    assert standing_evidence(1, 1_000, 1_000) == standing_evidence(1, 0, 1_000) == 0.0


def test_an_encoder_that_nobody_calibrated_has_a_default() -> None:
    calibration = calibration_of(ColourEncoder())

    assert calibration.bank is None
    judge = calibration.sureness.judge
    assert judge(ScoreStatistics(0.9, 0.1, 0.1, 500))[0] is Sure.FITS
    assert judge(ScoreStatistics(0.36, 0.1, 0.1, 500))[0] is Sure.CLOSEST
    assert judge(ScoreStatistics(0.25, 0.1, 0.1, 500))[0] is Sure.NONE


def test_what_was_made_for_other_weights_is_not_used(shipped: Sureness, tmp_path) -> None:
    encoder = ColourEncoder()
    encoder.folder = tmp_path  # type: ignore[attr-defined]
    shipped.save(tmp_path)

    assert calibration_of(encoder).sureness == Sureness()


def test_a_calibration_comes_back_from_its_folder(shipped: Sureness, tmp_path) -> None:
    shipped.save(tmp_path)

    assert Sureness.load(tmp_path) == shipped


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 1, "made_by": "", "models": {}}',
        '{"format": 9, "made_by": "", "models": {}}',
        json.dumps(
            {
                "format": 1,
                "made_by": "",
                "models": {"request": {"bias": 0, "weights": {"smell": 1}, "fits": 1, "none": 0}},
            }
        ),
    ],
)
def test_a_damaged_calibration_is_one_line(tmp_path, content: str) -> None:
    (tmp_path / "sureness.json").write_text(content)

    with pytest.raises(EncoderFolderInvalid) as error:
        Sureness.load(tmp_path)
    assert "\n" not in str(error.value)


def test_a_best_photo_that_chance_explains_is_the_closest_at_most(shipped: Sureness) -> None:
    assert shipped.judge(ScoreStatistics(0.3, 0.0, 0.075, 17))[0] is Sure.FITS
    assert shipped.judge(ScoreStatistics(0.15, 0.0, 0.075, 17))[0] is Sure.CLOSEST
