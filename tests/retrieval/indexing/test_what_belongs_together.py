"""Files that are one photo, files that are none, files put in the place of others, drives away.

Each of these was reported of other programs: thumbnails of a NAS indexed as photos (immich issue
7980, photoprism issue 555), Live Photos counted twice (LibrePhotos issue 481), RAW and JPEG of one
shot (osxphotos issue 1660), libraries emptied while a drive was away (elementary photos issue 114,
photoprism-mobile issue 137, immich issue 17290).
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from retrieval.indexing import Failed, Loss, Remarked, index_folders
from retrieval.indexing.gather import CLIPS, OTHER_NAMES, RAW_FILES
from retrieval.library import Library
from retrieval.photos import isolation
from retrieval.photos.isolation import DIED, HUNG
from retrieval.photos.scan import _Walk
from retrieval.photos.side_parts import SIDE_PARTS
from retrieval.photos.thumbnails import Thumbnails
from tests.support import camera_files as files
from tests.support.dying_decoder import DIE, HANG
from tests.support.fake_encoder import ColourEncoder
from tests.support.hostile import hostile_files
from tests.support.pictures import exif, halves, paint


def names(library: Library) -> set[str]:
    return {photo.path.name for photo in library.photos_with("present")}


def at(path: Path, seconds: float) -> Path:
    """Set the time of a file."""
    os.utime(path, ns=(int(seconds * 1e9), int(seconds * 1e9)))
    return path


# -- one photo -----------------------------------------------------------------------------


def test_one_file_under_several_names_is_one_photo(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    paint(photos / "z.png", "red")
    paint(tmp_path / "outside" / "far.png", "blue")
    try:
        os.link(photos / "z.png", photos / "hard.png")
        (photos / "a link.png").symlink_to(photos / "z.png")
        (photos / "far.png").symlink_to(tmp_path / "outside" / "far.png")
    except OSError:
        pytest.skip("no links on this system")
    report = index_folders(library, encoder, [photos])
    assert names(library) == {"hard.png", "far.png"}
    assert report.passed.joined == {OTHER_NAMES: 2}
    # The name that is known stays, whatever comes before it.
    os.link(photos / "z.png", photos / "a first.png")
    report = index_folders(library, encoder, [])
    assert (names(library), report.unchanged) == ({"hard.png", "far.png"}, 2)
    (photos / "hard.png").unlink()
    report = index_folders(library, encoder, [])
    assert (report.moved, encoder.embedded) == (1, 2)


def test_a_library_that_counted_links_twice_counts_once_and_asks_nothing(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for number in range(8):
        paint(tmp_path / "photos" / f"{number}.png", "red", seed=number)
        shutil.copy(tmp_path / "photos" / f"{number}.png", tmp_path / "photos" / f"{number}b.png")
    index_folders(library, encoder, [tmp_path / "photos"])
    for number in range(8):
        (tmp_path / "photos" / f"{number}b.png").unlink()
        os.link(tmp_path / "photos" / f"{number}.png", tmp_path / "photos" / f"{number}b.png")
    report = index_folders(library, encoder, [])
    assert (report.lost, report.removed, library.counts().present) == ([], 8, 8)


@pytest.mark.parametrize("ending", [".JPG", ".heic"])
def test_raw_and_jpeg_of_one_shot_are_one_photo(
    library: Library, encoder: ColourEncoder, tmp_path: Path, ending: str
) -> None:
    photos = tmp_path / "photos"
    at(files.put(photos / "IMG_1.DNG", files.dng()), 1000)
    if ending == ".heic":
        import pillow_heif

        pillow_heif.from_pillow(halves()).save(photos / "IMG_1.heic")
    else:
        files.put(photos / "img_1.JPG", files.jpeg())
    at(next(path for path in photos.iterdir() if path.suffix == ending), 1001)
    files.put(photos / "IMG_2.DNG", files.dng())
    report = index_folders(library, encoder, [photos])
    assert report.indexed == 2
    assert {Path(name).suffix for name in names(library)} == {ending, ".DNG"}
    assert report.passed.joined == {RAW_FILES: 1}


def test_a_raw_of_the_same_name_but_another_time_is_a_photo_of_its_own(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    at(files.put(photos / "IMG_1.dng", files.dng()), 1000)
    at(files.put(photos / "IMG_1.jpg", files.jpeg()), 9000)
    assert index_folders(library, encoder, [photos]).indexed == 2


def test_exif_tells_a_shot_whose_jpeg_was_copied_later_and_is_read_once(
    library: Library, encoder: ColourEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = tmp_path / "photos"
    at(files.put(photos / "IMG_1.dng", files.dng()), 1000)
    at(files.put(photos / "IMG_1.jpg", files.jpeg(exif=exif())), 9000)
    assert index_folders(library, encoder, [photos]).passed.joined == {RAW_FILES: 1}

    def fail(_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("retrieval.indexing.gather.read_metadata", fail)
    report = index_folders(library, encoder, [])
    assert (report.unchanged, report.passed.joined) == (1, {RAW_FILES: 1})


def test_videos_of_live_photos_are_no_skipped_videos(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    for name in ("IMG_1.jpg", "IMG_2.jpg", "PXL_3.MP.jpg"):
        files.put(photos / name, files.jpeg())
    for name in ("IMG_1.MOV", "IMG_2_HEVC.mov", "PXL_3.MP", "MOV_4.mov", "b.mov", "art.psd"):
        files.put(photos / name, b"x")
    files.put(photos / "IMG_1.AAE", b"x")
    report = index_folders(library, encoder, [photos])
    assert report.passed.joined == {CLIPS: 3}
    assert report.passed.skipped == {".mov": 2, ".psd": 1}
    assert report.as_dict()["skipped"] == {".mov": 2, ".psd": 1}
    assert library.passed_over() == report.passed


# -- no photos -----------------------------------------------------------------------------

CACHES = [
    "Photos Library.photoslibrary/resources/derivatives/masters/A/a_4_5005_c.jpeg",
    "Photos Library.photoslibrary/private/b.jpg",
    "Old.photolibrary/Thumbnails/c.jpg",
    "Old.aplibrary/Previews/d.jpg",
    "Catalog Previews.lrdata/0/e.jpg",
    "2019/@eaDir/photo.jpg/SYNOPHOTO_THUMB_XL.jpg",
    "2019/.@__thumb/f.jpg",
    "DCIM/.thumbnails/g.jpg",
    "2019/.picasaoriginals/h.jpg",
    "iPod Photo Cache/F00/i.jpg",
    "2019/CaptureOne/Cache/Proxies/j.jpg",
    "appdata_oc1x2/preview/k.jpg",
    ".Trash-1000/files/l.jpg",
    "#recycle/m.jpg",
    "immich/thumbs/n.webp",
    "immich/encoded-video/o.jpg",
    "2019/.AppleDouble/p.jpg",
    "2019/._photo.jpg",
]
KEPT = [
    "Photos Library.photoslibrary/originals/A/original.jpg",
    "Old.photolibrary/Masters/2012/master.jpg",
    "2019/photo.jpg",
    "thumbs/not-of-a-program.jpg",
    "immich/library/upload.jpg",
    "immich/profile/face.jpg",
]


def test_previews_and_caches_of_other_programs_are_left_out_and_named(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for number, name in enumerate([*CACHES, *KEPT]):
        paint(tmp_path / "all" / name, "red", seed=number)
    report = index_folders(library, encoder, [tmp_path / "all"])
    assert names(library) == {Path(name).name for name in KEPT}
    left = report.passed.left_out
    assert left["Apple Photos' previews"] == 2
    assert left["Synology's thumbnails"] == 1
    assert {"Lightroom's previews", "QNAP's thumbnails", "Nextcloud's previews"} <= set(left)
    assert {"Immich's thumbnails", "Capture One's previews", "deleted files"} <= set(left)
    assert library.passed_over().left_out == left


def test_what_was_passed_over_is_kept_by_folder_and_forgotten_with_it(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        paint(tmp_path / folder / "photo.png", "red")
        files.put(tmp_path / folder / "film.mov", b"x")
    index_folders(library, encoder, [tmp_path / "a", tmp_path / "b"])
    assert library.passed_over().skipped == {".mov": 2}
    (tmp_path / "a" / "film.mov").unlink()
    index_folders(library, encoder, [tmp_path / "a"])
    assert library.passed_over().skipped == {".mov": 1}
    library.forget_folder(tmp_path / "b")
    assert library.passed_over().skipped == {}


# -- remarks -------------------------------------------------------------------------------


def test_photos_that_are_read_with_a_remark(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    odd = files.with_segment(files.jpeg(), 0xE0, b"JFIF\0")
    files.put(tmp_path / "photos" / "odd.jpg", odd)
    files.put(tmp_path / "photos" / "sound.jpg", files.jpeg())
    report = index_folders(library, encoder, [tmp_path / "photos"])
    assert report.remarked == [Remarked(tmp_path / "photos" / "odd.jpg", SIDE_PARTS)]
    assert (report.indexed, report.failed) == (2, [])
    assert report.as_dict()["remarks"][0]["remark"] == SIDE_PARTS
    assert library.counts().remarked == 1
    assert {photo.remark for photo in library.photos_with("present")} == {None, SIDE_PARTS}


# -- files in the place of others ----------------------------------------------------------


def replace(path: Path, colour: str) -> None:
    """Put another picture in the place of one, with the same size and time."""
    status = path.stat()
    other = paint(path.with_name("other.bmp"), colour)
    assert other.stat().st_size == status.st_size
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def test_a_file_replaced_with_the_same_size_and_time_is_noticed(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    path = paint(tmp_path / "photos" / "a.bmp", "red")
    index_folders(library, encoder, [tmp_path / "photos"])
    photo = library.photos_with("present")[0]
    thumbnails = Thumbnails(tmp_path / "thumbnails")
    before = thumbnails.path(photo).read_bytes()
    replace(path, "blue")
    assert thumbnails.path(photo).read_bytes() != before
    report = index_folders(library, encoder, [])
    assert (report.indexed, report.unchanged) == (1, 0)
    after = library.photo(photo.id)
    assert after.content_hash != photo.content_hash
    assert thumbnails.path(after).read_bytes() != before
    assert index_folders(library, encoder, []).unchanged == 1


def test_other_rights_are_no_change_and_are_looked_at_once(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    path = paint(tmp_path / "photos" / "a.bmp", "red")
    index_folders(library, encoder, [tmp_path / "photos"])
    path.chmod(0o600)
    assert index_folders(library, encoder, []).unchanged == 1
    assert encoder.embedded == 1
    assert library.photos_with("present")[0].ctime_ns == path.stat().st_ctime_ns


def test_photos_of_an_earlier_version_are_not_all_read_again(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folders(library, encoder, [photos])
    known = library.known_files()
    library.note_files([(one.photo_id, None, None) for one in known.values()])
    monkeypatch.setattr("retrieval.indexing.reader.read_file", lambda path: pytest.fail(str(path)))
    assert index_folders(library, encoder, []).unchanged == 6
    assert all(one.ctime_ns and one.inode for one in library.known_files().values())


def test_a_drive_that_numbers_its_files_anew_is_not_all_read_again(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folders(library, encoder, [photos])
    known = library.known_files()
    library.note_files([(one.photo_id, 1, one.ctime_ns) for one in known.values()])
    monkeypatch.setattr("retrieval.indexing.reader.read_file", lambda path: pytest.fail(str(path)))
    assert index_folders(library, encoder, []).unchanged == 6


# -- drives that are away ------------------------------------------------------------------


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below the photos where another drive begins, as long as it holds a marker."""
    folder = tmp_path / "photos" / "usb"
    paint(folder / "trip" / "red.png", "red")
    paint(tmp_path / "photos" / "blue.png", "blue")
    paint(tmp_path / "photos" / "green.png", "green")
    (folder / "plugged in").touch()
    sound = _Walk.through

    def through(self: _Walk, top: Path):  # type: ignore[no-untyped-def]
        yield from sound(self, top)
        if (folder / "plugged in").exists():
            self.overlooked.mounts.append(folder)

    monkeypatch.setattr(_Walk, "through", through)
    return folder


@pytest.mark.parametrize("leaves", ["an empty folder", "nothing", "a note"])
def test_a_drive_that_is_away_loses_no_photo(
    library: Library, encoder: ColourEncoder, drive: Path, tmp_path: Path, leaves: str
) -> None:
    index_folders(library, encoder, [tmp_path / "photos"])
    assert library.mounts() == [drive]
    away = drive.rename(tmp_path / "away")
    if leaves != "nothing":
        drive.mkdir()
    if leaves == "a note":
        (drive / "not mounted").touch()
    for _ in range(2):
        report = index_folders(library, encoder, [])
        assert (report.lost, report.removed) == ([Loss(drive, 1, 1)], 0)
        assert names(library) == {"red.png", "blue.png", "green.png"}
    shutil.rmtree(drive, ignore_errors=True)
    away.rename(drive)
    report = index_folders(library, encoder, [])
    assert (report.lost, report.unchanged) == ([], 3)


def test_a_drive_that_is_gone_for_good(
    library: Library, encoder: ColourEncoder, drive: Path, tmp_path: Path
) -> None:
    index_folders(library, encoder, [tmp_path / "photos"])
    shutil.rmtree(drive)
    report = index_folders(library, encoder, [], remove_missing=True)
    assert (report.lost, report.removed) == ([], 1)
    assert library.mounts() == []
    assert index_folders(library, encoder, []).unchanged == 2


def test_photos_deleted_on_a_drive_that_is_there_are_removed(
    library: Library, encoder: ColourEncoder, drive: Path, tmp_path: Path
) -> None:
    index_folders(library, encoder, [tmp_path / "photos"])
    shutil.rmtree(drive / "trip")
    assert index_folders(library, encoder, []).removed == 1


def test_a_link_to_a_folder_that_is_away_loses_no_photo(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    paint(tmp_path / "nas" / "red.png", "red")
    paint(tmp_path / "photos" / "blue.png", "blue")
    try:
        (tmp_path / "photos" / "nas").symlink_to(tmp_path / "nas", target_is_directory=True)
        (tmp_path / "photos" / "notes").symlink_to(tmp_path / "no such file")
    except OSError:
        pytest.skip("no links on this system")
    index_folders(library, encoder, [tmp_path / "photos"])
    (tmp_path / "nas").rename(tmp_path / "unplugged")
    report = index_folders(library, encoder, [])
    assert names(library) == {"red.png", "blue.png"}
    assert [one.path.name for one in report.failed] == ["nas"]
    assert "its photos stay in the library" in report.failed[0].reason


# -- hostile files -------------------------------------------------------------------------


def test_hostile_files_are_all_accounted_for(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    for number, (name, content) in enumerate(hostile_files(60, seed=11)):
        files.put(folder / name, content)
        if number % 10 == 0:
            paint(folder / f"sound{number}.png", "red", seed=number)
    report = index_folders(library, encoder, [folder])
    assert report.indexed + len(report.failed) == 66
    assert {f"sound{number}.png" for number in range(0, 60, 10)} <= names(library)
    assert all(one.reason for one in report.failed)
    again = index_folders(library, encoder, [])
    assert again.indexed == 0
    assert again.unchanged + len(again.failed) == 66


def test_a_decoder_that_dies_or_hangs_costs_one_file_which_is_tried_again(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = files.tiff(np.asarray(halves()), photometric="rgb")
    deadly = files.put(photos / "deadly.tif", sound + DIE)
    endless = files.put(photos / "endless.tif", sound + HANG)
    start = isolation._START.replace("retrieval.photos.worker", "tests.support.dying_decoder")
    with monkeypatch.context() as patch:
        patch.setattr(isolation, "_START", start)
        patch.setattr(isolation, "SECONDS", 5.0)
        report = index_folders(library, encoder, [photos])
        assert report.failed == [Failed(deadly, DIED), Failed(endless, HUNG)]
        assert report.indexed == 6
    report = index_folders(library, encoder, [])
    assert (report.indexed, report.unchanged, report.failed) == (2, 6, [])
