"""``photopal index``, ``search`` and ``forget`` from the command line to the files, in process.

The encoder is a small one that knows colours; everything else is the program's own.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.cli.main import run
from retrieval.library import Library
from retrieval.paths import home
from tests.bot.cli.conftest import Command
from tests.support.camera_files import jpeg, with_segment
from tests.support.pictures import paint


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of photos, of three and of two."""
    one, two = tmp_path / "one", tmp_path / "two"
    for colour in ("red", "green", "blue"):
        paint(one / f"{colour}.png", colour)
    for colour in ("grey", "black"):
        paint(two / f"{colour}.png", colour)
    return one, two


def stems(answer: dict[str, Any]) -> list[str]:
    return [Path(hit["path"]).stem for hit in answer["results"]]


# -- folders that are away -----------------------------------------------------------------


def test_a_folder_that_is_away_does_not_stop_the_others(
    photopal: Command, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    one, two = folders
    assert photopal("index", one, two)[0] == 0
    two.rename(tmp_path / "unplugged")
    paint(one / "white.png", "white")
    status, report, _ = photopal("index")
    assert (status, report["indexed"], report["unchanged"], report["removed"]) == (0, 1, 3, 0)
    assert report["failed"] == [
        {"path": str(two), "reason": "the folder is gone; its photos stay in the library"}
    ]
    status, _, said = photopal("index", two)
    assert status == 1 and "no such folder" in said


def test_an_empty_mount_point_is_refused_and_the_rest_is_done(
    photopal: Command, folders: tuple[Path, Path]
) -> None:
    one, two = folders
    photopal("index", one, two)
    for path in two.iterdir():
        path.unlink()
    paint(one / "white.png", "white")
    status, report, said = photopal("index")
    assert (status, report["indexed"], report["removed"]) == (1, 1, 0)
    assert report["lost"] == [{"path": str(two), "gone": 2, "held": 2}]
    assert "--remove-missing" in said and str(two) in said
    assert photopal("status")[1]["photos"] == 6
    status, report, _ = photopal("index", "--remove-missing")
    assert (status, report["removed"], report["lost"]) == (0, 2, [])
    assert photopal("status")[1]["photos"] == 4


def test_a_rebuild_that_would_lose_a_folder_is_refused(
    photopal: Command, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    one, two = folders
    photopal("index", one, two)
    two.rename(tmp_path / "unplugged")
    status, _, said = photopal("index", one, "--rebuild", "--encoder", "other")
    assert status == 1
    assert "2 photos could not be searched" in said and f"photopal forget {two}" in said
    assert photopal("status")[1]["searchable"] == 5
    assert photopal("forget", two)[0] == 0
    status, report, _ = photopal("index", one, "--rebuild", "--encoder", "other")
    assert (status, report["indexed"]) == (0, 3)


def test_a_rebuild_keeps_the_librarys_encoder(
    photopal: Command, folders: tuple[Path, Path]
) -> None:
    one, _ = folders
    assert photopal("index", one, "--encoder", "other")[0] == 0
    assert photopal("index", "--rebuild")[0] == 0
    assert photopal("status")[1]["encoder"]["name"] == "other"


# -- forget --------------------------------------------------------------------------------


def test_forgetting_a_folder_takes_its_photos_out_and_leaves_the_files(
    photopal: Command, folders: tuple[Path, Path]
) -> None:
    one, two = folders
    photopal("index", one, two)
    status, answer, _ = photopal("forget", two)
    assert status == 0
    assert answer == {"folder": str(two), "forgotten": 2, "folders": [str(one)]}
    assert sorted(path.name for path in two.iterdir()) == ["black.png", "grey.png"]
    assert stems(photopal("search", "grey", "-k", "9")[1]).count("grey") == 0
    assert photopal("status")[1]["index"]["state"] == "fresh"
    assert photopal("index")[1]["unchanged"] == 3
    status, _, said = photopal("forget", two)
    assert status == 1 and "no indexed folder" in said and str(one) in said


def test_a_folder_that_is_gone_can_be_forgotten(
    photopal: Command, folders: tuple[Path, Path]
) -> None:
    one, two = folders
    photopal("index", one, two)
    shutil.rmtree(two)
    assert photopal("forget", two)[1]["forgotten"] == 2
    assert photopal("index")[1]["failed"] == []


# -- filters -------------------------------------------------------------------------------


@pytest.fixture
def album(photopal: Command, tmp_path: Path) -> Path:
    """Red photos of four days, one of no day, in two folders."""
    folder = tmp_path / "album"
    for name in ("IMG_20181231_101010", "IMG_20190101_101010", "undated"):
        paint(folder / "old" / f"{name}.png", "red")
    paint(folder / "new" / "IMG_20201231_101010.png", "red")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2021:01:01 10:11:12"
    # What EXIF says counts more than the name.
    target = folder / "new" / "IMG_20100101_101010.jpg"
    Image.new("RGB", (64, 64), "red").save(target, exif=exif)
    assert photopal("index", folder)[0] == 0
    return folder


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"20181231", "20190101", "undated", "20201231", "20100101"}),
        (["--after", "2019-01-01"], {"20190101", "20201231", "20100101"}),
        (["--before", "2019-01-01"], {"20181231", "20190101"}),
        (["--after", "2019-01-01", "--before", "2020-12-31"], {"20190101", "20201231"}),
        (["--in", "ALBUM/new"], {"20201231", "20100101"}),
        (["--in", "ALBUM/new", "--before", "2020-12-31"], {"20201231"}),
        (["--in", "ALBUM/new", "--in", "ALBUM/old", "--before", "2018-12-31"], {"20181231"}),
        (["--in", "ALBUM/none"], set()),
    ],
)
def test_search_by_day_and_folder(
    photopal: Command, album: Path, options: list[str], expected: set[str]
) -> None:
    options = [option.replace("ALBUM", str(album)) for option in options]
    status, answer, _ = photopal("search", "red", "-k", "9", *options)
    assert status == 0
    assert {stem.removeprefix("IMG_").split("_")[0] for stem in stems(answer)} == expected
    assert answer["searched"] == len(expected)


@pytest.mark.parametrize(
    "options",
    [
        ["--after", "31 February"],
        ["--before", "2019-02-31"],
        ["--after", "2020"],
        ["--after", "2020-01-02", "--before", "2020-01-01"],
    ],
)
def test_days_that_make_no_sense_are_wrong_usage(
    photopal: Command, album: Path, options: list[str]
) -> None:
    status, answer, said = photopal("search", "red", *options)
    assert (status, answer) == (2, {})
    assert "--after" in said or "--before" in said
    assert "Traceback" not in said


def test_search_of_favourites_only(photopal: Command, folders: tuple[Path, Path]) -> None:
    one, _ = folders
    photopal("index", one)
    _, everything, _ = photopal("search", "red")
    assert len(stems(everything)) == 3
    status, none, _ = photopal("search", "red", "--favourites")
    assert (status, stems(none)) == (0, [])
    with Library.open(home() / "library.db") as library:
        (green,) = (p for p in library.photos_with("present") if p.path.stem == "green")
        library.set_favourite(green.id, True)
        (blue,) = (p for p in library.photos_with("present") if p.path.stem == "blue")
        library.set_hidden(blue.id, True)
    assert stems(photopal("search", "red", "--favourites")[1]) == ["green"]
    assert "blue" not in stems(photopal("search", "blue")[1])


# -- what lies among the photos ------------------------------------------------------------


def test_what_is_passed_over_and_read_with_remarks_is_said(
    photopal: Command,
    folders: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, _ = folders
    for number in range(12):
        (one / f"{number}.mov").write_bytes(b"x")
    for name in ("a.psd", "b.psd", "c.psd", "red.MOV"):
        (one / name).write_bytes(b"x")
    paint(one / "@eaDir" / "red.png" / "SYNOPHOTO_THUMB.jpg", "red")
    odd = with_segment(jpeg(), 0xE0, b"JFIF\0")
    (one / "odd.jpg").write_bytes(odd)

    status, report, _ = photopal("index", one)
    assert (status, report["indexed"], report["failed"]) == (0, 4, [])
    assert report["skipped"] == {".mov": 12, ".psd": 3}
    assert report["joined"] == {"videos of a live photo": 1}
    assert report["left_out"] == {"Synology's thumbnails": 1}
    assert [Path(found["path"]).name for found in report["remarks"]] == ["odd.jpg"]

    status, state, _ = photopal("status")
    assert (state["read_with_remarks"], state["skipped"]) == (1, {".mov": 12, ".psd": 3})
    assert state["left_out"] == {"Synology's thumbnails": 1}

    for command in (["status"], ["index", "--rebuild"]):
        assert run(command) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "12 .mov, 3 .psd skipped" in said
        assert "part of a photo: videos of a live photo (1)" in said
        assert "left out: Synology's thumbnails (1 folder)" in said
        assert "read with remarks" in said
