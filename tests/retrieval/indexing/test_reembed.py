"""Another encoder for a library: embedded beside the old one, then searched in its place."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.encoders.base import Embeddings
from retrieval.errors import EncoderMismatch, LibraryBusy, LibraryEmpty, PhotosMissing
from retrieval.indexing import index_folders
from retrieval.indexing.reembed import Embedding, is_running, reembed
from retrieval.library import Library
from retrieval.search import (
    FollowingSearcher,
    Query,
    QueryPicture,
    Searcher,
    SearchOptions,
)
from retrieval.vectors import open_index
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

ROOT = Path(__file__).resolve().parents[3]


class Turned(ColourEncoder):
    """The colours in another order: comparing its vectors with the first one's gives nonsense."""

    def __init__(self, name: str = "turned", pause: float = 0.0) -> None:
        super().__init__(name)
        self.pause = pause

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        time.sleep(self.pause)
        return np.ascontiguousarray(super().encode_images(images)[:, ::-1])

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return np.ascontiguousarray(super().encode_texts(texts)[:, ::-1])


@pytest.fixture
def indexed(library: Library, encoder: ColourEncoder, photos: Path) -> Library:
    index_folders(library, encoder, [photos])
    return library


def found(library: Library, encoder: ColourEncoder, text: str) -> str:
    """Name of the best photo, as a program started now finds it."""
    with Library.read(library.path) as reader:
        hits = Searcher(reader, encoder).search(Query.of(text), SearchOptions(k=1)).hits
    return hits[0].path.stem


def test_the_old_vectors_answer_until_the_new_ones_are_searched_and_back_needs_no_work(
    indexed: Library, encoder: ColourEncoder
) -> None:
    turned = Turned()
    answers: list[str] = []

    def show(now: Embedding) -> None:
        answers.append(found(indexed, encoder, "blue"))

    report = reembed(indexed, turned, on_progress=show, batch_size=2)
    assert (report.embedded, report.switched, report.unread) == (6, True, [])
    assert len(answers) >= 4 and set(answers) == {"blue"}
    assert (indexed.encoder_name, indexed.dim) == ("turned", turned.dim)
    assert [found(indexed, turned, colour) for colour in ("red", "blue")] == ["red", "blue"]
    # The copy of the index lay ready before anybody could see the new vectors.
    assert open_index(indexed).state(indexed) == "fresh"
    with pytest.raises(EncoderMismatch):
        found(indexed, encoder, "blue")

    embedded = encoder.embedded
    assert reembed(indexed, encoder).switched
    assert encoder.embedded == embedded
    assert found(indexed, encoder, "green") == "green"
    kept = {one.encoder: (one.photos, one.searched) for one in indexed.vector_sets()}
    assert kept == {"colours": (6, True), "turned": (6, False)}


def test_photos_added_changed_moved_and_removed_meanwhile_are_right_in_both_sets(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    turned = Turned()
    changed = False

    def change(now: Embedding) -> None:
        nonlocal changed
        if changed or now.done < 2:
            return
        changed = True
        paint(photos / "orange.png", "orange", seed=20)
        paint(photos / "blue.png", "black", seed=21)
        (photos / "red.png").unlink()
        (photos / "green.png").rename(photos / "meadow.png")
        with Library.open(indexed.path) as writer:
            index_folders(writer, encoder, [photos], remove_missing=True)

    reembed(indexed, turned, on_progress=change, batch_size=2)
    expected = {"orange": "orange", "black": "blue", "green": "meadow", "white": "white"}
    assert {text: found(indexed, turned, text) for text in expected} == expected
    assert indexed.counts().searchable == 6

    paint(photos / "grey.png", "grey", seed=22)
    paint(photos / "orange.png", "purple", seed=23)
    (photos / "purple.png").unlink()
    index_folders(indexed, turned, [photos])
    reembed(indexed, encoder)
    assert encoder.embedded == 6 + 2 + 2, "only what changed since is embedded again"
    expected = {"grey": "grey", "purple": "orange", "black": "blue", "green": "meadow"}
    assert {text: found(indexed, encoder, text) for text in expected} == expected


def test_a_file_that_changed_unnoticed_gets_no_vector_of_other_content(
    indexed: Library, photos: Path
) -> None:
    paint(photos / "red.png", "black", seed=30)
    turned = Turned()
    report = reembed(indexed, turned, batch_size=2)
    assert [path.name for path in report.unread] == ["red.png"]
    assert indexed.counts().searchable == 5
    index_folders(indexed, turned, [photos])
    assert found(indexed, turned, "black") == "red"


def test_copies_are_embedded_once(library: Library, encoder: ColourEncoder, photos: Path) -> None:
    (photos / "again.png").write_bytes((photos / "red.png").read_bytes())
    index_folders(library, encoder, [photos])
    turned = Turned()
    reembed(library, turned, batch_size=1)
    assert (turned.embedded, library.counts().searchable) == (6, 7)


def test_copies_whose_files_are_gone_are_not_missing(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    copies = photos / "a copies first"
    copies.mkdir()
    for path in list(photos.glob("*.png")):
        (copies / path.name).write_bytes(path.read_bytes())
    index_folders(library, encoder, [photos])
    for path in copies.iterdir():
        path.unlink()
    assert reembed(library, Turned(), batch_size=1).switched
    assert library.counts().searchable == library.counts().present


def test_a_drive_that_is_away_keeps_the_old_vectors_answering(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    photos.rename(photos.with_name("unplugged"))
    with pytest.raises(PhotosMissing, match="6 of 6 photos cannot be read"):
        reembed(indexed, Turned())
    assert indexed.encoder_name == "colours"
    photos.with_name("unplugged").rename(photos)
    assert reembed(indexed, Turned()).switched


def test_an_encoder_that_takes_no_picture_is_told_as_it_is(indexed: Library) -> None:
    class Broken(Turned):
        def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        reembed(indexed, Broken())
    assert indexed.encoder_name == "colours"


def test_an_empty_library_and_a_second_run_are_refused(library: Library, photos: Path) -> None:
    with pytest.raises(LibraryEmpty):
        reembed(library, Turned())
    index_folders(library, ColourEncoder(), [photos])
    told: list[str] = []

    def second(now: Embedding) -> None:
        if not told:
            assert is_running(library)
            with Library.open(library.path) as other, pytest.raises(LibraryBusy) as refused:
                reembed(other, Turned("third"))
            told.append(str(refused.value))

    reembed(library, Turned(), on_progress=second)
    assert "another process embeds" in told[0]
    assert not is_running(library)


def test_it_waits_while_another_process_writes(indexed: Library) -> None:
    waited: list[Embedding] = []
    with Library.open(indexed.path) as other:
        held = other.writing()
        held.__enter__()
        timer = threading.Timer(0.5, held.__exit__, (None, None, None))
        timer.start()
        reembed(indexed, Turned(), on_progress=lambda now: waited.append(now))
        timer.join()
    assert any(now.waiting for now in waited)
    assert indexed.encoder_name == "turned"


KILLED = """
    import sys, time
    from pathlib import Path
    from retrieval.indexing.reembed import reembed
    from retrieval.library import Library
    from tests.retrieval.indexing.test_reembed import Turned
    with Library.open(Path(sys.argv[1])) as library:
        tell = lambda now: print(now.done, flush=True)
        reembed(library, Turned(pause=0.3), batch_size=1, on_progress=tell)
"""


def test_a_killed_run_is_gone_on_with(indexed: Library, encoder: ColourEncoder) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(indexed.path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while int(process.stdout.readline()) < 2:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert found(indexed, encoder, "yellow") == "yellow"
    half = {one.encoder: one.photos for one in indexed.vector_sets()}
    assert 2 <= half["turned"] < 6
    turned = Turned()
    reembed(indexed, turned)
    assert turned.embedded == 6 - half["turned"]
    assert found(indexed, turned, "yellow") == "yellow"
    with sqlite3.connect(indexed.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_searches_during_a_switch_never_mix_two_encoders(
    indexed: Library, encoder: ColourEncoder
) -> None:
    """Each answer is right by one encoder or the other: a mixture would find another colour."""
    encoders = {"colours": encoder, "turned": Turned()}
    wrong: list[str] = []
    answers = 0
    done = threading.Event()
    with Library.read(indexed.path) as reader:
        searcher = FollowingSearcher(reader, encoder, encoders.__getitem__)

        def ask() -> None:
            nonlocal answers
            while not done.is_set():
                for colour in ("red", "green", "blue"):
                    try:
                        hits = searcher.search(Query.of(colour), SearchOptions(k=1)).hits
                    except Exception as error:
                        wrong.append(repr(error))
                        return
                    answers += 1
                    if hits[0].path.stem != colour:
                        wrong.append(f"{colour}: {hits[0].path.stem}")

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for name in ("turned", "colours", "turned", "colours", "turned"):
            reembed(indexed, encoders[name])
            time.sleep(0.1)
        done.set()
        for thread in threads:
            thread.join()
        assert searcher.encoder is encoders["turned"]
    assert answers > 20
    assert not wrong


def test_a_query_vector_of_the_encoder_before_is_refused(
    indexed: Library, encoder: ColourEncoder
) -> None:
    picture = QueryPicture(encoder.encode_texts(["red"])[0], made_by=encoder.fingerprint)
    query = Query((), pictures=(picture,))
    with Library.read(indexed.path) as reader:
        searcher = FollowingSearcher(reader, encoder, lambda name: Turned())
        assert searcher.search(query).hits[0].path.stem == "red"
        reembed(indexed, Turned())
        with pytest.raises(EncoderMismatch, match="show the picture again"):
            searcher.search(query)


def test_a_plain_searcher_that_loses_its_encoder_says_so(
    indexed: Library, encoder: ColourEncoder
) -> None:
    class Switching(ColourEncoder):
        def encode_texts(self, texts: Sequence[str]) -> Embeddings:
            rows = super().encode_texts(texts)
            reembed(indexed, Turned())
            with Library.read(indexed.path) as other:
                searcher.index.sync(other)
            return rows

    with Library.read(indexed.path) as reader:
        searcher = Searcher(reader, Switching())
        with pytest.raises(EncoderMismatch, match="was made with the encoder 'turned'"):
            searcher.search(Query.of("red"))


def test_a_set_is_forgotten_with_its_bytes(indexed: Library, encoder: ColourEncoder) -> None:
    reembed(indexed, Turned())
    old = next(one for one in indexed.vector_sets() if not one.searched)
    assert (old.encoder, old.bytes) == ("colours", 6 * 4 * encoder.dim)
    indexed.forget_set(old.fingerprint)
    indexed.give_back_room()
    assert [one.encoder for one in indexed.vector_sets()] == ["turned"]
    assert found(indexed, Turned(), "red") == "red"
    reembed(indexed, encoder)
    assert encoder.embedded == 12


def test_a_rebuild_with_a_kept_encoder_makes_its_vectors_anew(
    indexed: Library, encoder: ColourEncoder
) -> None:
    reembed(indexed, Turned())
    index_folders(indexed, encoder, [], rebuild=True)
    assert [(one.encoder, one.searched) for one in indexed.vector_sets()] == [("colours", True)]
    assert encoder.embedded == 12


def test_hidden_photos_are_embedded_too(indexed: Library) -> None:
    photo = next(iter(indexed.photos_with("present")))
    indexed.set_hidden(photo.id, True)
    turned = Turned()
    reembed(indexed, turned)
    indexed.set_hidden(photo.id, False)
    assert found(indexed, turned, photo.path.stem) == photo.path.stem
