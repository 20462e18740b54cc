"""The search index: a cache that may vanish, rot or lag behind at any moment."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.vectors.faiss_index import PhotoIndex, cache_path, index_state
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


@pytest.fixture
def indexed(library: Library, encoder: ColourEncoder, photos: Path) -> Library:
    index_folders(library, encoder, [photos])
    return library


def best(index: PhotoIndex, encoder: ColourEncoder, text: str) -> str:
    ids, _ = index.search(encoder.encode_texts([text])[0], 1)
    return index.library.photo(int(ids[0])).path.name


def test_search_is_exact_and_ordered(indexed: Library, encoder: ColourEncoder) -> None:
    index = PhotoIndex(indexed)
    query = encoder.encode_texts(["blue"])[0]
    ids, scores = index.search(query, 100)
    expected = indexed.vectors(ids.tolist()) @ query
    assert len(ids) == 6
    assert np.allclose(scores, expected, atol=1e-6)
    assert list(scores) == sorted(scores, reverse=True)
    assert best(index, encoder, "blue") == "blue.png"
    assert index.search(query, 2)[0].tolist() == ids[:2].tolist()


def test_equal_scores_are_ordered_by_id(
    library: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    for name in ("c", "a", "b"):
        paint(tmp_path / "photos" / f"{name}.png", "red")
    index_folders(library, encoder, [tmp_path / "photos"])
    ids, _ = PhotoIndex(library).search(encoder.encode_texts(["red"])[0], 3)
    assert ids.tolist() == sorted(ids.tolist())


def test_the_copy_is_loaded_instead_of_the_library(
    indexed: Library, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index_state(indexed) == "fresh"

    def never(*_: object) -> None:
        raise AssertionError("vectors were read from the library")

    monkeypatch.setattr(Library, "vectors", never)
    assert best(PhotoIndex(indexed), encoder, "green") == "green.png"


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"garbage" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes() + b"more"),
        lambda path: path.write_bytes(path.read_bytes()[:-40] + bytes(40)),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"dim": 16', b'"dim": 17')),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"uid"', b'"idu"')),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_missing_or_damaged(indexed: Library, encoder: ColourEncoder, damage) -> None:
    path = cache_path(indexed.path)
    damage(path)
    index = PhotoIndex(indexed)
    for colour in ("red", "blue"):
        assert best(index, encoder, colour) == f"{colour}.png"
    if path.is_file():
        assert index_state(indexed) == "fresh"
        assert best(PhotoIndex(indexed), encoder, "red") == "red.png"


def test_states(indexed: Library, encoder: ColourEncoder, photos: Path) -> None:
    path = cache_path(indexed.path)
    content = path.read_bytes()
    paint(photos / "grey.png", "grey")
    index_folders(indexed, encoder, [photos])
    path.write_bytes(content)
    assert index_state(indexed) == "stale"
    assert best(PhotoIndex(indexed), encoder, "grey") == "grey.png"
    assert index_state(indexed) == "fresh"
    path.write_bytes(content[:50])
    assert index_state(indexed) == "damaged"
    path.unlink()
    assert index_state(indexed) == "missing"


def test_it_follows_the_library(indexed: Library, encoder: ColourEncoder, photos: Path) -> None:
    with Library.read(indexed.path) as reader:
        index = PhotoIndex(reader)
        old = index.current()
        before = old.matrix.copy()
        assert len(index) == 6
        paint(photos / "grey.png", "grey")
        (photos / "red.png").unlink()
        paint(photos / "blue.png", "orange")
        (photos / "green.png").rename(photos / "vert.png")
        index_folders(indexed, encoder, [photos])
        assert len(index) == 6
        assert best(index, encoder, "grey") == "grey.png"
        assert best(index, encoder, "orange") == "blue.png"
        assert best(index, encoder, "green") == "vert.png"
        view = index.current()
        assert np.array_equal(view.matrix, reader.vectors(view.ids.tolist()))
        assert np.array_equal(old.matrix, before)


def test_only_the_difference_is_read(
    indexed: Library, encoder: ColourEncoder, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = PhotoIndex(indexed)
    index.current()
    paint(photos / "grey.png", "grey")
    index_folders(indexed, encoder, [photos])
    read: list[int] = []
    real = Library.vectors

    def count(self: Library, photo_ids):
        read.append(len(photo_ids))
        return real(self, photo_ids)

    monkeypatch.setattr(Library, "vectors", count)
    assert len(index) == 7
    assert read == [1]
    assert index.current() is index.current()


def test_another_encoder_makes_all_old(
    indexed: Library, photos: Path, encoder: ColourEncoder
) -> None:
    index = PhotoIndex(indexed)
    assert len(index) == 6
    index_folders(indexed, ColourEncoder("other"), [], rebuild=True)
    assert len(index) == 6
    assert best(index, encoder, "red") == "red.png"


def test_a_copy_of_another_library_is_not_used(
    indexed: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    paint(tmp_path / "grey" / "grey.png", "grey")
    with Library.open(tmp_path / "second.db", create=True) as second:
        index_folders(second, encoder, [tmp_path / "grey"])
        cache_path(second.path).write_bytes(cache_path(indexed.path).read_bytes())
        assert len(PhotoIndex(second)) == 1


def test_a_library_put_back_from_a_backup(
    indexed: Library, encoder: ColourEncoder, photos: Path, tmp_path: Path
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
        assert best(PhotoIndex(library), encoder, "red") == "red.png"


def test_a_place_that_cannot_be_written(
    indexed: Library, encoder: ColourEncoder, tmp_path: Path
) -> None:
    index = PhotoIndex(indexed, tmp_path / "nowhere" / "library.faiss")
    assert best(index, encoder, "red") == "red.png"


def test_empty_library(library: Library, encoder: ColourEncoder) -> None:
    index = PhotoIndex(library)
    assert len(index) == 0
    ids, scores = index.search(np.zeros(16, dtype=np.float32), 5)
    assert (len(ids), len(scores)) == (0, 0)


def test_statistics(indexed: Library) -> None:
    view = PhotoIndex(indexed).current()
    mean, covariance = view.statistics()
    assert np.allclose(mean, view.matrix.mean(axis=0), atol=1e-6)
    assert np.allclose(covariance, np.cov(view.matrix.T), atol=1e-5)


def test_the_matrix_outlives_the_view(indexed: Library) -> None:
    matrix = PhotoIndex(indexed).current().matrix
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)
    assert not matrix.flags.writeable
