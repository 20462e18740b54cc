"""Photos that are missing or unreadable: counted, skipped, and refused when they are too many."""

from pathlib import Path

import pytest

from tests.support.pictures import paint
from training.datasets.example import Example
from training.datasets.photos import Failed, usable
from training.errors import DatasetInvalid, PhotosUnusable


def examples(folder: Path, count: int) -> list[Example]:
    """Two examples for each of so many photos."""
    paths = [paint(folder / f"{n}.png", "red", seed=n) for n in range(count)]
    return [Example(path.name, path, (text,)) for path in paths for text in ("one", "two")]


def test_missing_and_unreadable_photos_are_skipped_with_their_reason(tmp_path: Path) -> None:
    found = examples(tmp_path, 40)
    found[0].path.unlink()
    found[2].path.write_text("no picture")
    good, failed = usable(found)
    assert failed == [Failed("0.png", "photo missing"), Failed("1.png", "not an image")]
    assert good == found[4:]


def test_a_photo_cut_off_in_its_middle_is_found_out(tmp_path: Path) -> None:
    found = examples(tmp_path, 20)
    content = found[6].path.read_bytes()
    found[6].path.write_bytes(content[: len(content) // 2])
    _, failed = usable(found)
    assert failed == [Failed("3.png", "truncated file")]


def test_more_than_five_percent_are_refused(tmp_path: Path) -> None:
    found = examples(tmp_path, 20)
    for example in found[:4:2]:
        example.path.unlink()
    with pytest.raises(PhotosUnusable) as refused:
        usable(found)
    told = str(refused.value)
    assert "2 of 20 photos cannot be used, more than 5%" in told
    assert "0.png: photo missing; 1.png: photo missing" in told and str(tmp_path) in told
    assert "\n" not in told
    assert len(usable(found, limit=0.1)[1]) == 2


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    found = examples(tmp_path, 6)
    for example in found[:10]:
        example.path.unlink(missing_ok=True)
    with pytest.raises(PhotosUnusable, match="and 2 more"):
        usable(found)


def test_no_photo_left(tmp_path: Path) -> None:
    with pytest.raises(PhotosUnusable, match="1 of 1 photos"):
        usable([Example("gone.png", tmp_path / "gone.png", ("a",))], limit=1.0)


def test_no_examples() -> None:
    with pytest.raises(DatasetInvalid, match="nothing to train on"):
        usable([])


def test_progress_counts_photos_not_examples(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    usable(examples(tmp_path, 3), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_folder_that_was_given_is_named(tmp_path: Path) -> None:
    (found, *_) = examples(tmp_path / "2024" / "may", 1)
    found.path.unlink()
    with pytest.raises(PhotosUnusable, match=f"is {tmp_path} the right folder"):
        usable([found], folder=tmp_path)
