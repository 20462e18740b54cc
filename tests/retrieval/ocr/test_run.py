"""Text in photos from the files to the library: once each, by content, resumable, forgotten."""

import sqlite3
from pathlib import Path

import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.ocr import read_texts
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint
from tests.support.scripted_reader import ScriptedReader

TEXTS = {"red": ["STOP"], "green": ["Exit", "Ausgang"]}


@pytest.fixture
def indexed(library: Library, encoder: ColourEncoder, photos: Path) -> Library:
    index_folders(library, encoder, [photos])
    return library


def said(library: Library) -> dict[str, list[str]]:
    """The text of each photo that has some, by the stem of its name."""
    photos = {photo.id: photo.path.stem for photo in library.photos_with("present")}
    return {photos[k]: [line.text for line in v] for k, v in library.texts(photos).items()}


def test_every_photo_is_read_once_and_those_without_text_are_remembered(indexed: Library) -> None:
    reader, told = ScriptedReader(TEXTS), []
    report = read_texts(indexed, reader, told.append)
    assert (report.read, report.with_text, report.failed) == (6, 2, [])
    assert said(indexed) == {"red": ["STOP"], "green": ["Exit", "Ausgang"]}
    assert [one.done for one in told] == [1, 2, 3, 4, 5, 6] and told[-1].total == 6
    counts = indexed.text_counts()
    assert (counts.read, counts.with_text, counts.failed, counts.unread) == (6, 2, 0, 0)
    assert read_texts(indexed, reader).read == 0
    assert len(reader.seen) == 6


def test_another_version_of_the_reader_reads_again(indexed: Library) -> None:
    read_texts(indexed, ScriptedReader(TEXTS))
    assert read_texts(indexed, ScriptedReader({"blue": ["Pool"]}, version="scripted 2")).read == 6
    assert said(indexed) == {"blue": ["Pool"]}
    assert indexed.find_texts(["stop"]) == {}


def test_copies_share_a_text_and_a_renamed_file_keeps_it(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    reader = ScriptedReader(TEXTS)
    read_texts(indexed, reader)
    (photos / "copy.png").write_bytes((photos / "red.png").read_bytes())
    (photos / "green.png").rename(photos / "way out.png")
    index_folders(indexed, encoder, [photos])
    assert read_texts(indexed, reader).read == 0
    assert said(indexed) == {"red": ["STOP"], "copy": ["STOP"], "way out": ["Exit", "Ausgang"]}
    assert len(indexed.find_texts(["stop"])) == 2


def test_what_fails_is_named_and_remembered_and_costs_no_other(
    indexed: Library, photos: Path
) -> None:
    (photos / "yellow.png").unlink()
    (photos / "purple.png").write_bytes((photos / "red.png").read_bytes())
    reader = ScriptedReader(TEXTS, broken=["blue"])
    report = read_texts(indexed, reader)
    reasons = {one.path.stem: one.reason for one in report.failed}
    assert reasons == {
        "blue": "its text cannot be read (RuntimeError)",
        "yellow": "the file is gone",
        "purple": "the file has changed since it was indexed",
    }
    assert (report.read, report.with_text) == (3, 2)
    assert indexed.text_counts().failed == 1
    # What lies in the file's place may be better the next time; what the reader cannot do is not.
    again = {one.path.stem for one in read_texts(indexed, reader).failed}
    assert again == {"yellow", "purple"}


def test_an_interrupted_run_goes_on_where_it_stopped(indexed: Library) -> None:
    def stop(done: object) -> None:
        if len(first.seen) == 3:
            raise KeyboardInterrupt

    first = ScriptedReader(TEXTS)
    with pytest.raises(KeyboardInterrupt):
        read_texts(indexed, first, stop)
    second = ScriptedReader(TEXTS)
    assert read_texts(indexed, second).read == 3
    assert sorted(first.seen + second.seen) == sorted(
        ["red", "green", "blue", "yellow", "purple", "white"]
    )


def test_the_text_goes_with_its_last_photo(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    read_texts(indexed, ScriptedReader(TEXTS))
    paint(photos / "red.png", "orange", seed=40)
    index_folders(indexed, encoder, [photos])
    assert "red" not in said(indexed)
    indexed.forget_folder(photos)
    with sqlite3.connect(indexed.path) as connection:
        for table in ("photo_text", "text_letters"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_a_removed_photo_is_not_found_and_has_its_text_back_when_it_returns(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    reader = ScriptedReader(TEXTS)
    read_texts(indexed, reader)
    content = (photos / "red.png").read_bytes()
    (photos / "red.png").unlink()
    index_folders(indexed, encoder, [photos])
    assert indexed.find_texts(["stop"]) == {}
    (photos / "red.png").write_bytes(content)
    index_folders(indexed, encoder, [photos])
    assert len(indexed.find_texts(["stop"])) == 1
    assert read_texts(indexed, reader).read == 0


def test_hostile_text_is_cut_and_plain(indexed: Library) -> None:
    lines = ["\x1b[31mred\x00\u202e alert\n<script>x</script>\ud83d", "x" * 10_000, "   "]
    reader = ScriptedReader({"red": [*lines, *["row"] * 5_000]})
    read_texts(indexed, reader)
    (kept,) = said(indexed).values()
    assert kept[0] == "[31mred alert <script>x</script>"
    assert len(kept[1]) <= 300 and len(kept) <= 400
    assert all(one.isprintable() for one in kept)
