"""Searching: the right photos, only those that exist, collapsed and cut off on demand."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retrieval.errors import EmptyQuery, EncoderMismatch, LibraryEmpty
from retrieval.filters import Filter
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.photos.metadata import Metadata
from retrieval.search import (
    Query,
    QueryPicture,
    QueryText,
    Searcher,
    SearchOptions,
    SearchResult,
    duplicates,
)
from retrieval.search.cutoff import Cutoff
from retrieval.search.sureness import PICTURE, Sure
from retrieval.vectors import VectorIndex, open_index
from retrieval.vectors.faiss_index import FaissIndex
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint


@pytest.fixture
def searcher(library: Library, encoder: ColourEncoder, photos: Path) -> Searcher:
    index_folders(library, encoder, [photos])
    return Searcher(library, encoder)


def names(searcher: Searcher, text: str, k: int = 1, **options: bool) -> list[str]:
    return [
        hit.path.name for hit in searcher.search(Query.of(text), SearchOptions(k, **options)).hits
    ]


@pytest.mark.parametrize("colour", ["red", "green", "blue", "yellow", "purple"])
def test_the_right_photo_is_first(searcher: Searcher, colour: str) -> None:
    result = searcher.search(Query.of(f"a {colour} thing"), SearchOptions(3))
    assert [hit.rank for hit in result.hits] == [1, 2, 3]
    assert result.hits[0].path.name == f"{colour}.png"
    assert result.hits[0].score > 0.9
    assert result.hits[0].score >= result.hits[1].score >= result.hits[2].score
    assert (result.searched, result.nothing_fits, result.missing) == (6, False, 0)
    assert result.seconds > 0


def test_all_of_them_when_asked_for_more(searcher: Searcher) -> None:
    assert len(names(searcher, "red", 1000)) == 6


def test_several_texts_with_weights(searcher: Searcher) -> None:
    parts = (QueryText("red", 2.0), QueryText("blue", 1.0), QueryText("  ", 9.0))
    hits = searcher.search(Query(parts), SearchOptions(2)).hits
    assert [hit.path.name for hit in hits] == ["red.png", "blue.png"]
    parts = (QueryText("red", 1.0), QueryText("blue", 2.0))
    hits = searcher.search(Query(parts), SearchOptions(2)).hits
    assert [hit.path.name for hit in hits] == ["blue.png", "red.png"]


def test_a_picture_alone_and_with_a_text(searcher: Searcher, encoder: ColourEncoder) -> None:
    blue = encoder.encode_images([Image.new("RGB", (40, 40), "blue")])[0]
    alone = Query((), kind=PICTURE, pictures=(QueryPicture(blue),))
    found = searcher.search(alone, SearchOptions(2))
    assert found.hits[0].path.name == "blue.png"
    assert found.sure is Sure.CLOSEST, "something is always the nearest"
    for weight, first in ((0.2, "blue.png"), (5.0, "red.png")):
        both = Query((QueryText("red", weight),), kind=PICTURE, pictures=(QueryPicture(blue),))
        hits = searcher.search(both, SearchOptions(2)).hits
        assert hits[0].path.name == first
        assert {hit.path.name for hit in hits} == {"blue.png", "red.png"}


def test_several_texts_in_a_large_gallery(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    for seed in range(60):
        paint(photos / f"many{seed}.png", ("grey", "black", "white")[seed % 3], seed=seed)
    index_folders(library, encoder, [photos])
    parts = (QueryText("red", 1.0), QueryText("blue", 1.0))
    hits = Searcher(library, encoder).search(Query(parts), SearchOptions(2)).hits
    assert {hit.path.name for hit in hits} == {"red.png", "blue.png"}


def test_many_queries_are_embedded_together(
    searcher: Searcher, encoder: ColourEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real = encoder.encode_texts
    monkeypatch.setattr(encoder, "encode_texts", lambda texts: calls.append(1) or real(texts))
    results = searcher.search_many(
        [Query.of("red"), Query.of("blue"), Query.of("red")], SearchOptions(1)
    )
    found = [result.hits[0].path.name for result in results]
    assert found == ["red.png", "blue.png", "red.png"]
    assert calls == [1]
    assert searcher.search_many([], SearchOptions(1)) == []


# -- what is gone --------------------------------------------------------------------------


def test_a_file_that_is_gone_is_never_shown(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    for seed in range(80):
        paint(photos / f"more{seed}.png", "red", seed=seed)
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder)
    for seed in range(79):
        (photos / f"more{seed}.png").unlink()
    result = searcher.search(Query.of("red"), SearchOptions(5))
    assert len(result.hits) == 5
    assert all(hit.path.is_file() for hit in result.hits)
    assert {hit.path.name for hit in result.hits[:2]} == {"red.png", "more79.png"}
    assert result.missing == 79


def test_nothing_is_left(searcher: Searcher, photos: Path) -> None:
    shutil.rmtree(photos)
    for options in ({}, {"cutoff": True}, {"collapse": True}):
        result = searcher.search(Query.of("red"), SearchOptions(5, **options))
        assert result.hits == ()
        assert result.missing == 6


def test_a_file_replaced_by_a_folder(searcher: Searcher, photos: Path) -> None:
    (photos / "red.png").unlink()
    (photos / "red.png").mkdir()
    assert "red.png" not in names(searcher, "red", 9)


def test_what_is_indexed_later_is_found(
    searcher: Searcher, library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    assert names(searcher, "orange") != ["orange.png"]
    paint(photos / "orange.png", "orange")
    (photos / "red.png").rename(photos / "rouge.png")
    index_folders(library, encoder, [])
    assert names(searcher, "orange") == ["orange.png"]
    assert names(searcher, "red") == ["rouge.png"]


# -- collapsing and cutting off ------------------------------------------------------------


def test_near_duplicates_collapse(library: Library, encoder: ColourEncoder, photos: Path) -> None:
    for seed in range(5):
        paint(photos / f"burst{seed}.png", "red", seed=100 + seed)
    shutil.copy(photos / "red.png", photos / "copy.png")
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder)
    plain = searcher.search(Query.of("red"), SearchOptions(3)).hits
    assert all(hit.similar == () for hit in plain)
    hits = searcher.search(Query.of("red"), SearchOptions(3, collapse=True)).hits
    assert len(hits) == 3
    assert len(hits[0].similar) == 6
    assert hits[0].photo_id == plain[0].photo_id
    everything = [photo for hit in hits for photo in (hit.photo_id, *hit.similar)]
    assert len(everything) == len(set(everything))
    assert [hit.rank for hit in hits] == [1, 2, 3]


def test_k_groups_are_found_behind_many_duplicates(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    for seed in range(150):
        paint(photos / f"burst{seed}.png", "red", seed=100 + seed)
    index_folders(library, encoder, [photos])
    hits = Searcher(library, encoder).search(Query.of("red"), SearchOptions(6, collapse=True)).hits
    assert len(hits) == 6
    assert len(hits[0].similar) == 150


@pytest.mark.parametrize("background", [True, False])
def test_the_tail_is_cut_off(library: Library, photos: Path, background: bool) -> None:
    encoder = ColourEncoder(background=background)
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder)
    result = searcher.search(Query.of("red"), SearchOptions(6, cutoff=True))
    assert [hit.path.name for hit in result.hits] == ["red.png"]
    assert not result.nothing_fits


def test_nothing_fits(library: Library, photos: Path) -> None:
    encoder = ColourEncoder(background=True)
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder, cutoff=Cutoff(z_score_threshold=3.0))
    result = searcher.search(Query.of("orange"), SearchOptions(6, cutoff=True))
    assert result.hits == ()
    assert result.nothing_fits
    assert not searcher.search(Query.of("orange"), SearchOptions(6)).nothing_fits


# -- filters -------------------------------------------------------------------------------


def test_a_filter_is_applied_before_ranking(
    searcher: Searcher, library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    for seed in range(40):
        paint(photos / "sub" / f"grey{seed}.png", "grey", seed=seed)
    index_folders(library, encoder, [photos])
    below = Filter(folders=(photos / "sub",))
    result = searcher.search(Query.of("red"), SearchOptions(1, filter=below))
    assert result.searched == 41
    assert result.hits[0].path.parent == photos / "sub"
    white = searcher.search(Query.of("white"), SearchOptions(1, filter=below)).hits[0]
    assert white.path.name == "white.jpg"
    without = Filter(folders=(photos / "sub",), exclude=frozenset({white.photo_id}))
    assert searcher.search(Query.of("white"), SearchOptions(50, filter=without)).searched == 40
    for options in (SearchOptions(3, filter=below, collapse=True), SearchOptions(3, filter=below)):
        hits = searcher.search(Query.of("grey"), options).hits
        assert all(hit.path.parent == photos / "sub" for hit in hits)


def test_what_lies_outside_of_a_filter_makes_its_best_photo_less_sure(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    for seed in range(60):
        paint(photos / f"many{seed}.png", ("grey", "black", "white")[seed % 3], seed=seed)
    for seed in range(8):
        paint(photos / f"red{seed}.png", "red", seed=seed)
    (photos / "away").mkdir()
    for name in ("orange", "white"):
        paint(photos / "away" / f"{name}.png", name, seed=99)
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder)
    away = Filter(folders=(photos / "away",))

    def chance(colour: str, chosen: Filter) -> float:
        return searcher.search(Query.of(colour), SearchOptions(3, filter=chosen)).probability

    assert chance("red", away) < chance("red", Filter())
    assert chance("orange", away) > 0.5
    # A photo that was turned down is no filter: what is left is judged as before.
    first = searcher.search(Query.of("red"), SearchOptions(1)).hits[0].photo_id
    without = Filter(exclude=frozenset({first}))
    assert chance("red", without) == pytest.approx(chance("red", Filter()), abs=0.05)


def test_a_guess_moves_photos_and_tells_nothing_of_how_sure_it_is(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    for seed in range(60):
        paint(photos / f"many{seed}.png", ("grey", "black", "white")[seed % 3], seed=seed)
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder)

    def found(*parts: QueryText) -> SearchResult:
        return searcher.search(Query(parts), SearchOptions(6))

    said, guess = QueryText("red"), QueryText("blue", guessed=True)
    alone, both = found(said), found(said, guess)
    assert [hit.score for hit in both.hits] != [hit.score for hit in alone.hits]
    assert both.probability == pytest.approx(alone.probability)
    assert found(said, QueryText("blue")).probability != pytest.approx(alone.probability)
    assert found(guess).probability == pytest.approx(found(QueryText("blue")).probability)
    # Also among the photos that pass a filter.
    few = SearchOptions(3, filter=Filter(folders=(photos / "sub",)))
    guessed = searcher.search(Query((said, guess)), few).probability
    assert guessed == pytest.approx(searcher.search(Query((said,)), few).probability)


def test_a_filter_that_lets_nothing_through(searcher: Searcher) -> None:
    none = Filter(only=frozenset())
    result = searcher.search(Query.of("red"), SearchOptions(3, filter=none))
    assert (result.hits, result.searched, result.nothing_fits) == ((), 0, True)


def test_another_index_can_be_injected(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    class Backwards(FaissIndex):
        def search(self, queries, k, allowed=None):
            return super().search(-queries, k, allowed)

    index: VectorIndex = Backwards()
    index_folders(library, encoder, [photos], index=index)
    assert len(index) == 6
    assert open_index(library).state(library) == "missing"
    hits = Searcher(library, encoder, index).search(Query.of("red"), SearchOptions(6)).hits
    assert hits[-1].path.name == "red.png"


# -- large answers -------------------------------------------------------------------------


def many(library: Library, encoder: ColourEncoder, folder: Path, count: int) -> None:
    """Photos whose vectors are all unlike, and whose files are not there."""
    library.set_encoder(encoder.name, encoder.fingerprint, count)
    with library.transaction():
        for number in range(count):
            vector = np.zeros(count, dtype=np.float32)
            vector[number] = 1
            library.put_photo(
                folder / f"{number}.png",
                photo_id=None,
                content_hash=f"{number}",
                size=1,
                mtime_ns=1,
                metadata=Metadata(width=1, height=1),
                vector=vector,
            )


class Wide(ColourEncoder):
    def encode_texts(self, texts):
        rows = np.linspace(1, 2, self.dim, dtype=np.float32)
        return np.repeat((rows / np.linalg.norm(rows))[None], len(texts), axis=0)


def test_a_long_answer_looks_at_few_files_and_groups_each_photo_once(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Wide()
    encoder.dim = 1200
    tmp_path.joinpath("photos").mkdir()
    many(library, encoder, tmp_path / "photos", 1200)
    looked: list[str] = []
    products: list[int] = []
    monkeypatch.setattr(os.path, "isfile", lambda path: looked.append(str(path)) or True)
    real = duplicates._first_of
    monkeypatch.setattr(
        duplicates,
        "_first_of",
        lambda known, block, limit: products.append(len(block)) or real(known, block, limit),
    )
    searcher = Searcher(library, encoder)
    hits = searcher.search(Query.of("x"), SearchOptions(1200)).hits
    assert len(hits) == 1200
    assert len(looked) <= 500
    grouped = searcher.search(Query.of("x"), SearchOptions(1200, collapse=True)).hits
    assert [hit.photo_id for hit in grouped] == [hit.photo_id for hit in hits]
    assert sum(products) == 1200


def test_files_of_a_folder_that_is_gone_are_left_out_without_asking_for_each(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Wide()
    encoder.dim = 600
    many(library, encoder, tmp_path / "gone", 600)
    looked: list[str] = []
    monkeypatch.setattr(os.path, "isfile", lambda path: looked.append(str(path)) or True)
    result = Searcher(library, encoder).search(Query.of("x"), SearchOptions(5))
    assert (result.hits, result.missing, looked) == ((), 600, [])


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [Query(()), Query.of(""), Query.of(" \n\t")])
def test_an_empty_query(searcher: Searcher, query: Query) -> None:
    with pytest.raises(EmptyQuery, match="say what the photo shows"):
        searcher.search(query, SearchOptions(3))


def test_no_photo_at_all(library: Library, encoder: ColourEncoder) -> None:
    with pytest.raises(LibraryEmpty, match="photopal index"):
        Searcher(library, encoder).search(Query.of("red"), SearchOptions(3))


def test_another_encoder(searcher: Searcher, library: Library) -> None:
    with pytest.raises(EncoderMismatch, match="--rebuild"):
        Searcher(library, ColourEncoder("other")).search(Query.of("red"), SearchOptions(3))


def test_no_hits_asked_for(searcher: Searcher) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        searcher.search(Query.of("red"), SearchOptions(0))


def test_from_several_threads_while_the_library_changes(
    searcher: Searcher, library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    trouble: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                assert names(searcher, "blue") == ["blue.png"]
                searcher.search(Query.of("red"), SearchOptions(5, collapse=True, cutoff=True))
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for seed in range(12):
            paint(photos / f"new{seed}.png", "grey", seed=seed)
            if seed % 3 == 0:
                (photos / f"new{seed}.png").unlink()
            index_folders(library, encoder, [])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert trouble == []


def test_scores_are_those_by_which_search_ranks(
    library: Library, encoder: ColourEncoder, photos: Path
) -> None:
    index_folders(library, encoder, [photos])
    searcher = Searcher(library, encoder)
    queries = [Query.of("red"), Query((QueryText("blue", 2.0), QueryText("white", 0.5)))]
    ids, scores = searcher.scores(queries)
    for query, row in zip(queries, scores, strict=True):
        hits = searcher.search(query, SearchOptions(len(ids))).hits
        known = dict(zip(ids.tolist(), row.tolist(), strict=True))
        assert [known[hit.photo_id] for hit in hits] == pytest.approx([h.score for h in hits])
