"""COCO: right is the same set of objects, and sets that occur once ask nothing."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.bench.datasets.conftest import Read, painted, reasons, write_json
from training.errors import DatasetInvalid, PhotosUnusable

DOG, BALL, CAT = 18, 37, 17
CATEGORIES = [{"id": DOG, "name": "dog"}, {"id": BALL, "name": "ball"}, {"id": CAT, "name": "cat"}]
OBJECTS = {1: [DOG, BALL, DOG], 2: [BALL, DOG], 3: [CAT], 4: [DOG, BALL], 5: [], 6: [CAT, DOG]}


def instances(**changed: Any) -> dict[str, Any]:
    return {
        "images": [{"id": one, "file_name": f"{one:012}.jpg"} for one in OBJECTS],
        "categories": CATEGORIES,
        "annotations": [
            {"image_id": one, "category_id": category, "bbox": [0, 0, 1, 1]}
            for one, categories in OBJECTS.items()
            for category in categories
        ],
        **changed,
    }


def captions() -> dict[str, Any]:
    texts = [(one, text) for one in OBJECTS for text in (f"caption {one}", f"again {one}")]
    return {"annotations": [{"image_id": one, "caption": text} for one, text in texts]}


@pytest.fixture(autouse=True)
def coco(tmp_path: Path) -> Path:
    painted(tmp_path / "val2017", [f"{one:012}.png" for one in OBJECTS])
    write_json(tmp_path / "annotations/instances_val2017.json", instances())
    write_json(tmp_path / "annotations/captions_val2017.json", captions())
    return tmp_path


def test_the_same_set_of_objects_is_right_whatever_their_number(read: Read) -> None:
    found = read("coco")

    names = {one: f"{one:012}.png" for one in OBJECTS}
    assert [one.id for one in found.queries] == [names[1], names[2], names[4]]
    assert found.relevant[names[1]] == {names[2]: 1, names[4]: 1}
    assert found.queries[1].text == "caption 2" and found.queries[1].photo is None
    assert found.queries[1].excluded == {names[2]}
    assert len(found.photos) == 6
    assert found.photos[0].captions == ("caption 1", "again 1")
    assert reasons(found) == {"000000000005.jpg": "no object is marked in it"}
    assert found.protocol.startswith("same set of objects; 2 photos whose set occurs once")


@pytest.mark.parametrize(("query", "text"), [("photo", ""), ("both", "caption 1")])
def test_a_query_may_be_the_photo_or_both(read: Read, query: str, text: str) -> None:
    first = read("coco", query=query).queries[0]

    assert first.text == text
    assert first.photo is not None and first.photo.path.is_file()


def test_a_missing_photo_leaves_a_query_with_nothing_in_it(read: Read, coco: Path) -> None:
    (coco / "val2017" / "000000000002.png").unlink()

    found = read("coco", query="both")

    gone = next(one for one in found.queries if one.id == "000000000002.jpg")
    assert (gone.text, gone.photo) == ("", None)
    assert reasons(found)["000000000002.jpg"] == "photo missing"
    assert found.relevant["000000000001.png"]["000000000002.jpg"] == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"images": None}, 'JSON of another format: expected {"images"'),
        ({"annotations": [{"caption": "a"}]}, "annotations[0] is of another format"),
        ({"annotations": [{"image_id": 1, "category_id": 99}]}, "no category has the id 99"),
        ({"annotations": []}, "no two photos show the same set of objects"),
        ({"images": [{"id": 1, "file_name": "1.jpg"}] * 2}, "the image id 1 is there twice"),
        ({"images": []}, "names no photo"),
    ],
)
def test_other_files_are_refused(read: Read, coco: Path, changed: Any, said: str) -> None:
    write_json(coco / "annotations/instances_val2017.json", instances(**changed))

    with pytest.raises(DatasetInvalid) as caught:
        read("coco")
    assert said in str(caught.value)


def test_a_file_that_is_cut_off_and_captions_of_others_are_refused(read: Read, coco: Path) -> None:
    path = coco / "annotations/captions_val2017.json"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    with pytest.raises(DatasetInvalid, match="is it cut off"):
        read("coco")

    write_json(path, {"annotations": [{"image_id": 77, "caption": "a dog"}]})
    with pytest.raises(DatasetInvalid, match="captions of other photos"):
        read("coco")


def test_no_photo_at_all_is_refused(read: Read, coco: Path) -> None:
    (coco / "none").mkdir()

    with pytest.raises(PhotosUnusable, match="none of the 6 photos"):
        read("coco", photos="none")
