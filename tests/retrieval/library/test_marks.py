"""Favourites, and photos that a person hid."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import PhotoNotFound
from retrieval.library import Library
from retrieval.photos.metadata import Metadata
from retrieval.search import Filter
from retrieval.vectors import open_index


def put(library: Library, path: Path, content: str, photo_id: int | None = None) -> int:
    return library.put_photo(
        path,
        photo_id=photo_id,
        content_hash=content,
        size=1,
        mtime_ns=2,
        metadata=Metadata(width=4, height=3, camera="Box"),
        vector=np.array([1, 0, 0], dtype=np.float32),
    )


@pytest.fixture
def library(tmp_path: Path):
    with Library.open(tmp_path / "library.db", create=True) as library:
        library.set_encoder("colours", "f1", 3)
        yield library


def test_a_hidden_photo_is_neither_found_nor_counted_until_it_is_shown_again(
    library: Library, tmp_path: Path
) -> None:
    secret, other = (
        put(library, tmp_path / "beach.jpg", "aa"),
        put(library, tmp_path / "b.jpg", "b"),
    )
    index = open_index(library)
    index.sync(library)
    library.set_hidden(secret, True)
    index.sync(library)
    assert index.ids().tolist() == [other]
    assert library.searchable_count() == 1
    assert library.facts().count == 1
    assert library.ids_matching(Filter()).tolist() == [other]
    assert library.search_names("beach") == {}
    with pytest.raises(PhotoNotFound):
        library.photo(secret)
    assert [photo.id for photo in library.hidden_photos()] == [secret]

    library.set_hidden(secret, False)
    index.sync(library)
    assert index.ids().tolist() == [secret, other]
    assert library.photo(secret).path == tmp_path / "beach.jpg"
    assert set(library.search_names("beach")) == {secret}


def test_marks_stay_when_a_photo_is_read_again(library: Library, tmp_path: Path) -> None:
    photo_id = put(library, tmp_path / "a.jpg", "aa")
    before = library.change
    library.set_favourite(photo_id, True)
    assert library.change == before, "a favourite alters no search"
    put(library, tmp_path / "a.jpg", "other", photo_id)
    library.move_photo(photo_id, tmp_path / "c.jpg", size=1, mtime_ns=3)
    assert library.photo(photo_id).favourite
    library.set_favourite(photo_id, False)
    assert not library.photo(photo_id).favourite


def test_a_photo_that_is_not_there_cannot_be_marked(library: Library, tmp_path: Path) -> None:
    gone = put(library, tmp_path / "a.jpg", "aa")
    library.remove_photos([gone])
    for photo_id in (gone, 99):
        with pytest.raises(PhotoNotFound):
            library.set_hidden(photo_id, True)
        with pytest.raises(PhotoNotFound):
            library.set_favourite(photo_id, True)
