"""Names and what must not be shown, through the search that the product uses."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Query, Searcher, SearchOptions
from retrieval.search.evidence import named_share
from tests.support.fake_encoder import ColourEncoder
from tests.support.pictures import paint

NAMES = ("sunny/rocket.png", "sunny/red_door.png", "night/blue.png", "night/IMG_2041.png")
COLOURS = ((30, 60, 220), (220, 30, 30), (35, 65, 215), (225, 40, 35))


@pytest.fixture
def searcher(tmp_path: Path):
    for name, colour in zip(NAMES, COLOURS, strict=True):
        paint(tmp_path / "photos" / name, colour)
    encoder = ColourEncoder(background=True)
    with Library.open(tmp_path / "library.db", create=True) as library:
        index_folders(library, encoder, [tmp_path / "photos"])
        yield Searcher(library, encoder)


def _names(searcher: Searcher, query: Query, **options: object) -> list[str]:
    found = searcher.search(query, SearchOptions(**options))  # type: ignore[arg-type]
    return [hit.path.name for hit in found.hits]


def test_a_photo_that_is_named_as_asked_comes_first(searcher: Searcher) -> None:
    assert _names(searcher, Query.of("the rocket", names=True))[0] == "rocket.png"


def test_names_count_only_where_they_are_asked_for(searcher: Searcher) -> None:
    plain = searcher.search(Query.of("the rocket"))
    named = searcher.search(Query.of("the rocket", names=True))

    assert named.probability > 10 * plain.probability


def test_a_folder_that_holds_one_word_does_not_beat_the_picture(searcher: Searcher) -> None:
    found = _names(searcher, Query.of("red at night in a far country", names=True))

    assert set(found[:2]) == {"red_door.png", "IMG_2041.png"}


def test_the_cut_off_spares_what_is_named_as_asked(searcher: Searcher) -> None:
    assert "rocket.png" in _names(searcher, Query.of("rocket", names=True), cutoff=True)


def test_what_it_must_not_show_goes_down_and_the_rest_stays(searcher: Searcher) -> None:
    query = Query((*Query.of("red blue").parts,), exclude="blue")

    found = _names(searcher, query)

    assert set(found[:2]) == {"red_door.png", "IMG_2041.png"}
    assert len(found) == 4


def test_scores_rank_as_the_search_does(searcher: Searcher) -> None:
    query = Query.of("the rocket", names=True)
    ids, scores = searcher.scores([query])

    ranked = [int(ids[place]) for place in np.argsort(-scores[0], kind="stable")]

    assert ranked == [hit.photo_id for hit in searcher.search(query).hits]


def test_share_of_words() -> None:
    assert named_share(["rocket"], ["rocket", "launch"]) == 1.0
    assert named_share(["red", "rocket"], ["rocket"]) == 0.25
    assert named_share([], ["rocket"]) == 0.0
