"""What reading the text in photos is worth: an album before and after, over the same queries.

python -m tests.benchmarks.text_in_photos --library PATH [--plain CAPTIONS.jsonl]

Forty photos with text (receipts, signs, screenshots, posters: :data:`PHOTOS`) are drawn over
photos of the library ``PATH``, of which a copy is indexed together with them. Told, before the text
was read and after:

* hit@1 and hit@5 of requests for these photos, by kind;
* of plain requests, which mean no text (:data:`PLAIN`, whose words stand in small print on some of
  the photos with text, and the captions of a file with lines ``{"photo", "captions": […]}``): in
  how many a photo with text is among the first five, and whether the first hit stayed the same.

And seconds a photo: of the library's photos, and of those with text.
"""

import argparse
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bot.describe.query import request_query
from bot.intent.asking import content_of
from retrieval.encoders import load_encoder
from retrieval.encoders.cached import CachedTextEncoder
from retrieval.indexing import index_folders
from retrieval.library import Library
from retrieval.ocr import open_reader, read_texts
from retrieval.photos.reading import open_image
from retrieval.search import Searcher, SearchOptions
from tests.support.written_photos import WrittenPhoto, paint

SHOWN = 5

_ROWS = """
receipt|HORNBACH;Baumarkt Berlin;Wood screws 4x40   6.99;Paint white 10 l  39.90;Brush set   8.49;TOTAL EUR 55.38;Visa **** 4411;12.04.2024 17:33|the receipt from hornbach;receipt for the white paint;hornbach
receipt|TRADER JOE'S;Bananas  1.49;Peanut butter  3.29;Dog food  12.99;Oat milk  2.79;TOTAL  20.56;CASH  30.00;CHANGE  9.44|trader joe's receipt;the receipt with the oat milk
receipt|Pizzeria Da Luigi;Via Roma 12;2 Margherita  17.00;1 Tiramisu  6.50;1 Acqua  2.50;TOTALE  26.00;Grazie|the bill from da luigi;receipt with the tiramisu
receipt|THE TOOL SHED;Hardware store;Hammer  14.95;Nails 500g  4.25;Garden hose  22.00;Subtotal  41.20;Thank you|the receipt from the hardware store;the receipt for the hammer
receipt|CITY PHARMACY;Ibuprofen 400  5.95;Sunscreen SPF50  13.49;Plasters  3.10;TOTAL  22.54;Card payment|pharmacy receipt;receipt for the sunscreen
receipt|GREEN BIKE REPAIR;Invoice 2291;New chain  28.00;Brake pads  19.00;Labour 1 h  45.00;Amount due  92.00|the invoice for the bike repair;invoice 2291
receipt|Hotel Bellevue;Room 304;2 nights  218.00;Breakfast  24.00;City tax  7.00;Total  249.00|the hotel bellevue bill;invoice of the hotel with room 304
receipt|PARKING TICKET;Zone B;Plate KX-714;From 09:12 to 11:12;Fee 4.20|the parking ticket;ticket for plate KX-714
receipt|Blue Ocean Aquarium;Adult  24.00;Child  12.00;Entry 14:30;Total  36.00|ticket to the aquarium;the tickets for blue ocean
receipt|ROYAL CINEMA;Screen 4  Row F;Seat 12;The Long Journey;20:15|cinema ticket the long journey;ticket with row F seat 12
sign|NO PARKING;24 HOURS|a sign that says no parking;"no parking";the no parking sign
sign|WET FLOOR;CAUTION|the sign with the words wet floor;sign that says caution wet floor
sign|EXIT|the photo with the sign that says exit;"exit"
sign|STOP|sign that says STOP
sign|BEWARE;OF THE DOG|sign saying beware of the dog;"beware of the dog"
sign|PRIVATE;PROPERTY|a sign that reads private property
sign|Platform 9;to London|the sign with platform 9;sign that says Platform 9
sign|Maple Street|the street sign that says maple street;"Maple Street"
sign|CLOSED;Back in 10 minutes|where it says closed;sign that says back in 10 minutes
sign|Silence please;Library|the sign that says silence please;"silence please"
screenshot|Network settings;Name: Lighthouse-5G;Wi-Fi password;tulip-4821-moon;Security WPA2|the screenshot with the wifi password;screenshot with lighthouse-5G
screenshot|Flight booking;ZRH to LIS;LX 2084  Gate A52;Boarding 06:40;Seat 17C|screenshot of the flight booking;the screenshot with LX 2084
screenshot|Weather;Monday  rain 14;Tuesday  sunny 21;Wednesday  storm 12;Thursday  fog 9|screenshot of the weather forecast with fog
screenshot|Family chat;Grandma: the soup is ready;Tom: coming;Lisa: bring bread;Grandma: and the dog|the screenshot where grandma says the soup is ready;screenshot of the family chat
screenshot|Bank transfer;To: Anja Petersen;Amount 480.00;Reference rent May;Status sent|screenshot of the bank transfer;the screenshot with anja petersen
screenshot|Recipe;Lentil curry;200 g red lentils;1 can coconut milk;2 tsp turmeric;Simmer 25 min|the lentil curry recipe;screenshot with turmeric
screenshot|Calendar;Dentist Tuesday 8:30;Football match Saturday;Piano lesson 16:00;Call the plumber|screenshot with the dentist appointment
screenshot|Login code;Your code is 582 913;Do not share it;Expires in 10 min|the screenshot with the login code;screenshot that says 582 913
screenshot|Error;Disk quota exceeded;Code 0x80070027;Try again later|screenshot of the error disk quota exceeded;"disk quota exceeded"
screenshot|Delivery;Parcel 77-4120-9;Arrives today;Driver: Mehmet;Stops left: 6|the parcel delivery screenshot;screenshot with parcel 77-4120-9
poster|JAZZ NIGHT;Riverside Hall;Friday 9 pm;Free entry|the poster for jazz night;poster riverside hall
poster|SUMMER SALE;50 % off;Shoes and bags|the summer sale poster;sign that says 50 % off
poster|MARATHON;Vienna 2023;Register now|the marathon poster;poster of the vienna marathon
poster|LOST CAT;Answers to Pepper;Call 555 0142|the lost cat poster;poster that says pepper
poster|Open Air Cinema;Every Sunday;Castle Park|open air cinema poster;"castle park"
poster|VOTE;for Martinez;Mayor 2025|the poster that says vote for martinez;martinez poster
poster|FARMERS MARKET;Apples Honey Cheese;Saturday 8-13|the farmers market poster;farmers market saturday
poster|CIRCUS MILANO;Lions Clowns Horses;Two weeks only|the circus milano poster;circus poster
poster|YOGA CLASS;Beginners welcome;Studio Lotus|the yoga class poster;studio lotus
poster|SCIENCE FAIR;Robots and rockets;Hall C|the science fair poster;poster with robots and rockets
"""


def _photos() -> list[WrittenPhoto]:
    rows = [line.split("|") for line in _ROWS.strip().splitlines()]
    return [
        WrittenPhoto(f"DSC_{7000 + number}.jpg", kind, tuple(lines.split(";")), _listed(queries))
        for number, (kind, lines, queries) in enumerate(rows)
    ]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(";"))


PHOTOS = _photos()
PLAIN = _listed(
    "a dog;dogs;a cat;horses;a hammer;a child with a ball;the beach;people at a market;a football "
    "match;a bike;a river;bread;a castle;a park;children at school;a black dog in the snow;a dog "
    "in the garden;a boy with a football;a man on a bike;people in a library;a street at night;"
    "the dog and the cat;a girl with apples;two dogs;rain;a storm;a summer day;kids with bananas;"
    "a room;a lion;clowns;shoes;a bag;soup;a piano;milk;flowers;a clown with horses;nails;a plumber"
)


def main() -> None:
    """Draw, index, search, read, search again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--plain", type=Path, help="captions that mean no text")
    parser.add_argument("--captions", type=int, default=500, help="of the file, at most")
    parser.add_argument("--show", action="store_true", help="print every request that fails")
    arguments = parser.parse_args()

    plain = list(PLAIN)
    if arguments.plain is not None:
        rows = [json.loads(line) for line in arguments.plain.read_text().splitlines() if line]
        plain += [row["captions"][0] for row in rows][: arguments.captions]
    with tempfile.TemporaryDirectory() as folder:
        _measure(arguments.library, Path(folder), plain, arguments.show)


def _measure(source: Path, folder: Path, plain: Sequence[str], show: bool) -> None:
    with Library.read(source) as album:
        backgrounds = [open_image(one.path) for one in album.photos_with("present")[::25][:40]]
    shutil.copy(source, folder / "library.db")
    paint(PHOTOS, backgrounds, folder / "written")
    encoder = load_encoder("starter")
    with Library.open(folder / "library.db") as library:
        index_folders(library, encoder, [folder / "written"])
        searcher = Searcher(library, CachedTextEncoder(encoder))
        before = _hits(searcher)
        first = _first(searcher, plain)
        report = read_texts(library, open_reader())
        counts = library.text_counts()
        after = _hits(searcher)
        then = _first(searcher, plain)
        held = {path.name for path in (folder / "written").iterdir()}
    each = report.seconds / max(1, report.read)
    print(f"{report.read} photos read, {report.with_text} with text, {each:.3f} s a photo; {counts}")
    _print("text not read", before)
    _print("text read", after)
    if show:
        for kind, query, place in after:
            if place != 1:
                print(f"  {kind}: {query!r} at {place}")
    for name, part in (("own", slice(0, len(PLAIN))), ("captions", slice(len(PLAIN), None))):
        if not plain[part]:
            continue
        same = sum(a[:1] == b[:1] for a, b in zip(first[part], then[part], strict=True))
        five = [sum(bool(held & set(one)) for one in some[part]) for some in (first, then)]
        print(
            f"plain requests ({name}): {len(plain[part])}, first hit the same in {same}; "
            f"a photo with text in the first five of {five[0]} before, {five[1]} after"
        )
        if show:
            for query, a, b in zip(plain[part], first[part], then[part], strict=True):
                if a[:1] != b[:1]:
                    print(f"  {query!r}: {a[:1]} {b[:1]}")


Row = tuple[str, str, int | None]
"""Kind, request, and the place of its photo among the first five."""


def _hits(searcher: Searcher) -> list[Row]:
    rows: list[Row] = []
    for photo in PHOTOS:
        for query, names in zip(photo.queries, _first(searcher, photo.queries), strict=True):
            rows.append(
                (photo.kind, query, names.index(photo.name) + 1 if photo.name in names else None)
            )
    return rows


def _first(searcher: Searcher, queries: Sequence[str]) -> list[list[str]]:
    """The names of the first hits of each query, searched as ``photopal search`` does."""
    asked = [request_query(content_of(text) or text) for text in queries]
    found = searcher.search_many(asked, SearchOptions(SHOWN))
    return [[hit.path.name for hit in result.hits] for result in found]


def _print(title: str, rows: Sequence[Row]) -> None:
    by_kind: dict[str, list[int | None]] = defaultdict(list)
    for kind, _, place in rows:
        by_kind[kind].append(place)
        by_kind["all"].append(place)
    shown = []
    for kind, places in by_kind.items():
        one, five = (sum(p is not None and p <= k for p in places) for k in (1, SHOWN))
        shown.append(f"{kind} {100 * one / len(places):.1f}/{100 * five / len(places):.1f}")
    print(f"{title}: hit@1/hit@{SHOWN} %  " + "  ".join(shown) + f"  (n={len(rows)})")


if __name__ == "__main__":
    main()
