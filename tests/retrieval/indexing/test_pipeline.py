"""Indexing: what is new, changed, moved, copied, gone, broken; and what a crash leaves."""

import os
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.errors import EncoderMismatch, FolderNotFound, LibraryBusy, NoPhotosFound
from retrieval.indexing import Failed, IndexReport, Loss, Progress, index_folders
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.vectors import open_index
from tests.support.fake_encoder import ColourEncoder
from tests.support.other_user import as_ordinary_user
from tests.support.pictures import bomb, exif, halves, paint


def counted(report: IndexReport) -> tuple[int, int, int, int, int]:
    return (
        report.indexed,
        report.unchanged,
        report.moved,
        report.removed,
        len(report.failed),
    )


def ids(library: Library) -> dict[str, int]:
    return {photo.path.name: photo.id for photo in library.photos_with("present")}


def later(path: Path) -> None:
    """The clock of a file system may be coarse; a change must show."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 2_000_000_000))


def test_first_run_and_second(library: Library, encoder: ColourEncoder, photos: Path) -> None:
    first = index_folders(library, encoder, [photos], batch_size=4)
    assert counted(first) == (6, 0, 0, 0, 0)
    assert encoder.calls == [4, 2]
    assert first.seconds > 0
    assert first.photos_per_second > 0
    second = index_folders(library, encoder, [])
    assert counted(second) == (0, 6, 0, 0, 0)
    assert encoder.embedded == 6
    assert library.roots() == [photos]
    assert open_index(library).state(library) == "fresh"


def test_vectors_are_those_of_their_photos(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos], batch_size=2, workers=3)
    for name, photo_id in ids(library).items():
        scores = encoder.encode_texts(["red", "green", "blue", "yellow", "purple", "white"])
        scores = scores @ library.vectors([photo_id])[0]
        assert ("red", "green", "blue", "yellow", "purple", "white")[
            int(scores.argmax())
        ] == name.split(".")[0]


def test_what_is_kept_of_a_photo(library: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    halves((96, 64)).save(folder / "a.jpg", exif=exif(6))
    index_folders(library, encoder, [folder])
    photo = library.photos_with("present")[0]
    assert (photo.width, photo.height) == (64, 96)
    assert photo.taken_at == "2021-07-04T10:11:12+02:00"
    assert photo.camera == "Canon EOS 5D"
    assert photo.latitude == pytest.approx(-33.8583333)
    assert photo.size == (folder / "a.jpg").stat().st_size
    assert photo.mtime_ns == (folder / "a.jpg").stat().st_mtime_ns
    assert photo.content_hash is not None


def test_a_rename_keeps_the_photo(library: Library, encoder: ColourEncoder, photos: Path) -> None:
    index_folders(library, encoder, [photos])
    before = ids(library)
    (photos / "red.png").rename(photos / "rouge.png")
    (photos / "sub").rename(photos / "below")
    report = index_folders(library, encoder, [photos])
    assert counted(report) == (0, 4, 2, 0, 0)
    assert encoder.embedded == 6
    assert ids(library)["rouge.png"] == before["red.png"]
    assert library.photo(before["white.jpg"]).path == photos / "below" / "white.jpg"


def test_a_rename_and_a_new_file_at_the_old_place(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    (photos / "red.png").rename(photos / "rouge.png")
    paint(photos / "red.png", "orange")
    report = index_folders(library, encoder, [photos])
    assert counted(report) == (2, 5, 0, 0, 0)
    assert encoder.embedded == 7
    found = {photo.path.name for photo in library.photos_with("present")}
    assert found == {path.name for path in photos.rglob("*.*")}


def test_copies_are_photos_of_their_own_with_one_vector(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    shutil.copy(photos / "red.png", photos / "same-run.png")
    index_folders(library, encoder, [photos])
    shutil.copy(photos / "red.png", photos / "next-run.png")
    report = index_folders(library, encoder, [photos])
    assert counted(report) == (1, 7, 0, 0, 0)
    assert encoder.embedded == 6
    found = ids(library)
    rows = library.vectors([found["red.png"], found["same-run.png"], found["next-run.png"]])
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], rows[2])


def test_deleted_photos_are_dropped_and_come_back_unembedded(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    index_folders(library, encoder, [photos])
    before = ids(library)
    (photos / "red.png").rename(tmp_path / "kept.png")
    (photos / "blue.png").unlink()
    assert counted(index_folders(library, encoder, [photos])) == (0, 4, 0, 2, 0)
    assert "red.png" not in ids(library)
    assert counted(index_folders(library, encoder, [photos])) == (0, 4, 0, 0, 0)
    (tmp_path / "kept.png").rename(photos / "red.png")
    assert counted(index_folders(library, encoder, [photos])) == (1, 4, 0, 0, 0)
    assert ids(library)["red.png"] == before["red.png"]
    assert encoder.embedded == 6


def test_a_changed_photo_is_embedded_again_under_its_id(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    before = ids(library)
    old = library.vectors([before["red.png"]])
    paint(photos / "red.png", "orange")
    later(photos / "red.png")
    assert counted(index_folders(library, encoder, [photos])) == (1, 5, 0, 0, 0)
    assert ids(library) == before
    assert not np.allclose(library.vectors([before["red.png"]]), old)


def test_another_time_with_the_same_bytes_is_no_change(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    later(photos / "red.png")
    assert counted(index_folders(library, encoder, [photos])) == (0, 6, 0, 0, 0)
    assert encoder.embedded == 6


def test_several_folders_and_one_inside_another(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    paint(other / "grey.png", "grey")
    report = index_folders(library, encoder, [photos / "sub", photos, other, other])
    assert counted(report) == (7, 0, 0, 0, 0)
    assert library.roots() == [photos, other]
    shutil.rmtree(photos / "sub")
    assert counted(index_folders(library, encoder, [other])) == (0, 1, 0, 0, 0)
    assert counted(index_folders(library, encoder, [])) == (0, 6, 0, 1, 0)


def test_a_photo_moved_to_another_indexed_folder(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    paint(other / "grey.png", "grey")
    index_folders(library, encoder, [photos, other])
    before = ids(library)
    (photos / "red.png").rename(other / "red.png")
    assert counted(index_folders(library, encoder, [other])) == (0, 1, 1, 0, 0)
    assert counted(index_folders(library, encoder, [])) == (0, 7, 0, 0, 0)
    assert ids(library) == before


# -- folders that are not what they should be ----------------------------------------------


def test_missing_folder(library: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound, match="is not a folder: check the path"):
        index_folders(library, encoder, [tmp_path / "none"])


def test_no_photo(library: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("hello")
    with pytest.raises(NoPhotosFound, match="no photos in"):
        index_folders(library, encoder, [tmp_path / "empty"])
    with pytest.raises(NoPhotosFound, match="no folder was indexed yet"):
        index_folders(library, encoder, [])
    assert library.roots() == []


def test_a_folder_that_vanished_wipes_nothing(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    index_folders(library, encoder, [photos])
    photos.rename(tmp_path / "unplugged")
    for folders in ([photos], []):
        with pytest.raises(FolderNotFound, match="its photos stay in the library"):
            index_folders(library, encoder, folders)
    assert library.counts().present == 6
    (tmp_path / "unplugged").rename(photos)
    assert counted(index_folders(library, encoder, [])) == (0, 6, 0, 0, 0)


def test_one_vanished_folder_does_not_keep_the_others_from_refreshing(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    paint(other / "grey.png", "grey")
    index_folders(library, encoder, [photos, other])
    shutil.rmtree(other)
    report = index_folders(library, encoder, [])
    assert counted(report) == (0, 6, 0, 0, 1)
    assert report.failed[0].path == other
    assert library.counts().present == 7
    assert library.roots() == [photos, other]


@pytest.mark.parametrize("renamed", [True, False])
def test_a_folder_that_vanishes_while_it_is_indexed(
    library: Library, encoder: ColourEncoder, tmp_path: Path, renamed: bool
) -> None:
    folder = tmp_path / "many"
    for number in range(40):
        paint(folder / "sub" / f"{number:02}.png", "red", seed=number)
    away = folder if renamed else tmp_path

    def vanish(progress: Progress) -> None:
        if progress.embedded and (folder / "sub").exists():
            (folder / "sub").rename(away / "elsewhere")

    report = index_folders(library, encoder, [folder], on_progress=vanish, batch_size=4)
    done = report.indexed
    assert 4 <= done < 40 and len(report.failed) == 40 - done
    counts = library.counts()
    assert counts.present == counts.searchable == done
    if not renamed:
        (tmp_path / "elsewhere").rename(folder / "sub")
    again = index_folders(library, encoder, [folder])
    assert library.counts().searchable == 40
    assert (again.moved, again.failed) == (done if renamed else 0, [])
    assert encoder.embedded == 40


def test_a_folder_that_lost_everything_at_once_keeps_its_photos_unless_told(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    for path in photos.rglob("*.*"):
        path.unlink()
    for folders in ([photos], []):
        report = index_folders(library, encoder, folders)
        assert counted(report) == (0, 0, 0, 0, 0)
        assert report.lost == [Loss(photos, 6, 6)]
        assert "--remove-missing" in str(report.lost[0])
    assert library.counts().present == 6
    report = index_folders(library, encoder, [photos], remove_missing=True)
    assert (counted(report), report.lost) == ((0, 0, 0, 6, 0), [])


def test_an_empty_mount_point_keeps_even_a_single_photo(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    paint(tmp_path / "drive" / "red.png", "red")
    paint(tmp_path / "here" / "blue.png", "blue")
    index_folders(library, encoder, [tmp_path / "drive", tmp_path / "here"])
    (tmp_path / "drive" / "red.png").unlink()
    paint(tmp_path / "here" / "grey.png", "grey")
    report = index_folders(library, encoder, [])
    assert counted(report) == (1, 1, 0, 0, 0)
    assert report.lost == [Loss(tmp_path / "drive", 1, 1)]


def test_a_renamed_folder_below_loses_nothing(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for number in range(8):
        paint(tmp_path / "photos" / "2019" / f"{number}.png", "red", seed=number)
    index_folders(library, encoder, [tmp_path / "photos"])
    (tmp_path / "photos" / "2019").rename(tmp_path / "photos" / "Rome")
    report = index_folders(library, encoder, [])
    assert (counted(report), report.lost) == ((0, 0, 8, 0, 0), [])


def test_an_indexed_folder_that_was_renamed_is_no_trouble_once_it_is_indexed_again(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    index_folders(library, encoder, [photos])
    before = ids(library)
    photos.rename(tmp_path / "renamed")
    assert counted(index_folders(library, encoder, [tmp_path / "renamed"])) == (0, 0, 6, 0, 0)
    assert library.roots() == [tmp_path / "renamed"]
    assert counted(index_folders(library, encoder, [])) == (0, 6, 0, 0, 0)
    assert ids(library) == before


def test_a_folder_without_permission_loses_none_of_its_photos(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folders(library, encoder, [photos])
    real = os.scandir

    def guarded(path: object) -> object:
        if Path(str(path)).name == "sub":
            raise PermissionError(13, "Permission denied")
        return real(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", guarded)
    report = index_folders(library, encoder, [photos])
    assert counted(report) == (0, 5, 0, 0, 1)
    assert report.failed == [Failed(photos / "sub", "no permission to read")]
    assert library.counts().present == 6


# -- files that are not what they should be ------------------------------------------------


@pytest.fixture
def trouble(photos: Path) -> dict[str, str]:
    """Broken files among the good ones, and what should be said of each."""
    (photos / "text.jpg").write_text("I am not a photo")
    (photos / "empty.jpg").touch()
    (photos / "bomb.png").write_bytes(bomb())
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (99, 99, 3), dtype=np.uint8)).save(
        photos / "cut.jpg"
    )
    content = (photos / "cut.jpg").read_bytes()
    (photos / "cut.jpg").write_bytes(content[: len(content) // 2])
    return {
        "text.jpg": "not an image",
        "empty.jpg": "empty file",
        "bomb.png": "50,000 x 50,000 pixels is over the limit of 256 megapixels",
        "cut.jpg": "truncated file",
    }


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_broken_files_cost_only_themselves(
    library: Library,
    encoder: ColourEncoder,
    photos: Path,
    trouble: dict[str, str],
    batch_size: int,
) -> None:
    for embedded in (6, 6):
        report = index_folders(library, encoder, [photos], batch_size=batch_size)
        assert {one.path.name: one.reason for one in report.failed} == trouble
        assert encoder.embedded == embedded
        assert library.counts().present == 6
        assert library.counts().failed == 4
    assert counted(report) == (0, 6, 0, 0, 4)


def test_only_broken_files(library: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "text.jpg").write_text("hello")
    assert counted(index_folders(library, encoder, [folder])) == (0, 0, 0, 0, 1)


def test_a_mended_file_is_read_and_a_broken_one_dropped(
    library: Library, encoder: ColourEncoder, photos: Path, trouble: dict[str, str]
) -> None:
    index_folders(library, encoder, [photos])
    paint(photos / "mended.png", "grey").replace(photos / "text.jpg")
    later(photos / "text.jpg")
    (photos / "red.png").write_bytes(b"overwritten by mistake")
    later(photos / "red.png")
    (photos / "empty.jpg").unlink()
    report = index_folders(library, encoder, [photos])
    assert counted(report) == (1, 5, 0, 1, 3)
    assert set(ids(library)) == {
        *("green.png", "blue.png", "yellow.png", "purple.png", "white.jpg", "text.jpg")
    }


def test_no_permission(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = photos / "red.png"
    index_folders(library, encoder, [photos])
    before = ids(library)["red.png"]
    later(secret)
    real = open

    def guarded(path: object, *rest: object, **more: object) -> object:
        if str(path) == str(secret):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", guarded)
        for _ in range(2):
            report = index_folders(library, encoder, [photos])
            assert report.failed == [Failed(secret, "no permission to read")]
            assert "red.png" not in ids(library)
    assert counted(index_folders(library, encoder, [photos])) == (1, 5, 0, 0, 0)
    assert ids(library)["red.png"] == before
    assert encoder.embedded == 6


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users on this system")
def test_no_permission_for_real(encoder: ColourEncoder) -> None:
    with as_ordinary_user() as home, Library.open(home / "library.db", create=True) as library:
        photos = home / "photos"
        for colour in ("red", "green"):
            paint(photos / f"{colour}.png", colour)
        (photos / "red.png").chmod(0)
        report = index_folders(library, encoder, [photos])
        assert report.failed == [Failed(photos / "red.png", "no permission to read")]
        (photos / "red.png").chmod(0o644)
        assert counted(index_folders(library, encoder, [photos])) == (1, 1, 0, 0, 0)


def test_a_picture_that_the_encoder_cannot_take(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    paint(photos / "odd.png", "red", size=(31, 17))
    encoder.broken = (31, 17)
    report = index_folders(library, encoder, [photos])
    assert counted(report) == (6, 0, 0, 0, 1)
    assert report.failed == [Failed(photos / "odd.png", "the encoder cannot embed it")]


@pytest.mark.parametrize("batch_size", [1, 32])
def test_copies_of_a_picture_that_the_encoder_cannot_take_are_told_the_same(
    library: Library, encoder: ColourEncoder, photos: Path, batch_size: int
) -> None:
    paint(photos / "odd.png", "red", size=(31, 17))
    shutil.copy(photos / "odd.png", photos / "odd again.png")
    encoder.broken = (31, 17)
    report = index_folders(library, encoder, [photos], batch_size=batch_size)
    assert {(one.path.name, one.reason) for one in report.failed} == {
        ("odd.png", "the encoder cannot embed it"),
        ("odd again.png", "the encoder cannot embed it"),
    }


def test_a_file_is_opened_once(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = open

    def counting(path: object, *rest: object, **more: object) -> object:
        opened.append(str(path))
        return real(path, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", counting)
    assert counted(index_folders(library, encoder, [photos])) == (6, 0, 0, 0, 0)
    assert sorted(name for name in opened if name.startswith(str(photos))) == sorted(
        str(path) for path in photos.rglob("*.*")
    )


def test_warnings_of_others_are_not_muted_while_indexing(
    library: Library, photos: Path, recwarn: pytest.WarningsRecorder
) -> None:
    class Warning_(ColourEncoder):
        def encode_images(self, images):
            warnings.warn_explicit("mind this", UserWarning, "PIL/x.py", 1, module="PIL.x")
            return super().encode_images(images)

    index_folders(library, Warning_(), [photos])
    assert "mind this" in {str(one.message) for one in recwarn}


def test_an_encoder_that_takes_nothing_is_not_the_photos_fault(
    library: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(encoder, "encode_images", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            index_folders(library, encoder, [photos])
    assert library.counts().failed == 0
    assert counted(index_folders(library, encoder, [photos])) == (6, 0, 0, 0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_names_of_all_kinds(library: Library, encoder: ColourEncoder, tmp_path: Path) -> None:
    source = paint(tmp_path / "source.png", "red")
    folder = tmp_path / "photos"
    folder.mkdir()
    longest = "é".encode() * 125 + b"x.png"
    assert len(longest) == 255
    below = os.path.join(os.fsencode(folder), longest[:-4], b"\xff\xfe")
    os.makedirs(below)
    for name in (b"caf\xe9.png", "日本 📷.png".encode(), b"line\nbreak.png", b"q?%#.png", longest):
        shutil.copy(source, os.path.join(os.fsencode(folder), name))
    shutil.copy(source, os.path.join(below, b"\xff" * 251 + b".png"))
    assert counted(index_folders(library, encoder, [folder])) == (6, 0, 0, 0, 0)
    assert counted(index_folders(library, encoder, [folder])) == (0, 6, 0, 0, 0)
    found = Searcher(library, encoder).search(Query.of("red"), SearchOptions(9))
    assert len(found.hits) == 6


# -- encoders ------------------------------------------------------------------------------


def test_another_encoder_is_refused_until_rebuild(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    before = ids(library)
    other = ColourEncoder("other")
    with pytest.raises(EncoderMismatch, match="photopal index --rebuild --encoder other"):
        index_folders(library, other, [photos])
    assert library.encoder_name == "colours"
    (photos / "red.png").rename(photos / "rouge.png")
    report = index_folders(library, other, [], rebuild=True)
    assert counted(report) == (5, 0, 1, 0, 0)
    assert other.embedded == 6
    assert library.encoder_name == "other"
    assert library.counts().searchable == 6
    assert set(ids(library).values()) == set(before.values())
    assert counted(index_folders(library, other, [])) == (0, 6, 0, 0, 0)
    with pytest.raises(EncoderMismatch):
        index_folders(library, encoder, [])


def test_rebuild_covers_all_folders(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    paint(other / "grey.png", "grey")
    index_folders(library, encoder, [photos, other])
    assert counted(index_folders(library, encoder, [other], rebuild=True)) == (7, 0, 0, 0, 0)
    assert encoder.embedded == 14


def test_a_rebuild_with_another_encoder_needs_every_folder(
    library: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    paint(away / "grey.png", "grey")
    index_folders(library, encoder, [photos, away])
    away.rename(tmp_path / "unplugged")
    for folders in ([photos], []):
        with pytest.raises(FolderNotFound, match=f"photopal forget {away}"):
            index_folders(library, ColourEncoder("other"), folders, rebuild=True)
    assert (library.encoder_name, library.counts().searchable) == ("colours", 7)
    # With the same encoder its vectors stay good.
    report = index_folders(library, encoder, [photos], rebuild=True)
    assert (counted(report), library.counts().searchable) == ((6, 0, 0, 0, 0), 7)
    library.forget_folder(away)
    index_folders(library, ColourEncoder("other"), [photos], rebuild=True)
    assert (library.encoder_name, library.counts().searchable) == ("other", 6)


def test_a_rebuild_that_was_cut_short_is_finished_by_the_next_run(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    other = ColourEncoder("other")

    def stop(progress: Progress) -> None:
        if progress.embedded:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folders(library, other, [], rebuild=True, batch_size=2, on_progress=stop)
    assert library.counts().searchable == 2
    assert counted(index_folders(library, other, [])) == (4, 2, 0, 0, 0)
    assert other.embedded == 6


# -- progress, interruption, crash ---------------------------------------------------------


def test_progress_adds_up(
    library: Library, encoder: ColourEncoder, photos: Path, trouble: dict[str, str]
) -> None:
    seen: list[Progress] = []
    index_folders(library, encoder, [photos], on_progress=seen.append, batch_size=2)
    assert seen[0].done == 0
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert (seen[-1].done, seen[-1].total) == (10, 10)
    assert (seen[-1].embedded, seen[-1].failed) == (6, 4)
    assert seen[-1].seconds_left == 0
    again: list[Progress] = []
    index_folders(library, encoder, [photos], on_progress=again.append)
    assert (again[-1].done, again[-1].total) == (10, 10)


def test_the_report_as_json(
    library: Library, encoder: ColourEncoder, photos: Path, trouble: dict[str, str]
) -> None:
    report = index_folders(library, encoder, [photos]).as_dict()
    assert list(report) == [
        *("indexed", "unchanged", "moved", "removed", "failed", "lost"),
        *("seconds", "photos_per_second", "remarks", "skipped", "joined", "left_out"),
        "index_behind",
    ]
    assert report["failed"][0] == {
        "path": str(photos / "bomb.png"),
        "reason": trouble["bomb.png"],
    }


def test_another_writer(library: Library, encoder: ColourEncoder, photos: Path) -> None:
    with (
        Library.open(library.path) as second,
        second.writing(),
        pytest.raises(LibraryBusy),
    ):
        index_folders(library, encoder, [photos])


def test_kill_in_the_middle(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for number in range(60):
        paint(folder / f"{number:02}.png", "red", seed=number)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from retrieval.indexing import index_folders\n"
        "from retrieval.library import Library\n"
        "from tests.support.fake_encoder import ColourEncoder\n"
        "def slow(progress):\n"
        "    if progress.embedded: print(progress.embedded, flush=True); time.sleep(0.05)\n"
        "library = Library.open(Path(sys.argv[1]))\n"
        "index_folders(library, ColourEncoder(), [Path(sys.argv[2])], batch_size=4,\n"
        "              on_progress=slow)\n"
    )
    encoder = ColourEncoder()
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(library.path), str(folder)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            time.sleep(0.06)
            process.kill()
        counts = library.counts()
        assert counts.present == counts.searchable
        assert counts.present % 4 == 0
    done = library.counts().present
    assert 12 <= done < 60
    assert counted(index_folders(library, encoder, [folder])) == (60 - done, done, 0, 0, 0)
    assert encoder.embedded == 60 - done
    assert len({photo.path for photo in library.photos_with("present")}) == 60
