"""Descriptions of data sets in recipes: a typo is answered with the nearest name."""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from tests.training.bench.datasets.conftest import spec_of
from training.bench.datasets import DatasetSpec
from training.bench.recipes import read_recipes
from training.errors import RecipeInvalid

CAPTIONED = {"kind": "captioned", "photos": "dev"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"photos": "dev"}, "needs a field 'kind'"),
        ({"kind": "cocoa"}, "no kind 'cocoa'; did you mean 'coco'?"),
        ({"kind": "FashionIQ2"}, "did you mean 'fashioniq'?"),
        ({**CAPTIONED, "captoins": "a"}, "no field 'captoins'; did you mean 'captions'?"),
        ({**CAPTIONED, "query": "best"}, "query: input should be 'first', 'last'"),
        ({**CAPTIONED, "query": "photo"}, "query: photo needs relevance: shared_words"),
        ({**CAPTIONED, "limit": 0}, "limit: input should be greater than or equal to 1"),
        ({"kind": "captioned"}, "photos: field required"),
        ({"kind": "dialogues", "files": ["a"], "query": "recorded"}, "needs descriptors"),
        ({"kind": "dialogues", "files": ["a"], "query": "caption"}, "needs captions"),
        ({"kind": "dialogues", "files": []}, "should have at least 1 item"),
        ({"kind": "fashioniq", "categories": ["dres"]}, "input should be 'dress', 'shirt'"),
        ({"kind": "fashioniq", "split": "../val"}, "should match pattern"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, value: Any, said: str) -> None:
    file = tmp_path / "mine.yaml"
    recipe = {"dataset": value, "embedder": {"kind": "starter"}}
    file.write_text(yaml.safe_dump({"recipes": {"one": recipe}}), encoding="utf-8")

    with pytest.raises(RecipeInvalid) as caught:
        read_recipes(file)
    assert said in str(caught.value)
    assert "recipe one: dataset" in str(caught.value) and "\n" not in str(caught.value)


def test_every_kind_describes_its_fields() -> None:
    for spec in get_args(get_args(DatasetSpec)[0]):
        assert all(
            field.description for name, field in spec.model_fields.items() if name != "kind"
        ), spec


def test_specs_compare_and_do_not_change() -> None:
    spec = spec_of(**CAPTIONED)

    assert spec == spec_of(**CAPTIONED) and hash(spec)
    with pytest.raises(ValueError, match="frozen"):
        spec.limit = 3  # type: ignore[misc]
