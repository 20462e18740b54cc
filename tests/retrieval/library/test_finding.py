"""Filters, words of names, and facts of the whole library."""

import os
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from retrieval.filters import DateRange, Filter, Place
from retrieval.library import Library
from retrieval.photos.metadata import Metadata
from retrieval.photos.remote import path_from

DENVER = Place("Denver", "Colorado", "United States")


def put(library: Library, path: Path, **metadata: object) -> int:
    return library.put_photo(
        path,
        photo_id=None,
        content_hash=repr(path),
        size=1,
        mtime_ns=2,
        metadata=Metadata(width=4, height=3, **metadata),  # type: ignore[arg-type]
        vector=np.array([1, 0, 0], dtype=np.float32),
    )


@pytest.fixture
def names(library: Library, tmp_path: Path) -> dict[str, int]:
    """Ids of five photos by what tells them apart."""
    library.set_encoder("colours", "f1", 3)
    root = tmp_path / "Pictures"
    library.set_roots([root])
    ids = {
        "dated": put(library, root / "a.jpg", taken_at="2019-07-14T10:00:00+02:00", camera="Canon"),
        "named": put(library, root / "IMG_20201231_235959.jpg", camera="SÃO Cam"),
        "denver": put(library, root / "trip" / "rocket.jpg", latitude=39.754, longitude=-104.989),
        "dog": put(library, root / "trip2" / "GoldenRetriever dogs.jpg"),
        "kyoto": put(library, root / "2018-04 Kyoto" / "3.jpg"),
    }
    library.update_places()
    return ids


def found(library: Library, names: dict[str, int], wanted: Filter) -> set[str]:
    ids = library.ids_matching(wanted).tolist()
    assert ids == sorted(ids)
    return {name for name, number in names.items() if number in ids}


def test_nothing_asked_lets_everything_through(library: Library, names: dict[str, int]) -> None:
    assert not Filter()
    assert found(library, names, Filter()) == set(names)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2019, 7, 14), date(2019, 7, 14), {"dated"}),
        (date(2019, 7, 15), None, {"named"}),
        (None, date(2020, 12, 30), {"dated"}),
        (None, None, {"dated", "named"}),
        (date(2021, 1, 1), date(2020, 1, 1), set()),
    ],
)
def test_days_are_inclusive_and_undated_photos_never_match(
    library: Library, names: dict[str, int], first: date, last: date, expected: set[str]
) -> None:
    assert found(library, names, Filter(dates=(DateRange(first, last),))) == expected


def test_any_of_several_ranges(library: Library, names: dict[str, int]) -> None:
    ranges = tuple(DateRange(date(year, 1, 1), date(year, 12, 31)) for year in (2019, 2020))
    assert found(library, names, Filter(dates=ranges)) == {"dated", "named"}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(city="denver"), {"denver"}),
        (Place(country="UNITED STATES"), {"denver"}),
        (Place("Denver", "Texas"), set()),
        (Place(country="Japan"), {"kyoto"}),
        (Place(city="Atlantis"), set()),
    ],
)
def test_places_by_position_and_by_folder(
    library: Library, names: dict[str, int], place: Place, expected: set[str]
) -> None:
    assert found(library, names, Filter(places=(place,))) == expected
    assert library.photo(names["denver"]).place == DENVER
    assert library.photo(names["dated"]).place is None


def test_folders_are_told_from_those_that_begin_alike(
    library: Library, names: dict[str, int], tmp_path: Path
) -> None:
    root = tmp_path / "Pictures"
    assert found(library, names, Filter(folders=(root / "trip",))) == {"denver"}
    assert found(library, names, Filter(folders=(root / "trip", root / "trip2"))) == {
        "denver",
        "dog",
    }
    assert found(library, names, Filter(folders=(root,))) == set(names)
    assert found(library, names, Filter(folders=(root / "a.jpg",))) == {"dated"}
    assert found(library, names, Filter(folders=(tmp_path / "none",))) == set()


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_folders_whose_names_are_no_text(library: Library, names: dict[str, int]) -> None:
    odd = Path(os.fsdecode(b"/caf\xe9"))
    names["odd"] = put(library, odd / "a.jpg")
    names["text"] = put(library, Path("/plain") / os.fsdecode(b"\xe9.jpg"))
    assert found(library, names, Filter(folders=(odd,))) == {"odd"}
    assert found(library, names, Filter(folders=(Path("/plain"),))) == {"text"}


def test_cameras_and_ids(library: Library, names: dict[str, int]) -> None:
    assert found(library, names, Filter(camera="são")) == {"named"}
    assert found(library, names, Filter(camera="nikon")) == set()
    assert library.cameras() == {"Canon": 1, "SÃO Cam": 1}
    some = frozenset({names["dog"], names["dated"], 999})
    assert found(library, names, Filter(only=some)) == {"dog", "dated"}
    assert found(library, names, Filter(only=frozenset())) == set()
    assert found(library, names, Filter(exclude=some)) == set(names) - {"dog", "dated"}
    assert found(library, names, Filter(camera="canon", exclude=some)) == set()


def test_all_conditions_hold_together(library: Library, names: dict[str, int]) -> None:
    days = (DateRange(date(2019, 1, 1)),)
    assert found(library, names, Filter(dates=days, camera="canon")) == {"dated"}
    assert found(library, names, Filter(dates=days, places=(DENVER,))) == set()


def test_removed_photos_do_not_match(library: Library, names: dict[str, int]) -> None:
    library.remove_photos([names["denver"]])
    assert found(library, names, Filter()) == set(names) - {"denver"}
    assert DENVER not in library.places()
    assert library.search_names("rocket") == {}


# -- words of names ------------------------------------------------------------------------


def test_words_of_names(library: Library, names: dict[str, int]) -> None:
    assert list(library.search_names("a rocket, please")) == [names["denver"]]
    assert list(library.search_names("dog")) == [names["dog"]]
    assert set(library.search_names(["trip", "retriever"])) == {names["denver"], names["dog"]}
    assert all(score > 0 for score in library.search_names("kyoto rocket pictures").values())
    best, *_ = library.search_names("rocket trip")
    assert best == names["denver"]
    assert library.search_names("rocket", ids=[names["dog"]]) == {}
    assert library.search_names("rocket", ids=[]) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        '"',
        "rocket\" OR 'x",
        "NEAR(",
        "*",
        "AND OR NOT",
        "\x00",
        "🚀",
        "^a:b",
        "x" * 10**5,
    ],
)
def test_odd_words_never_raise(library: Library, names: dict[str, int], text: str) -> None:
    assert isinstance(library.search_names(text), dict)


def test_a_renamed_photo_is_found_by_its_new_name(library: Library, tmp_path: Path) -> None:
    library.set_encoder("colours", "f1", 3)
    number = put(library, tmp_path / "IMG_20200101_101010.jpg")
    library.move_photo(number, tmp_path / "balloon.jpg", size=1, mtime_ns=2)
    assert list(library.search_names("balloons")) == [number]
    assert library.photo(number).taken_on is None
    library.move_photo(number, tmp_path / "2019-02-03 x.jpg", size=1, mtime_ns=2)
    assert library.photo(number).taken_on == date(2019, 2, 3)
    assert library.search_names("balloon") == {}


# -- facts ---------------------------------------------------------------------------------


def test_facts(library: Library, names: dict[str, int], tmp_path: Path) -> None:
    facts = library.facts()
    assert (facts.count, facts.undated) == (5, 3)
    assert (facts.first, facts.last) == (date(2019, 7, 14), date(2020, 12, 31))
    assert facts.years == {2019: 1, 2020: 1}
    assert facts.places[DENVER] == 1
    assert sum(facts.places.values()) == 2
    assert facts.cameras == {"Canon": 1, "SÃO Cam": 1}
    assert facts.folders[tmp_path / "Pictures"] == 2


def test_folders_of_all_kinds_of_paths(library: Library, tmp_path: Path) -> None:
    library.set_encoder("colours", "f1", 3)
    odd = tmp_path / os.fsdecode(b"odd \xff")
    storage = path_from("s3://bucket/trip/a.jpg")
    for path in (
        tmp_path / "a.jpg",
        tmp_path / os.fsdecode(b"b\xff.jpg"),
        odd / "c.jpg",
        storage,
        Path("/d.jpg"),
    ):
        put(library, path)
    hidden = put(library, tmp_path / "hidden" / "e.jpg")
    library.set_hidden(hidden, True)
    assert library.facts().folders == {
        tmp_path: 2,
        odd: 1,
        path_from("s3://bucket/trip"): 1,
        Path("/"): 1,
    }


def test_facts_of_nothing(library: Library) -> None:
    facts = library.facts()
    assert (facts.count, facts.first, facts.last, facts.undated) == (0, None, None, 0)
    assert library.places() == {}


def test_what_must_not_match_spares_what_is_not_known(
    library: Library, names: dict[str, int]
) -> None:
    of_2019 = DateRange(date(2019, 1, 1), date(2019, 12, 31))
    assert found(library, names, Filter(not_dates=(of_2019,))) == set(names) - {"dated"}
    both = (of_2019, DateRange(date(2020, 1, 1), None))
    assert found(library, names, Filter(not_dates=both)) == set(names) - {"dated", "named"}
    america = Place(country="united states")
    assert found(library, names, Filter(not_places=(america,))) == set(names) - {"denver"}
    in_texas = Place("Denver", "Texas")
    assert found(library, names, Filter(not_places=(in_texas,))) == set(names)
    everywhere = (DENVER, Place(country="Japan"))
    assert found(library, names, Filter(places=everywhere, not_places=(DENVER,))) == {"kyoto"}
    assert Filter(not_dates=(of_2019,)).narrows
    assert Filter(not_places=(DENVER,)).narrows
