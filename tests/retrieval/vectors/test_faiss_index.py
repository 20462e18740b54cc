"""The FAISS index: a cache that may vanish, rot or lag behind at any moment."""

import os
import threading
import time
from pathlib import Path

import faiss
import numpy as np
import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.vectors import VectorIndex, open_index
from retrieval.vectors.faiss_index import FaissIndex, index_path, stamp_path
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


@pytest.fixture
def indexed(library: Library, encoder: ColourEncoder, photos: Path) -> Library:
    index_folders(library, encoder, [photos])
    return library


def opened(library: Library) -> VectorIndex:
    index = open_index(library)
    index.sync(library)
    return index


def best(library: Library, encoder: ColourEncoder, text: str, index: VectorIndex | None = None):
    index = opened(library) if index is None else index
    index.sync(library)
    with index.reading():
        ids, _ = index.search(encoder.encode_texts([text]), 1)[0]
    return library.photo(int(ids[0])).path.name


def state(library: Library) -> str:
    return open_index(library).state(library)


def test_search_is_exact_and_ordered(indexed: Library, encoder: ColourEncoder) -> None:
    index = opened(indexed)
    query = encoder.encode_texts(["blue", "red"])
    (ids, scores), (other, _) = index.search(query, 100)
    assert len(ids) == len(other) == 6
    assert np.allclose(scores, indexed.vectors(ids.tolist()) @ query[0], atol=1e-6)
    assert list(scores) == sorted(scores, reverse=True)
    assert best(indexed, encoder, "blue", index) == "blue.png"
    assert index.search(query, 2)[0][0].tolist() == ids[:2].tolist()
    assert index.ids().tolist() == sorted(ids.tolist())


def test_which_of_some_ids_can_be_searched(indexed: Library, encoder: ColourEncoder) -> None:
    index = opened(indexed)
    own = index.ids()
    asked = np.array([-1, *reversed(own.tolist()), int(own[-1]) + 1, 1 << 40], dtype=np.int64)
    assert index.known(asked).tolist() == own[::-1].tolist()
    assert index.known(asked[:0]).tolist() == []
    indexed.remove_photos([int(own[0]), int(own[-1])])
    index.sync(indexed)
    assert index.known(asked).tolist() == own[-2:0:-1].tolist()
    assert FaissIndex().known(asked).tolist() == []


def test_equal_scores_are_ordered_by_id(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for name in ("c", "a", "b"):
        paint(tmp_path / "photos" / f"{name}.png", "red")
    index_folders(library, encoder, [tmp_path / "photos"])
    ids, _ = opened(library).search(encoder.encode_texts(["red"]), 3)[0]
    assert ids.tolist() == sorted(ids.tolist())


@pytest.mark.parametrize("small_subset", [0, 1000])
def test_only_what_is_allowed_is_found(
    indexed: Library, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch, small_subset: int
) -> None:
    monkeypatch.setattr("retrieval.vectors.flat.SMALL_SUBSET", small_subset)
    index = opened(indexed)
    query = encoder.encode_texts(["red"])
    everything, scores = index.search(query, 6)[0]
    allowed = np.sort(everything[[1, 4, 5]])
    ids, found = index.search(query, 6, allowed)[0]
    assert ids.tolist() == everything[[1, 4, 5]].tolist()
    assert np.allclose(found, scores[[1, 4, 5]], atol=1e-6)
    assert index.search(query, 2, allowed)[0][0].tolist() == ids[:2].tolist()
    unknown = np.asarray([*allowed, 10_000])
    assert index.search(query, 6, unknown)[0][0].tolist() == ids.tolist()
    assert len(index.search(query, 6, np.empty(0, dtype=np.int64))[0][0]) == 0


def test_the_copy_is_loaded_instead_of_the_library(
    indexed: Library, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state(indexed) == "fresh"
    read: list[int] = []
    real = Library.vectors
    monkeypatch.setattr(
        Library, "vectors", lambda self, ids: read.append(len(ids)) or real(self, ids)
    )
    assert best(indexed, encoder, "green") == "green.png"
    assert sum(read) == 0


def change_stamp(old: bytes, new: bytes):
    def change(path: Path) -> None:
        stamp = stamp_path(path)
        assert old in stamp.read_bytes()
        stamp.write_bytes(stamp.read_bytes().replace(old, new))

    return change


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: stamp_path(path).unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: stamp_path(path).write_bytes(b"garbage" * 1000),
        lambda path: stamp_path(path).write_bytes(b"[]"),
        lambda path: path.write_bytes(b"garbage" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes() + b"more"),
        lambda path: path.write_bytes(path.read_bytes()[:-40] + bytes(40)),
        change_stamp(b'"dim": 16', b'"dim": 17'),
        change_stamp(b'"count": 6', b'"count": 5'),
        change_stamp(b'"format": 2', b'"format": 3'),
        change_stamp(b'"uid"', b'"idu"'),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_missing_or_damaged(indexed: Library, encoder: ColourEncoder, photos: Path, damage) -> None:
    path = index_path(indexed.path)
    damage(path)
    for colour in ("red", "blue"):
        assert best(indexed, encoder, colour) == f"{colour}.png"
    index_folders(indexed, encoder, [photos])
    if not path.is_dir():
        assert state(indexed) == "fresh"
        assert best(indexed, encoder, "red") == "red.png"


def test_the_container_of_an_earlier_version_is_made_anew(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    path = index_path(indexed.path)
    stamp_path(path).unlink()
    header = b'{"uid": "x", "fingerprint": "y", "change": 1, "count": 0, "dim": 16, "size": 0}'
    path.write_bytes(b"PHOTOPAL INDEX 1\n" + header + b"\n")
    assert state(indexed) == "damaged"
    assert best(indexed, encoder, "red") == "red.png"
    index_folders(indexed, encoder, [photos])
    assert state(indexed) == "fresh"
    assert isinstance(faiss.read_index(str(path)), faiss.IndexIDMap2)


def test_states_and_a_search_that_never_writes(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    path = index_path(indexed.path)
    content, stamp = path.read_bytes(), stamp_path(path).read_bytes()
    paint(photos / "grey.png", "grey")
    index_folders(indexed, encoder, [photos])
    assert state(indexed) == "fresh"
    path.write_bytes(content)
    stamp_path(path).write_bytes(stamp)
    assert state(indexed) == "stale"
    assert best(indexed, encoder, "grey") == "grey.png"
    assert (path.read_bytes(), stamp_path(path).read_bytes()) == (content, stamp)
    index_folders(indexed, encoder, [photos])
    assert state(indexed) == "fresh"
    path.write_bytes(content[:50])
    assert state(indexed) == "damaged"
    path.unlink()
    assert state(indexed) == "missing"


def test_it_follows_the_library(indexed: Library, encoder: ColourEncoder, photos: Path) -> None:
    with Library.read(indexed.path) as reader:
        index = opened(reader)
        assert len(index) == 6
        paint(photos / "grey.png", "grey")
        (photos / "red.png").unlink()
        paint(photos / "blue.png", "orange")
        (photos / "green.png").rename(photos / "vert.png")
        index_folders(indexed, encoder, [photos])
        assert best(reader, encoder, "grey", index) == "grey.png"
        assert len(index) == 6
        assert best(reader, encoder, "orange", index) == "blue.png"
        assert best(reader, encoder, "green", index) == "vert.png"
        assert index.ids().tolist() == reader.searchable_ids().tolist()
        assert np.array_equal(index.vectors(index.ids()), reader.vectors(index.ids().tolist()))
        assert index.sync(reader) == 0


def test_only_the_difference_is_read_and_the_old_rows_stay(
    indexed: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = FaissIndex()
    index.sync(indexed)
    before = index._store
    paint(photos / "grey.png", "grey")
    index_folders(indexed, encoder, [photos])
    read: list[int] = []
    real = Library.vectors
    monkeypatch.setattr(
        Library, "vectors", lambda self, ids: read.append(len(ids)) or real(self, ids)
    )
    assert index.sync(indexed) == 1
    assert len(index) == 7
    assert read == [1]
    assert index._store is before


def test_another_encoder_makes_all_old(
    indexed: Library, photos: Path, encoder: ColourEncoder
) -> None:
    index = opened(indexed)
    index_folders(indexed, ColourEncoder("other"), [], rebuild=True)
    index.sync(indexed)
    assert len(index) == 6
    assert best(indexed, encoder, "red", index) == "red.png"


def test_a_copy_of_another_library_is_not_used(
    indexed: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    paint(tmp_path / "grey" / "grey.png", "grey")
    with Library.open(tmp_path / "second.db", create=True) as second:
        index_folders(second, encoder, [tmp_path / "grey"])
        for place in (index_path, lambda path: stamp_path(index_path(path))):
            place(second.path).write_bytes(place(indexed.path).read_bytes())
        assert len(opened(second)) == 1


def test_a_library_put_back_from_a_backup(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    path = indexed.path
    indexed.close()
    backup = path.read_bytes()
    with Library.open(path) as library:
        paint(photos / "red.png", "grey")
        index_folders(library, encoder, [photos])
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    path.write_bytes(backup)
    with Library.open(path) as library:
        assert best(library, encoder, "red") == "red.png"


def test_a_place_that_cannot_be_written(
    indexed: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    index = FaissIndex(tmp_path / "file" / "library.faiss")
    assert best(indexed, encoder, "red", index) == "red.png"
    assert index.save() is False
    assert FaissIndex().save() is False


def test_what_killed_processes_left_is_removed(
    indexed: Library, encoder: ColourEncoder, photos: Path
) -> None:
    path = index_path(indexed.path)
    of_earlier_version, part = (
        path.with_name(name) for name in ("library.faiss.abc.tmp", ".library.faiss.abc.part")
    )
    for left in (of_earlier_version, part):
        left.write_bytes(b"half")
    os.utime(of_earlier_version, (time.time() - 90_000,) * 2)
    paint(photos / "grey.png", "grey")
    index_folders(indexed, encoder, [photos])
    assert not of_earlier_version.exists() and not part.exists()


def test_empty_library(library: Library) -> None:
    index = opened(library)
    assert len(index) == 0
    ids, scores = index.search(np.zeros((1, 16), dtype=np.float32), 5)[0]
    assert (len(ids), len(scores)) == (0, 0)


def test_statistics(indexed: Library, encoder: ColourEncoder, photos: Path) -> None:
    index = opened(indexed)
    for _ in range(2):
        mean, covariance = index.statistics()
        matrix = index.vectors(index.ids())
        assert np.allclose(mean, matrix.mean(axis=0), atol=1e-6)
        assert np.allclose(covariance, np.cov(matrix.T), atol=1e-5)
        paint(photos / "grey.png", "grey")
        index_folders(indexed, encoder, [photos])
        index.sync(indexed)


def test_changes_wait_for_readers(indexed: Library, encoder: ColourEncoder, photos: Path) -> None:
    index = opened(indexed)
    paint(photos / "grey.png", "grey")
    index_folders(indexed, encoder, [photos])
    with index.reading():
        thread = threading.Thread(target=index.sync, args=(indexed,))
        thread.start()
        time.sleep(0.05)
        # The library is free meanwhile: a reader that asks it for photos is not locked out.
        assert indexed.counts().present == 7
        assert len(index) == 6
    thread.join(timeout=30)
    assert len(index) == 7
