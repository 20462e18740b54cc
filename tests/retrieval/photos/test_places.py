from pathlib import Path

import numpy as np
import pytest

from retrieval.filters import Place
from retrieval.photos.places import place_from_folders, place_of, places_of

KYOTO = Place("Kyoto", "Kyoto", "Japan")
NICE = Place("Nice", "Provence-Alpes-Cote d'Azur", "France")


@pytest.mark.parametrize(
    ("position", "city", "country"),
    [
        ((39.754, -104.989), "Denver", "United States"),
        ((39.72, -105.03), "Denver", "United States"),
        ((39.7047, -105.0814), "Lakewood", "United States"),
        ((40.65, -73.95), "New York", "United States"),
        ((51.37, -0.1), "London", "United Kingdom"),
        ((42.31, -83.03), "Windsor", "Canada"),
        ((48.8049, 2.1204), "Versailles", "France"),
        ((64.15, -21.94), "Reykjavik", "Iceland"),
        ((41.902, 12.453), "Rome", "Italy"),
        ((50.94, 6.96), "Cologne", "Germany"),
        ((-33.89, 151.27), "Sydney", "Australia"),
        ((37.5665, 126.978), "Seoul", "South Korea"),
    ],
)
def test_the_city_that_a_person_would_name(
    position: tuple[float, float], city: str, country: str
) -> None:
    place = place_of(*position)
    assert place is not None
    assert (place.city, place.country) == (city, country)


def test_far_from_a_city_there_is_a_country_only() -> None:
    place = place_of(44.6, -110.5)
    assert place is not None
    assert (place.city, place.country) == ("", "United States")


@pytest.mark.parametrize("position", [(0, -30), (0, 0), (90, 0), (float("nan"), 1), (91, 0)])
def test_no_place_at_sea_and_none_for_nonsense(position: tuple[float, float]) -> None:
    assert place_of(*position) is None


def test_many_positions_give_what_each_gives() -> None:
    positions = np.array([(39.754, -104.989), (0, -30), (35.01, 135.77), (39.754, -104.989)])
    assert places_of(positions) == [place_of(*position) for position in positions]
    assert places_of(np.empty((0, 2))) == []


@pytest.mark.parametrize(
    ("folder", "place"),
    [
        ("2019/2019-08 Kyoto", KYOTO),
        ("kyoto", KYOTO),
        ("Kyoto - temples", KYOTO),
        ("2018-02 Lisbon", Place("Lisbon", "", "Portugal")),
        ("Trip to Lisbon 2018", Place("Lisbon", "", "Portugal")),
        ("2018 - Marrakesh, Morocco", Place("Marrakesh", "", "Morocco")),
        ("München 2019", Place("Munich", "", "Germany")),
        ("Paris, Texas", Place("Paris", "Texas", "United States")),
        ("Nice, France", Place("Nice", "", "France")),
        ("Peru 2016", Place(country="Peru")),
        ("Urlaub Italien", Place(country="Italy")),
    ],
)
def test_folders_name_places(folder: str, place: Place) -> None:
    assert place_from_folders(Path(folder) / "173.jpeg", [KYOTO]) == place


@pytest.mark.parametrize(
    "folder",
    ["Nice", "Reading", "nikon", "saved", "Mobile", "WhatsApp Images", "George", "Grandma's 80th"],
)
def test_a_word_that_may_be_something_else_is_no_place(folder: str) -> None:
    assert place_from_folders(Path("2022") / folder / "173.jpeg", [KYOTO]) is None


def test_the_library_s_own_places_come_first() -> None:
    assert place_from_folders(Path("2019 Nice/1.jpg"), [NICE]) == NICE
    assert place_from_folders(Path("nice/1.jpg"), [NICE]) is None
