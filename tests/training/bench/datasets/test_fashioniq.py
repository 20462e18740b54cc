"""FashionIQ: reference and two captions lead to a target, in a pool that is named."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.bench.datasets.conftest import Read, painted, reasons, write_json
from training.errors import DatasetInvalid, PhotosUnusable

CATEGORIES = ("dress", "shirt", "toptee")


def garment(category: str, number: int) -> str:
    return f"B0{category[:1].upper()}{number}"


def asked(category: str) -> list[dict[str, Any]]:
    return [
        {
            "candidate": garment(category, 0),
            "target": garment(category, 1),
            "captions": ["is blue.", " has longer sleeves"],
        },
        {"candidate": garment(category, 1), "target": garment(category, 2), "captions": ["red"]},
    ]


@pytest.fixture(autouse=True)
def fashioniq(tmp_path: Path) -> Path:
    for category in CATEGORIES:
        names = [garment(category, number) for number in range(5)]
        painted(tmp_path / "images", [f"{name}.jpg" for name in names])
        write_json(tmp_path / f"captions/cap.{category}.val.json", asked(category))
        write_json(tmp_path / f"image_splits/split.{category}.val.json", names)
    return tmp_path


def test_each_category_has_its_own_pool(read: Read) -> None:
    found = read("fashioniq")

    assert len(found.photos) == 15 and len(found.queries) == 6
    first = found.queries[0]
    assert (first.id, first.kind) == ("dress-0", "dress")
    assert first.text == "is blue and has longer sleeves"
    assert first.photo is not None and first.photo.path.name == "B0D0.jpg"
    assert first.excluded == {"B0D0.jpg"}
    assert first.pool == {f"B0D{number}.jpg" for number in range(5)}
    assert found.relevant["dress-0"] == {"B0D1.jpg": 1}
    assert {one.kind for one in found.queries} == set(CATEGORIES)
    assert found.protocol.startswith("official pool")
    assert not found.missing


def test_the_pool_of_the_targets_is_named_and_smaller(read: Read) -> None:
    targets = read("fashioniq", protocol="target_only", categories=["shirt"])
    assert targets.queries[0].pool == {"B0S1.jpg", "B0S2.jpg"}
    assert targets.protocol.startswith("targets of the queries only")

    both = read("fashioniq", protocol="target_only", with_references=True, categories=["shirt"])
    assert both.queries[0].pool == {"B0S0.jpg", "B0S1.jpg", "B0S2.jpg"}
    assert both.protocol.startswith("targets and references")
    assert both.content_hash != targets.content_hash


def test_either_half_of_a_query_may_be_asked_alone(read: Read) -> None:
    text, photo = (read("fashioniq", query=query).queries[1] for query in ("text", "photo"))

    assert (text.text, text.photo) == ("red", None)
    assert photo.text == "" and photo.photo is not None
    assert read("fashioniq", rank_reference=True).queries[0].excluded == frozenset()


def test_missing_photos_are_counted_and_their_queries_stay(read: Read, fashioniq: Path) -> None:
    (fashioniq / "images" / "B0D1.jpg").unlink()

    found = read("fashioniq", categories=["dress"])

    assert reasons(found) == {"B0D1": "photo missing"}
    assert found.relevant["dress-0"] == {"B0D1": 1}
    assert (found.queries[1].text, found.queries[1].photo) == ("", None)
    assert "B0D1" not in (found.queries[0].pool or ())


def test_what_is_named_twice_or_blank_is_said(read: Read, fashioniq: Path) -> None:
    write_json(fashioniq / "image_splits/split.dress.val.json", ["B0D0", "B0D1", "B0D1", "B0D2"])
    one = {"candidate": "B0D0", "target": "B0D1", "captions": [" ", "."]}
    write_json(fashioniq / "captions/cap.dress.val.json", [one])

    found = read("fashioniq", categories=["dress"])

    assert reasons(found) == {
        "B0D1": "named twice in split.dress.val.json",
        "dress-0": "blank caption",
    }
    assert len(found.photos) == 3


@pytest.mark.parametrize(
    ("file", "value", "said"),
    [
        ("captions/cap.shirt.val.json", [], "holds no query: the category would have no figure"),
        ("captions/cap.shirt.val.json", {"a": 1}, "JSON of another format"),
        ("captions/cap.shirt.val.json", [{"target": "B"}], "is of another format"),
        (
            "captions/cap.shirt.val.json",
            [{"candidate": "B", "captions": ["a", "b"]}],
            "query no. 0 has no target; those of FashionIQ's test split",
        ),
        (
            "captions/cap.shirt.val.json",
            [{"candidate": "B", "target": "C", "captions": "red"}],
            "query no. 0 is of another format",
        ),
        ("image_splits/split.shirt.val.json", {"B": 1}, "JSON of another format"),
        ("image_splits/split.shirt.val.json", ["B0S0"], "lacks the target B0S1"),
    ],
)
def test_other_files_are_refused(
    read: Read, fashioniq: Path, file: str, value: Any, said: str
) -> None:
    write_json(fashioniq / file, value)

    with pytest.raises(DatasetInvalid) as caught:
        read("fashioniq")
    assert said in str(caught.value) and str(fashioniq / file) in str(caught.value)


def test_a_category_or_all_photos_missing_is_refused(read: Read, fashioniq: Path) -> None:
    (fashioniq / "captions/cap.toptee.val.json").unlink()
    with pytest.raises(DatasetInvalid, match=r"cap\.toptee\.val\.json: no such file"):
        read("fashioniq")

    (fashioniq / "none").mkdir()
    with pytest.raises(PhotosUnusable, match="none of the 5 photos"):
        read("fashioniq", photos="none", categories=["dress"])
