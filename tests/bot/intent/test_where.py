"""What sentences say of places, over a library that has photos of some of them."""

import pytest

from bot.intent.where import KnownPlaces
from retrieval.search.filters import Place

OSAKA = Place("Osaka", "Osaka", "Japan")
LIBRARY = {
    OSAKA: 40,
    Place("Naples", "Campania", "Italy"): 31,
    Place("Cologne", "North Rhine-Westphalia", "Germany"): 12,
    Place("New York", "New York", "United States"): 90,
    Place("San Francisco", "California", "United States"): 5,
    Place("Edinburgh", "Scotland", "United Kingdom"): 14,
    Place("Bergen", "Vestland", "Norway"): 8,
    Place("Nice", "Provence-Alpes-Cote d'Azur", "France"): 9,
    Place("Melbourne", "Victoria", "Australia"): 6,
    Place("Valencia", "Valencia", "Spain"): 7,
    Place(country="Iceland"): 3,
    Place("Ankara", "Ankara", "Turkey"): 2,
    Place("Marseille", "Provence-Alpes-Cote d'Azur", "France"): 2,
}
FOLDERS = ("2018-05 Bergen", "Aunt Mabel's 60th", "canon", "2021", "scans", "Telegram Images")


@pytest.fixture(scope="module")
def known() -> KnownPlaces:
    return KnownPlaces(LIBRARY, FOLDERS)


def named(known: KnownPlaces, text: str) -> list[str]:
    """The places found, as "city|region|country", with a "?" when the library lacks them."""
    return [
        "|".join((place.city, place.region, place.country)) + ("" if mention.known else "?")
        for mention in known.find(text)
        for place in mention.places
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("that castle in Japan", "||Japan"),
        ("osaka", "Osaka||Japan"),
        ("and Cologne?", "Cologne||Germany"),
        ("now the ones from naples", "Naples||Italy"),
        ("the Osaka trip", "Osaka||Japan"),
        ("Cologne cathedral by night", "Cologne||Germany"),
        ("the pizza we had over in Italy", "||Italy"),
        ("only Norway", "||Norway"),
        ("what about the UK", "||United Kingdom"),
        ("in Scotland", "|Scotland|United Kingdom"),
        ("our first winter in the States", "||United States"),
        ("anything from the us", "||United States"),
        ("the US trip", "||United States"),
        ("back in NYC", "New York||United States"),
        ("nyc by night", "New York||United States"),
        ("the Big Apple", "New York||United States"),
        ("that pier in SF", "San Francisco||United States"),
        ("down in California", "|California|United States"),
        ("road trip through Cali", "|California|United States"),
        ("Naples, Italy", "Naples||Italy"),
        ("hot springs in iceland", "||Iceland"),
        ("in Turkey", "||Turkey"),
        ("the beach in Nice", "Nice||France"),
        ("trams in Melbourne", "Melbourne||Australia"),
        ("the German ones", "||Germany"),
        ("our Japanese holiday", "||Japan"),
        ("the Norwegian trip", "||Norway"),
        ("Scandinavia", "||Norway"),
    ],
)
def test_places_of_the_library(known: KnownPlaces, text: str, place: str) -> None:
    assert named(known, text) == [place]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Fotos aus Köln", "Cologne||Germany"),
        ("letztes Jahr in Neapel", "Naples||Italy"),
        ("Bilder aus Deutschland", "||Germany"),
        ("photos du Japon", "||Japan"),
        ("la plage à Nice", "Nice||France"),
        ("nos vacances en Écosse", "|Scotland|United Kingdom"),
        ("fotos de Nápoles", "Naples||Italy"),
        ("fotos de Alemania", "||Germany"),
        ("foto di Colonia", "Cologne||Germany"),
        ("in Germania", "||Germany"),
        ("fotos da Noruega", "||Norway"),
        ("foto's uit Keulen", "Cologne||Germany"),
        ("大阪的照片", "Osaka||Japan"),
        ("日本的樱花", "||Japan"),
    ],
)
def test_other_languages_names(known: KnownPlaces, text: str, place: str) -> None:
    assert named(known, text) == [place]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("dogs in Naplse", "Naples||Italy"),
        ("boats in Edinbrugh", "Edinburgh||United Kingdom"),
        ("trams in Melborne", "Melbourne||Australia"),
        ("the tower in Colonge", "Cologne||Germany"),
        ("food from Marseile", "Marseille||France"),
    ],
)
def test_misspellings_are_forgiven(known: KnownPlaces, text: str, place: str) -> None:
    assert named(known, text) == [place]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("nothing from Peru?", "||Peru?"),
        ("the market in Marrakesh", "Marrakesh||Morocco?"),
        ("in Boston", "Boston|Massachusetts|United States?"),
        ("dogs in chicago", "Chicago|Illinois|United States?"),
        ("the cliffs in Ireland", "||Ireland?"),
        ("Bangkok", "Bangkok||Thailand?"),
        ("our trip to Vietnam", "||Vietnam?"),
        ("the desert in Jordan", "||Jordan?"),
        ("in Vegas", "Las Vegas|Nevada|United States?"),
    ],
)
def test_places_that_the_library_lacks(known: KnownPlaces, text: str, place: str) -> None:
    assert named(known, text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "what a nice day",
        "Nice!",
        "a turkey in the oven",
        "stuffed turkey with chili",
        "Italian food and French fries",
        "a German shepherd on the sofa",
        "my friend Jordan ran",
        "Valencia is asleep on the rug",
        "reading in bath",
        "her mobile phone",
        "china plates",
        "he told us to stay",
        "la la la",
        "a state park",
        "the thing in the attic",
        "in parts",
        "in the pool",
        "from behind",
        "it split in two",
        "at the beach in the sand",
        "he saved it with his canon",
        "in Atlantis",
        "",
        "🌍🌍🌍",
    ],
)
def test_words_that_are_no_places(known: KnownPlaces, text: str) -> None:
    assert known.find(text) == []


def test_a_region_of_the_world_means_the_library_s_countries_there(known: KnownPlaces) -> None:
    (mention,) = known.find("all of Europe")
    assert mention.known
    assert {place.country for place in mention.places} >= {"Italy", "Germany", "Norway", "France"}
    assert Place(country="Japan") not in mention.places


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("that castle in Japan by night", "that castle  by night"),
        ("dogs over in the States", "dogs "),
        ("from our trip to Osaka, the deer", "from our trip , the deer"),
        ("the Osaka trip", ""),
        ("cats from Naples, Italy", "cats "),
        ("the Naples one", " one"),
        ("photos of Naples", "photos "),
    ],
)
def test_a_mention_takes_its_preposition_along(known: KnownPlaces, text: str, rest: str) -> None:
    (mention,) = known.find(text)
    assert text[: mention.start] + text[mention.end :] == rest


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("the cake from Aunt Mabel's 60th", "Aunt Mabel's 60th"),
        ("aunt mabel’s 60th", "Aunt Mabel's 60th"),
        ("everything in the canon folder", "canon"),
        ("the scans album", "scans"),
        ("the pics from telegram", "Telegram Images"),
        ("what I got on my telegram", "Telegram Images"),
    ],
)
def test_folders_are_found_by_name(known: KnownPlaces, text: str, folder: str) -> None:
    assert [mention.folders for mention in known.find(text)] == [(folder,)]


def test_the_nordics_are_several_countries(known: KnownPlaces) -> None:
    assert sorted(named(known, "everything from the Nordics")) == ["||Iceland", "||Norway"]


def test_two_places_come_in_order(known: KnownPlaces) -> None:
    text = "flying to Osaka soon, so who was that man in Naples"
    assert named(known, text) == ["Osaka||Japan", "Naples||Italy"]


def test_a_city_of_the_same_name_elsewhere_is_not_the_library_s(known: KnownPlaces) -> None:
    assert named(known, "in Naples, Florida") == ["Naples|Florida|United States?"]


def test_the_latitude_tells_the_seasons(known: KnownPlaces) -> None:
    latitude = known.latitude([Place("Melbourne", "", "Australia")])
    assert latitude is not None and latitude < -30
    assert known.latitude([]) is None


def test_a_library_without_places_still_knows_the_world() -> None:
    assert named(KnownPlaces({}), "the temple in Japan") == ["||Japan?"]


@pytest.mark.parametrize(
    "text", ["in " * 40_000, "Osaka " * 20_000, "\ud83d in Osaka", "x" * 100_000]
)
def test_odd_input_does_no_harm(known: KnownPlaces, text: str) -> None:
    assert isinstance(known.find(text), list)
