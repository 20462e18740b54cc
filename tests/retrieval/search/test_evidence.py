"""Names and what must not be shown, through the search that the product uses."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.search import Filter, Judged, Query, QueryText, Searcher, SearchOptions
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
    query = Query((*Query.of("red blue").parts,), exclude=(QueryText("blue"),))

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


def _ids(searcher: Searcher) -> dict[str, int]:
    return {photo.path.name: photo.id for photo in searcher.library.photos_with("present")}


def test_what_is_like_a_liked_photo_goes_up(searcher: Searcher) -> None:
    query, ids = Query.of("red blue"), _ids(searcher)

    liked = _names(searcher, query, judged=Judged(liked=(ids["blue.png"],)))

    assert set(liked[:2]) == {"blue.png", "rocket.png"}


def test_what_is_like_a_photo_that_was_turned_down_goes_down(searcher: Searcher) -> None:
    query, ids = Query.of("red blue"), _ids(searcher)
    judged = Judged(disliked=(ids["red_door.png"],))
    without = Filter(exclude=frozenset(judged.disliked))

    assert _names(searcher, query, judged=judged, filter=without)[-1] == "IMG_2041.png"


def test_a_judged_photo_that_is_gone_says_nothing(searcher: Searcher) -> None:
    judged = Judged(liked=(999,), disliked=(998,))

    found = _names(searcher, Query.of("red"), judged=judged)

    assert set(found[:2]) == {"red_door.png", "IMG_2041.png"}


def test_how_sure_the_answer_is_does_not_hang_on_what_was_liked(searcher: Searcher) -> None:
    judged = Judged(liked=(_ids(searcher)["blue.png"],))
    plain, pulled = (
        searcher.search(Query.of("red"), SearchOptions(judged=one)) for one in (Judged(), judged)
    )

    assert (pulled.sure, pulled.probability) == (plain.sure, plain.probability)
