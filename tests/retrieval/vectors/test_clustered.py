"""Large libraries: codes find candidates, exact vectors rank them, adding rebuilds nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from retrieval.filters import DateRange, Filter
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.vectors import open_index
from retrieval.vectors.base_files import base_folder
from retrieval.vectors.faiss_index import FaissIndex, index_path, stamp_path
from tests.benchmarks.million_photos import World, add_photos
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

PHOTOS, DIM, LARGE = 3_000, 32, 1_000


@pytest.fixture
def world() -> World:
    return World(PHOTOS, DIM)


@pytest.fixture
def large(library: Library, world: World) -> Library:
    library.set_encoder("vectors", "vectors", DIM)
    add_photos(library, world.photos(PHOTOS), 0)
    index = opened(library)
    assert index.save()
    assert len(bases(library)) == 1
    return library


@pytest.fixture
def few_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some thousands of photos be searched as a million are."""
    monkeypatch.setattr("retrieval.vectors.clustered.EXACT_SUBSET", 200)
    monkeypatch.setattr("retrieval.vectors.clustered.CANDIDATES", 300)


def opened(library: Library, large: int = LARGE) -> FaissIndex:
    index = FaissIndex(index_path(library.path), large=large)
    index.sync(library)
    return index


def flat(library: Library) -> FaissIndex:
    index = FaissIndex()
    index.sync(library)
    return index


def bases(library: Library) -> list[Path]:
    found = base_folder(index_path(library.path)).glob("*/base.json")
    return sorted(path for path in found if path.parent.suffix != ".part")


def recall(library: Library, queries: np.ndarray, allowed: np.ndarray | None = None) -> float:
    found = opened(library).search(queries, 30, allowed)
    exact = flat(library).search(queries, 30, allowed)
    for query, (ids, scores) in zip(queries, found, strict=True):
        assert np.allclose(scores, library.vectors(ids.tolist()) @ query, atol=1e-6)
        assert list(scores) == sorted(scores, reverse=True)
    shares = [np.isin(best[0], ids[0]).mean() for best, ids in zip(exact, found, strict=True)]
    return float(np.mean(shares))


def same_as_flat(library: Library, queries: np.ndarray, allowed: np.ndarray | None = None) -> None:
    pairs = zip(
        opened(library).search(queries, 30, allowed),
        flat(library).search(queries, 30, allowed),
        strict=True,
    )
    for (ids, scores), (best, exact) in pairs:
        assert ids.tolist() == best.tolist()
        assert np.allclose(scores, exact, atol=1e-6)


@pytest.mark.usefixtures("few_are_exact")
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_nearly_all_of_the_best_are_found(large: Library, world: World, share: float) -> None:
    queries = np.concatenate([world.photos(20), world.texts(20)])
    ids = large.searchable_ids()
    allowed = (
        None if share == 1 else np.sort(np.random.default_rng(1).choice(ids, int(share * PHOTOS)))
    )
    assert recall(large, queries, allowed) >= 0.97


@pytest.mark.usefixtures("few_are_exact")
def test_few_that_are_allowed_are_ranked_exactly(large: Library, world: World) -> None:
    days = DateRange(date(2009, 1, 1), date(2009, 6, 1))
    allowed = large.ids_matching(Filter(dates=(days,)))
    assert 100 < len(allowed) <= 200
    same_as_flat(large, world.texts(20), allowed)
    same_as_flat(large, world.texts(2), np.array([5, 7, 99_999]))


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_scores_are_the_same_whoever_computes_them(
    large: Library, world: World, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = world.texts(1)
    index = opened(large)
    monkeypatch.setattr("retrieval.vectors.clustered._PLACES_PER_THREAD", 1)
    monkeypatch.setattr("faiss.omp_get_max_threads", lambda: threads)
    ids, scores = index.search(query, PHOTOS, index.ids())[0]
    assert len(ids) == PHOTOS
    assert np.allclose(scores, index.vectors(ids) @ query[0], atol=1e-6)


def test_many_that_are_wanted_are_all_found(large: Library, world: World) -> None:
    query = world.texts(1)
    ids, scores = opened(large).search(query, PHOTOS)[0]
    assert ids.tolist() == flat(large).search(query, PHOTOS)[0][0].tolist()
    assert len(scores) == PHOTOS


def test_equal_scores_are_ordered_by_id(library: Library, world: World) -> None:
    library.set_encoder("vectors", "vectors", DIM)
    add_photos(library, np.repeat(world.photos(300), 5, axis=0), 0)
    assert opened(library).save()
    for ids, scores in opened(library).search(world.photos(5), 30):
        assert ids.tolist() == ids[np.lexsort((ids, -scores))].tolist()
        assert np.all(ids.reshape(6, 5) == ids.reshape(6, 5)[:, :1] + np.arange(5))
    ids, _ = opened(library).search(world.photos(1), 8, np.arange(1, 1_000))[0]
    assert ids[5:].tolist() == [ids[5], ids[5] + 1, ids[5] + 2]


def test_vectors_are_exact_and_in_the_order_asked_for(large: Library) -> None:
    wanted = np.array([2_999, 1, 17, 16])
    assert np.array_equal(opened(large).vectors(wanted), large.vectors(wanted.tolist()))


def test_what_is_added_taken_out_and_embedded_again(large: Library, world: World) -> None:
    chat, base = opened(large), bases(large)
    new = world.photos(20)
    add_photos(large, new, PHOTOS)
    large.remove_photos([11, 12])
    with large.transaction():
        large._execute(
            "UPDATE vector SET data = ?, change = ? WHERE photo_id = 13",
            (new[0].tobytes(), large.change),
        )
    for index in (chat, opened(large)):
        index.sync(large)
        assert len(index) == PHOTOS + 18
        assert index.ids().tolist() == large.searchable_ids().tolist()
        assert index.search(new[:1], 2)[0][0].tolist() == [13, PHOTOS + 1]
        assert index.known(np.array([11, 13, 9_999])).tolist() == [13]
        assert np.array_equal(index.vectors(index.ids()), large.vectors(index.ids().tolist()))
        same_as_flat(large, world.texts(5), np.arange(1, 100))
    saving = opened(large)
    assert saving.save()
    assert saving.state(large) == "fresh"
    # The large part was left alone: only what is new was written.
    assert bases(large) == base
    read: list[int] = []
    real = Library.vectors
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Library, "vectors", lambda self, ids: read.append(len(ids)) or real(self, ids)
        )
        again = opened(large)
    assert sum(read) == 0
    assert again.search(new[:1], 2)[0][0].tolist() == [13, PHOTOS + 1]
    assert len(again) == PHOTOS + 18


def test_all_is_arranged_anew_when_much_was_added(large: Library, world: World) -> None:
    old = bases(large)
    add_photos(large, world.photos(200), PHOTOS)
    index = opened(large)
    assert bases(large) == old
    assert index.save()
    assert len(bases(large)) == 1
    assert bases(large) != old
    assert len(opened(large)) == PHOTOS + 200
    same_as_flat(large, world.texts(5), np.arange(1, 1_500))


def test_a_library_that_becomes_small_is_searched_flat_again(large: Library, world: World) -> None:
    large.remove_photos(range(1, 2_500))
    index = opened(large)
    assert index.save()
    assert bases(large) == []
    assert index.kind(large) == "flat, exact"
    same_as_flat(large, world.texts(5))


def test_the_kind_is_told(large: Library, tmp_path: Path) -> None:
    assert open_index(large).kind(large) == "IVF64 of 1-bit codes, exact re-ranking"
    with Library.open(tmp_path / "small.db", create=True) as small:
        assert open_index(small).kind(small) == "flat, exact"


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def base_file(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(index: Path) -> None:
        [path] = base_folder(index).glob(f"*/{name}")
        path.write_bytes(change(path.read_bytes()))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda index: index.unlink(),
        lambda index: stamp_path(index).unlink(),
        lambda index: stamp_path(index).write_text("{}"),
        lambda index: index.write_bytes(b"garbage"),
        lambda index: [path.unlink() for path in everything_in(base_folder(index))],
        base_file("rows.npy", lambda content: content[:-1]),
        base_file("ids.npy", lambda content: content[:-8] + bytes(8)),
        base_file("codes.faiss", lambda content: content[:2_000] + b"\xff" * 8 + content[2_008:]),
        base_file("codes.faiss", lambda content: b""),
        base_file("statistics.npy", lambda content: content[::-1]),
        base_file("base.json", lambda content: content[:-20]),
        base_file("base.json", lambda content: content.replace(b"3000", b"3001")),
        base_file("base.json", lambda content: b"[]"),
    ],
)
def test_missing_or_damaged(large: Library, world: World, damage) -> None:
    query = world.texts(1)
    best = flat(large).search(query, 5)[0][0].tolist()
    damage(index_path(large.path))
    index = opened(large)
    assert index.search(query, 5)[0][0].tolist() == best
    assert index.save()
    assert index.state(large) == "fresh"
    assert len(bases(large)) == 1
    again = opened(large)
    assert again.search(query, 5)[0][0].tolist() == best
    assert again.is_whole()


def test_a_damaged_vector_is_found_by_reading_all(large: Library) -> None:
    index = opened(large)
    assert index.is_whole()
    [path] = base_folder(index_path(large.path)).glob("*/rows.npy")
    with open(path, "r+b") as file:
        file.seek(5_000)
        file.write(b"\xff\xff")
    assert not index.is_whole()
    index.search(np.ones((1, DIM), dtype=np.float32), 30)


def test_a_base_of_another_library_or_encoder_is_not_used(large: Library, tmp_path: Path) -> None:
    with Library.open(tmp_path / "second.db", create=True) as second:
        second.set_encoder("vectors", "vectors", DIM)
        add_photos(second, World(10, DIM).photos(10), 0)
        os.symlink(base_folder(index_path(large.path)), base_folder(index_path(second.path)))
        assert len(opened(second)) == 10
    large.set_encoder("other", "other", DIM)
    assert len(opened(large)) == 0


KILLED = """
import os, signal, sys
from pathlib import Path
from retrieval.library import Library
from retrieval.vectors import base_files
from retrieval.vectors.faiss_index import FaissIndex, index_path

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

import retrieval.vectors.faiss_index as module
where, path = sys.argv[1], Path(sys.argv[2])
if where == "codes":
    base_files.trained_codes = die
elif where == "rename":
    os.rename = die
elif where == "stamp":
    module.replacing = die
with Library.open(path) as library:
    index = FaissIndex(index_path(path), large=1000)
    index.sync(library)
    index.save()
"""


@pytest.mark.parametrize("where", ["codes", "rename", "stamp"])
def test_a_save_that_is_killed_leaves_what_was_there(
    large: Library, world: World, where: str
) -> None:
    add_photos(large, world.photos(200), PHOTOS)
    old = bases(large)
    ended = subprocess.run([sys.executable, "-c", KILLED, where, large.path], check=False)
    assert ended.returncode == -signal.SIGKILL
    # Killed after the new base took its place, it is the new one that is used.
    assert (bases(large) == old) is (where != "stamp")
    read: list[int] = []
    real = Library.vectors
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Library, "vectors", lambda self, ids: read.append(len(ids)) or real(self, ids)
        )
        index = opened(large)
    assert sum(read) == (0 if where == "stamp" else 200)
    assert len(index) == PHOTOS + 200
    assert index.save()
    assert opened(large).state(large) == "fresh"
    folder = base_folder(index_path(large.path))
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


def test_readers_go_on_while_another_process_saves(large: Library, world: World) -> None:
    queries = world.texts(4)
    with Library.read(large.path) as library:
        reader = opened(library)
        stop, failures = threading.Event(), []

        def read() -> None:
            while not stop.is_set():
                try:
                    reader.sync(library)
                    with reader.reading():
                        assert all(len(ids) == 30 for ids, _ in reader.search(queries, 30))
                except BaseException as error:
                    failures.append(error)
                    return

        thread = threading.Thread(target=read)
        thread.start()
        writer = opened(large)
        for start in range(3):
            add_photos(large, world.photos(200), PHOTOS + 200 * start)
            writer.sync(large)
            assert writer.save()
        stop.set()
        thread.join(timeout=60)
        assert failures == []
        reader.sync(library)
        assert len(reader) == PHOTOS + 600


def test_through_the_command_that_indexes(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index = FaissIndex(index_path(library.path), large=5, outgrown=0.5)
    index_folders(library, encoder, [photos], index=index)
    [base] = bases(library)
    assert json.loads(base.read_text())["count"] == 6
    paint(photos / "grey.png", "grey")
    index_folders(library, encoder, [photos], index=index)
    assert bases(library) == [base]
    found = open_index(library)
    found.sync(library)
    ids, _ = found.search(encoder.encode_texts(["grey"]), 1)[0]
    assert library.photo(int(ids[0])).path.name == "grey.png"
    assert found.state(library) == "fresh"
