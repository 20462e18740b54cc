"""Train, dev and test never share a photo."""

import shutil
from pathlib import Path

import pytest

from tests.support.pictures import paint
from training.datasets.example import Example
from training.datasets.splits import hold_out, require_apart
from training.errors import DatasetInvalid, SplitsOverlap


def example(path: Path, text: str = "a") -> Example:
    return Example(path.name, path, (text,))


@pytest.fixture
def twelve(tmp_path: Path) -> list[Example]:
    return [example(paint(tmp_path / f"{n}.png", "red", seed=n)) for n in range(12)]


def test_apart(twelve: list[Example]) -> None:
    require_apart(train=twelve[:8], dev=twelve[8:10], test=twelve[10:])
    require_apart(train=twelve, dev=[], test=[])


def test_the_same_file_in_two_splits_is_refused_with_the_list(twelve: list[Example]) -> None:
    with pytest.raises(SplitsOverlap) as refused:
        require_apart(train=twelve[:8], dev=twelve[6:10], test=twelve[10:])
    told = str(refused.value)
    assert "train and dev share 2 photos" in told and told.endswith("6.png, 7.png")
    with pytest.raises(SplitsOverlap, match=r"dev and test share 1 photo,.*9\.png"):
        require_apart(train=twelve[:8], dev=twelve[8:10], test=twelve[9:])


def test_the_list_is_bounded(twelve: list[Example]) -> None:
    with pytest.raises(SplitsOverlap, match=r"share 12 photos.*9\.png and 2 more$"):
        require_apart(train=twelve, dev=twelve)


def test_one_file_under_two_paths(twelve: list[Example], tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(SplitsOverlap):
        require_apart(train=twelve, dev=[example(tmp_path / "sub" / ".." / "3.png")])
    (tmp_path / "link.png").symlink_to(tmp_path / "3.png")
    with pytest.raises(SplitsOverlap):
        require_apart(train=twelve, dev=[example(tmp_path / "link.png")])


def test_a_copy_under_another_name(twelve: list[Example], tmp_path: Path) -> None:
    copy = tmp_path / "dev" / "holiday.png"
    copy.parent.mkdir()
    shutil.copy(twelve[3].path, copy)
    with pytest.raises(SplitsOverlap, match=r"3\.png \(a copy of holiday\.png\)"):
        require_apart(train=twelve, dev=[example(copy)])


def test_another_photo_of_the_same_name_is_another_photo(
    twelve: list[Example], tmp_path: Path
) -> None:
    require_apart(train=twelve, dev=[example(paint(tmp_path / "dev" / "3.png", "blue"))])


def test_photos_that_are_not_there_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    gone = [example(tmp_path / name) for name in ("a.png", "b.png")]
    require_apart(train=gone[:1], dev=gone[1:])
    with pytest.raises(SplitsOverlap):
        require_apart(train=gone, dev=gone[1:])


def test_held_out_photos_take_all_their_examples_with_them(
    twelve: list[Example], tmp_path: Path
) -> None:
    shutil.copy(twelve[0].path, tmp_path / "copy.png")
    every = [*twelve, *(example(one.path, "again") for one in twelve)]
    every.append(example(tmp_path / "copy.png"))
    train, dev = hold_out(every, share=0.25)
    assert len({one.path.read_bytes() for one in dev}) == 3
    assert sorted(map(id, train + dev)) == sorted(map(id, every))
    require_apart(train=train, dev=dev)


def test_the_same_photos_are_held_out_whatever_their_order_or_names(
    twelve: list[Example], tmp_path: Path
) -> None:
    moved = [
        example(Path(shutil.copy(one.path, tmp_path / f"m{number}.png")))
        for number, one in enumerate(reversed(twelve))
    ]

    def held(examples: list[Example], seed: int) -> set[bytes]:
        return {one.path.read_bytes() for one in hold_out(examples, share=0.3, seed=seed)[1]}

    assert held(twelve, 0) == held(moved, 0)
    assert any(held(twelve, 0) != held(twelve, seed) for seed in range(1, 4))


def test_one_photo_at_least_on_each_side(twelve: list[Example]) -> None:
    assert [len(side) for side in hold_out(twelve, share=0.001)] == [11, 1]
    assert [len(side) for side in hold_out(twelve, share=1.0)] == [1, 11]


def test_at_most_a_thousand(tmp_path: Path) -> None:
    many = [example(tmp_path / f"gone-{number}.png") for number in range(1500)]
    train, dev = hold_out(many, share=0.9)
    assert (len(train), len(dev)) == (500, 1000)


def test_one_photo_cannot_be_split(twelve: list[Example]) -> None:
    with pytest.raises(DatasetInvalid, match="all examples are about one photo"):
        hold_out([twelve[0], example(twelve[0].path, "again")])
