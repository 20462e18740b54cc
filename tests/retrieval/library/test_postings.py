"""Filters of a reader: lists that are kept, and read anew when the library changes."""

from datetime import date
from pathlib import Path

import pytest

from retrieval.filters import DateRange, Filter, Place
from retrieval.library import Library
from tests.benchmarks.million_photos import World, add_photos


@pytest.fixture
def filled(library: Library) -> Library:
    library.set_encoder("vectors", "vectors", 8)
    add_photos(library, World(500, 8).photos(500), 0)
    return library


def test_lists_are_kept_until_the_library_changes(filled: Library) -> None:
    days = Filter(dates=(DateRange(date(2009, 1, 1), date(2009, 1, 10)),))
    with Library.read(filled.path) as reader:
        assert reader.ids_matching(days).tolist() == list(range(1, 11))
        asked: list[str] = []
        reader._connection.set_trace_callback(asked.append)
        assert reader.ids_matching(days).tolist() == list(range(1, 11))
        assert not any("FROM photo" in query for query in asked)
        filled.remove_photos([3])
        assert reader.ids_matching(days).tolist() == [1, 2, *range(4, 11)]
        filled._execute("UPDATE photo SET favourite = 1 WHERE id IN (4, 400)")
        favourites = Filter(dates=days.dates, favourite=True)
        assert reader.ids_matching(favourites).tolist() == [4]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (Filter(places=(Place("City 7"),)), 8),
        (Filter(places=(Place(country="country 7"),), camera="camera 0"), 31),
        (Filter(folders=(Path("/photos/2010/02"),)), 397),
        (Filter(dates=(DateRange(date(2010, 1, 1), None),)), 366),
        (Filter(dates=(DateRange(None, date(2008, 1, 1)),)), 0),
        (Filter(only=frozenset({9, 7, 10_000}), exclude=frozenset({7})), 9),
    ],
)
def test_the_first_that_matches(filled: Library, wanted: Filter, first: int) -> None:
    with Library.read(filled.path) as reader:
        ids = reader.ids_matching(wanted)
        assert ids.tolist() == filled.ids_matching(wanted).tolist() == sorted(ids.tolist())
        assert (int(ids[0]) if len(ids) else 0) == first


def test_lists_are_read_from_indexes_alone(filled: Library) -> None:
    wanted = Filter(
        dates=(DateRange(date(2009, 1, 1), None),),
        places=(Place("City 7"),),
        folders=(Path("/photos"),),
        camera="0",
    )
    asked: list[str] = []
    filled._connection.set_trace_callback(asked.append)
    filled.ids_matching(wanted)
    filled.searchable_ids()
    filled._connection.set_trace_callback(None)
    lists = [query for query in asked if "group_concat" in query]
    assert len(lists) >= 8
    for query in lists:
        plan = [row[-1] for row in filled._all(f"EXPLAIN QUERY PLAN {query}")]
        assert any("COVERING INDEX" in step for step in plan), (query, plan)
        assert not any("TEMP B-TREE" in step for step in plan), (query, plan)


def test_ids_in_order_of_time(filled: Library) -> None:
    first_five = Filter(only=frozenset(range(1, 6)))
    for number, day in enumerate(["2020-03-01", None, "2019-05-05", "2021-01-01", "2020-03-01"]):
        filled._execute("UPDATE photo SET taken_on = ? WHERE id = ?", (day, number + 1))
    assert filled.ids_in_order_of_time(first_five).tolist() == [2, 3, 1, 5, 4]
    since = Filter(only=first_five.only, dates=(DateRange(date(2020, 1, 1), None),))
    assert filled.ids_in_order_of_time(since).tolist() == [1, 5, 4]
    filled.set_hidden(5, True)
    assert filled.ids_in_order_of_time(since).tolist() == [1, 4]
