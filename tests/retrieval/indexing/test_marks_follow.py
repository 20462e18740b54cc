"""What a person said of a photo follows the photo, whatever its file is called."""

import os
import shutil
from pathlib import Path

import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from tests.support import camera_files
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

COLOURS = ("red", "green", "blue", "yellow", "purple", "orange")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, colour in enumerate(COLOURS, start=1):
        paint(tmp_path / "photos" / f"IMG_{number}.png", colour, seed=number)
    return tmp_path / "photos"


def ids(library: Library) -> dict[str, int]:
    return {one.path.name: one.id for one in library.photos_with("present")}


def marks(library: Library) -> dict[str, str]:
    """Marked photos by the names of their files."""
    return {
        one.path.name: "hidden" if one.hidden else "favourite"
        for one in library.photos_with("present")
        if one.hidden or one.favourite
    }


def marked(library: Library, hidden: str = "", favourite: str = "") -> None:
    known = ids(library)
    if hidden:
        library.set_hidden(known[hidden], True)
    if favourite:
        library.set_favourite(known[favourite], True)


def test_all_renumbered(library: Library, encoder: ColourEncoder, folder: Path) -> None:
    index_folders(library, encoder, [folder])
    marked(library, hidden="IMG_2.png", favourite="IMG_5.png")
    before, embedded = ids(library), encoder.embedded
    for number in range(6, 0, -1):
        (folder / f"IMG_{number}.png").rename(folder / f"IMG_{number + 1}.png")
    report = index_folders(library, encoder, [])
    assert (report.moved, report.removed, report.indexed, report.failed) == (6, 0, 0, [])
    assert marks(library) == {"IMG_3.png": "hidden", "IMG_6.png": "favourite"}
    after = ids(library)
    assert all(after[f"IMG_{n + 1}.png"] == before[f"IMG_{n}.png"] for n in range(1, 7))
    assert encoder.embedded == embedded
    assert index_folders(library, encoder, []).unchanged == 6


def test_two_names_swapped_and_one_taken(
    library: Library, encoder: ColourEncoder, folder: Path
) -> None:
    index_folders(library, encoder, [folder])
    marked(library, hidden="IMG_1.png", favourite="IMG_4.png")
    one, two = folder / "IMG_1.png", folder / "IMG_2.png"
    one.rename(folder / "aside.png")
    two.rename(one)
    (folder / "aside.png").rename(two)
    (folder / "IMG_4.png").replace(folder / "IMG_3.png")
    report = index_folders(library, encoder, [])
    assert (report.moved, report.removed, report.indexed) == (3, 1, 0)
    assert marks(library) == {"IMG_2.png": "hidden", "IMG_3.png": "favourite"}


def test_an_edit_keeps_its_marks_and_a_touch_moves_nothing(
    library: Library, encoder: ColourEncoder, folder: Path
) -> None:
    index_folders(library, encoder, [folder])
    marked(library, hidden="IMG_1.png", favourite="IMG_2.png")
    before = ids(library)
    paint(folder / "IMG_1.png", "white", seed=99)
    os.utime(folder / "IMG_2.png", ns=(1, 1))
    # The bytes of one that is still there, over another: a copy, not a rename.
    shutil.copyfile(folder / "IMG_2.png", folder / "IMG_3.png")
    index_folders(library, encoder, [])
    assert marks(library)["IMG_1.png"] == "hidden"
    assert marks(library)["IMG_2.png"] == "favourite"
    assert ids(library) == before


def test_a_copy_of_what_is_hidden_is_hidden_and_stays_so(
    library: Library, encoder: ColourEncoder, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "other drive"
    out.mkdir()
    index_folders(library, encoder, [folder])
    marked(library, hidden="IMG_1.png")
    for number in (1, 2):
        shutil.copyfile(folder / f"IMG_{number}.png", out / f"{number}.png")
    index_folders(library, encoder, [out])
    assert marks(library) == {"IMG_1.png": "hidden", "1.png": "hidden"}
    # A mark that is made after copying goes along when the original is deleted.
    marked(library, favourite="IMG_2.png")
    for number in (1, 2):
        (folder / f"IMG_{number}.png").unlink()
    assert index_folders(library, encoder, []).removed == 2
    assert marks(library) == {"1.png": "hidden", "2.png": "favourite"}


def test_raw_and_jpeg_stand_for_each_other(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("S1", "S2"):
        (folder / f"{name}.dng").write_bytes(camera_files.dng())
    paint(folder / "S1.jpg", "red")
    for path in folder.iterdir():
        os.utime(path, ns=(10**18, 10**18))
    index_folders(library, encoder, [folder])
    marked(library, hidden="S1.jpg", favourite="S2.dng")
    (folder / "S1.jpg").unlink()
    paint(folder / "S2.jpg", "blue")
    os.utime(folder / "S2.jpg", ns=(10**18, 10**18))
    index_folders(library, encoder, [])
    assert marks(library) == {"S1.dng": "hidden", "S2.jpg": "favourite"}
