"""Queries made of pairs of similar photos: what is asked follows from the captions."""

from pathlib import Path

import pytest

from tests.training.bench.datasets.conftest import Read, painted, write_lines
from training.bench.datasets.similar import phrases_with, similar_pairs
from training.errors import DatasetInvalid

GRASS = ("a brown dog runs on grass", "the brown dog running over the grass")
SNOW = ("a brown dog runs in the snow", "brown dogs run in white snow")
MORE_SNOW = ("snow, and a brown dog that runs", "a dog, brown, runs through snow")
CITY = ("people wait for a bus", "a bus stop full of people")


def test_the_text_says_what_the_reference_does_not() -> None:
    pairs = similar_pairs([GRASS, SNOW, CITY])

    assert [(one.reference, one.target) for one in pairs] == [(0, 1), (1, 0)]
    assert pairs[0].text == "in the snow"
    assert pairs[0].minus == ("grass",)
    assert pairs[1].text == "on grass"


def test_whatever_fits_the_captions_is_right_and_the_reference_never() -> None:
    pairs = {one.reference: one for one in similar_pairs([GRASS, SNOW, MORE_SNOW, CITY])}

    assert pairs[0].relevant == (1, 2)
    assert all(one.target in one.relevant for one in pairs.values())
    assert all(one.reference not in one.relevant for one in pairs.values())


def test_the_seed_chooses_among_the_similar_and_nothing_else_does() -> None:
    colours = ("red", "blue", "green", "black", "white", "yellow")
    dogs = [[f"a {colour} dog in a park", f"the {colour} dog, a park"] for colour in colours]

    drawn = [tuple(one.target for one in similar_pairs(dogs, seed=seed)) for seed in range(8)]

    assert drawn[1] == tuple(one.target for one in similar_pairs(dogs, seed=1))
    assert len(set(drawn)) > 1


def test_phrases_keep_the_small_words_around_them() -> None:
    caption = "A dog catches a red ball in the snow ."
    assert phrases_with(caption, frozenset({"red", "snow"})) == "a red ball, in the snow"
    assert phrases_with(caption, frozenset({"catch"})) == "catches"


def test_as_a_data_set(read: Read, tmp_path: Path) -> None:
    painted(tmp_path / "photos", ["grass.png", "snow.png", "city.png"])
    write_lines(
        tmp_path / "c.jsonl",
        *(
            {"photo": name, "captions": list(captions)}
            for name, captions in (("grass.jpg", GRASS), ("snow.jpg", SNOW), ("city.jpg", CITY))
        ),
    )
    fields = {"photos": "photos", "captions": "c.jsonl"}

    found = read("similar", with_minus=True, **fields)

    first = found.queries[0]
    assert (first.id, first.text, first.minus) == ("grass.png", "in the snow", ("grass",))
    assert first.photo is not None and first.photo.id == "grass.png"
    assert first.excluded == {"grass.png"}
    assert found.relevant["grass.png"] == {"snow.png": 1}
    assert read("similar", query="text", **fields).queries[0].photo is None
    assert read("similar", query="photo", **fields).queries[0].text == ""
    (tmp_path / "photos" / "snow.png").unlink()
    with pytest.raises(DatasetInvalid, match="no two photos are similar enough"):
        read("similar", **fields)
