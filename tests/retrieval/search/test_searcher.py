"""Searching: the right photos, only those that exist, collapsed and cut off on demand."""

import shutil
import threading
from pathlib import Path

import pytest

from retrieval.errors import EmptyQuery, EncoderMismatch, LibraryEmpty
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, QueryText, Searcher, SearchOptions
from retrieval.search.cutoff import Cutoff
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
    searcher = Searcher(library, encoder, cutoff=Cutoff(floor=3.0))
    result = searcher.search(Query.of("orange"), SearchOptions(6, cutoff=True))
    assert result.hits == ()
    assert result.nothing_fits
    assert not searcher.search(Query.of("orange"), SearchOptions(6)).nothing_fits


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
