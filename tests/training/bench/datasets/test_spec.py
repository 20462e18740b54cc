"""Descriptions of data sets: a typo is answered with the nearest name."""

from typing import Any

import pytest

from training.bench.datasets import KINDS, DatasetSpec, dataset_spec
from training.errors import DatasetInvalid

CAPTIONED = {"kind": "captioned", "photos": "dev"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("coco", "a data set needs a kind: captioned, dialogues"),
        ({"photos": "dev"}, "a data set needs a kind"),
        ({"kind": "cocoa"}, "no data set of the kind 'cocoa'; did you mean 'coco'?"),
        ({"kind": "FashionIQ2"}, "did you mean 'fashioniq'?"),
        ({"kind": "zzz"}, "no data set of the kind 'zzz': choose of captioned, dialogues"),
        ({**CAPTIONED, "captoins": "a"}, "captioned has no 'captoins'; did you mean 'captions'?"),
        ({**CAPTIONED, "query": "best"}, "query: Input should be 'first', 'last'"),
        ({**CAPTIONED, "query": "photo"}, "query: photo needs relevance: shared_words"),
        ({**CAPTIONED, "limit": 0}, "limit: Input should be greater than or equal to 1"),
        ({"kind": "captioned"}, "photos: Field required"),
        ({"kind": "dialogues", "files": ["a"], "query": "recorded"}, "needs descriptors"),
        ({"kind": "dialogues", "files": ["a"], "query": "caption"}, "needs captions"),
        ({"kind": "dialogues", "files": []}, "files: Tuple should have at least 1 item"),
        ({"kind": "fashioniq", "categories": ["dres"]}, "Input should be 'dress', 'shirt'"),
        ({"kind": "fashioniq", "split": "../val"}, "split: String should match pattern"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(value: Any, said: str) -> None:
    with pytest.raises(DatasetInvalid) as caught:
        dataset_spec(value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_kind_describes_its_fields() -> None:
    for kind, spec in KINDS.items():
        assert all(
            field.description for name, field in spec.model_fields.items() if name != "kind"
        ), kind


def test_specs_compare_and_do_not_change() -> None:
    spec: DatasetSpec = dataset_spec(CAPTIONED)

    assert spec == dataset_spec(dict(CAPTIONED)) and hash(spec)
    with pytest.raises(ValueError, match="frozen"):
        spec.limit = 3  # type: ignore[misc]
