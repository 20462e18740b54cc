"""Where: the places that a message names, those of the library's own photos first.

Names of the library's places are believed in any spelling and many languages; places that it lacks
only where the sentence makes them places, so that the answer can be "nothing from Peru". Words that
mean something else as well (Nice, Turkey, Jordan, Reading) always need a preposition.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from bot.intent import place_words as words
from bot.intent.spelling import photo_words
from retrieval.photos.gazetteer import countries_of_continent, country_names, folded, gazetteer
from retrieval.search.filters import Place

MAX_CHARS = 4_000
"""Of a message; places beyond it are not looked for."""
_SHORTEST_ALIAS = 6
"""Letters of a folder's first word that may stand for its whole name."""
LONGEST_NAME = 5
"""Words of a name."""
SMALLEST_FOREIGN_CITY = 100_000
"""Population of a city that the library lacks, to be taken for a place."""
LARGE_FOREIGN_CITY = 500_000
"""Population of one that is believed in lower case ("in boston")."""
SHORTEST_MISSPELT = 5
"""Letters of a name that may be misspelt by one; by two from nine on."""


@dataclass(frozen=True)
class WhereMention:
    """A place that a text names.

    Attributes:
        start: index of its first character, prepositions included ("over in Japan").
        end: index after its last.
        places: what a photo's place must equal, any of them.
        known: whether the library has photos there.
        folders: names of the library's folders that are meant, as they are written there.
    """

    start: int
    end: int
    places: tuple[Place, ...]
    known: bool
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Name:
    places: tuple[Place, ...]
    sure: bool
    """Whether it is a place without a preposition: no other language's name, no other meaning."""


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    text: str


_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*\.?", re.UNICODE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BEFORE = re.compile(
    r"(?:\b(?:(?:over|back|down|up|out|here|there|right|all|somewhere|that time|when (?:we|i|you) "
    r"(?:were|was)(?: all)?) )*)"
    rf"(?P<prep>\b(?:{'|'.join(words.NEAR_NAME + words.ABROAD_NEAR_NAME)}|"
    rf"{'|'.join(words.WEAK_NEAR_NAME)}) "
    r"(?:(?:the|our|my|your|that|this|der|die|den|dem|la|las|los|el|le|les|l') ?)?)?"
    r"(?P<the>(?:the|our|my|your|that|this) )?(?:(?:city|town|island|state|region) of )?$",
    re.IGNORECASE,
)
_AFTER = re.compile(rf" (?P<noun>{words.TRAVEL})\b", re.IGNORECASE)
_TRIP = re.compile(r"(?:['’]s)? (?:trip|holiday|vacation|honeymoon|weekend|getaway|tour|visit)\b")
_TRIP_TO = re.compile(
    r"\b(?:trip|holiday|vacation|honeymoon|weekend|getaway|visit|journey|flight|travels?) "
    r"(?:to|in|around|through) (?:the )?$",
    re.IGNORECASE,
)
_PRODUCT_AFTER = re.compile(
    r" (?:flags?|football|soccer|basketball|baseball|teams?|jerseys?|shirts?|food|beer|players?|"
    r"terrier|shepherd)\b",
    re.IGNORECASE,
)
"""What bears a place's name anywhere: "the Canada flag"."""
_THING_AFTER = re.compile(
    r" (?!and\b|or\b|with\b|in\b|on\b|at\b|last\b|this\b|two\b|three\b|when\b|where\b|but\b|from\b|"
    r"during\b|again\b|please\b|pls\b|too\b|that\b|is\b|was\b|for\b|by\b|we\b|i\b|you\b|back\b|then\b|"
    r"trip|holiday|vacation|photos?|pics?|pictures?|ones\b|the\b|a\b|years?\b|about\b|if\b|so\b|"
    r"because\b|while\b|before\b|after\b|as\b|she\b|he\b|they\b)[a-z]"
)


MOST_LISTED_WORDS = 8
"""Of a message that is a list: "hat, Paris, winter"."""


class KnownPlaces:
    """The names of places as one library gives them meaning; made once for its state."""

    def __init__(
        self,
        places: Mapping[Place, int],
        folders: Collection[str] = (),
        cameras: Collection[str] = (),
    ) -> None:
        """Counts of the library's photos by place, and the names of its folders and cameras."""
        self.cameras = tuple(cameras)
        self.places = {place: count for place, count in places.items() if count > 0}
        self._countries = {place.country for place in self.places if place.country}
        self._cities = {
            (p.city, p.country): Place(p.city, "", p.country) for p in self.places if p.city
        }
        self._names: dict[str, _Name] = {}
        self._foreign_scripts: dict[str, Place] = {}
        self._folders = {
            folded(name): folder for folder in folders if (name := _folder_name(folder))
        }
        self._add_own()
        english = {place.city for place in self.places} | self._countries
        self._spellings = [
            name
            for name in map(folded, english)
            if len(name) >= SHORTEST_MISSPELT and name.isalpha() and name in self._names
        ]

    @property
    def any_known(self) -> bool:
        """Whether the place of any photo is known."""
        return bool(self.places)

    def find(self, text: str) -> list[WhereMention]:
        """The places that a text names, in its order.

        Example::

            KnownPlaces({Place("Kyoto", "Kyoto", "Japan"): 60}).find("that temple in Japan")
            # [WhereMention(12, 20, (Place(country="Japan"),), known=True)]
        """
        text = text[:MAX_CHARS]
        found: list[WhereMention] = []
        for mention in self._mentions(text):
            if all(mention.end <= one.start or one.end <= mention.start for one in found):
                found.append(mention)
        found += self._listed(text, found)
        return self._joined(text, sorted(found, key=lambda mention: mention.start))

    def _listed(self, text: str, found: Sequence[WhereMention]) -> list[WhereMention]:
        """Places named after others: "in London or Paris" names both."""
        more: list[WhereMention] = []
        for span in _spans(text) if found else ():
            known = self._names.get(folded(span.text))
            free = all(span.end <= one.start or one.end <= span.start for one in (*found, *more))
            if known and known.sure and free and span.text[:1].isupper():
                ends = [one.end for one in (*found, *more) if one.end <= span.start]
                if ends and _LISTING.fullmatch(text[max(ends) : span.start]):
                    more.append(WhereMention(span.start, span.end, known.places, True))
        return more

    def latitude(self, places: Collection[Place]) -> float | None:
        """About where places lie, for the seasons there; None for none."""
        return next((gazetteer().latitude(place) for place in places), None)

    # Names ---------------------------------------------------------------------------------------

    def _add_own(self) -> None:
        book = gazetteer()
        by_name: dict[str, dict[Place, bool]] = {}

        def add(name: str, place: Place, sure: bool) -> None:
            if _CJK.search(name):
                self._foreign_scripts.setdefault(name, place)
            elif len(key := folded(name).removeprefix("the ")) > 1:
                known = by_name.setdefault(key, {})
                known[place] = known.get(place, False) or sure

        for city in self._cities.values():
            add(city.city, city, True)
            for name in book.names_of(city):
                if name[:1].isupper() or not name.isascii() or book.is_nickname(name):
                    add(name, city, book.is_nickname(name))
        for place in self.places:
            if place.region and place.region != place.city:
                add(place.region, Place(region=place.region, country=place.country), True)
        for name, (region, country) in words.NICKNAMES.items():
            if any(p.region == region and p.country == country for p in self.places):
                add(name, Place(region=region, country=country), True)
        for country in self._countries:
            for name in book.names_of(Place(country=country)):
                by_name.pop(folded(name).removeprefix("the "), None)
                add(name, Place(country=country), True)
        for key, ours in by_name.items():
            sure = [place for place, is_sure in ours.items() if is_sure]
            self._names[key] = _Name(tuple(sure or ours), bool(sure))
        for name, members in _world_regions().items():
            ours_there = tuple(Place(country=c) for c in members if c in self._countries)
            if ours_there:
                self._names.setdefault(name.removeprefix("the "), _Name(ours_there, True))
        for name, country in words.COUNTRY_NICKNAMES.items():
            if country in self._countries:
                self._names[name.removeprefix("the ")] = _Name((Place(country=country),), True)

    # Reading -------------------------------------------------------------------------------------

    def _mentions(self, text: str) -> Iterator[WhereMention]:
        """What the text names, the surest first; later ones may overlap earlier ones."""
        yield from self._in_folders(text)
        spans = list(_spans(text))
        whole = len(_WORD.findall(text)) <= 4
        for span in spans:
            if mention := self._own(text, span, whole):
                yield mention
        for name, place in self._foreign_scripts.items():
            for match in re.finditer(rf"在?{re.escape(name)}(?:的)?", text):
                yield WhereMention(*match.span(), (place,), True)
        yield from self._by_nationality(text)
        for span in spans:
            if mention := self._foreign(text, span):
                yield mention
        for span in spans:
            if mention := self._misspelt(text, span):
                yield mention

    def _own(self, text: str, span: _Word, whole: bool) -> WhereMention | None:
        key = folded(span.text).removeprefix("the ")
        known = self._names.get(key) or self._names.get(key.rstrip("."))
        if known is None:
            return None
        around = _Around(text, span)
        if around.product:
            return None
        capital = span.text[:1].isupper()
        short = len(key) <= 3 and key.isascii() and key not in ("nyc", "uk", "usa")
        if short and not (
            span.text.isupper() or _as_us(span, around) or (capital and around.strong)
        ):
            return None  # "us", "la", "rom"
        if key in ("us", "la", "oz") and not (span.text.isupper() or _as_us(span, around)):
            return None
        alone = whole and capital and (known.sure or span.text == _bare(text))
        if _ambiguous(key):
            listed = capital and around.second and len(text.split()) <= MOST_LISTED_WORDS
            believed = (around.strong and (capital or not around.thing)) or around.trip or listed
        elif known.sure:
            believed = bool(
                (key != "states" or around.the)
                and (len(key) > 2 or alone or around.the or around.strong or around.trip)
            )
        else:
            believed = (around.strong and (capital or around.abroad)) or alone
        return around.mention(known.places, True) if believed else None

    def _foreign(self, text: str, span: _Word) -> WhereMention | None:
        """A place that the library lacks, where the sentence makes it one."""
        key = folded(span.text)
        if len(key) <= 3 and not span.text.isupper():
            return None
        # Few words are places at all: what stands around a word is read only for those.
        place = self._foreign_place(key)
        if place is None or (place.country in self._countries and not (place.city or place.region)):
            return None
        around = _Around(text, span)
        capital = span.text[:1].isupper()
        if around.product or not (capital or (around.strong and not around.abroad)):
            return None
        alone = capital and _bare(text) == span.text
        if _ambiguous(key):
            believed = around.strong and capital and not around.thing
        elif place.city:
            large = gazetteer().population(place) >= LARGE_FOREIGN_CITY
            large = large and folded(place.city) == key
            believed = (capital and (around.strong or around.trip or around.towards or alone)) or (
                around.strong and large
            )
        else:
            named = around.trip or around.the or around.towards or around.second or alone
            believed = around.strong or (capital and named)
        return around.mention((place,), False) if believed else None

    def _foreign_place(self, key: str) -> Place | None:
        book = gazetteer()
        bare = key.removeprefix("the ")
        if place := book.country(key) or book.country(bare):
            return place
        if region := words.NICKNAMES.get(key):
            return Place(region=region[0], country=region[1])
        city = next(iter(book.cities(key) or book.cities(key.replace(".", ""))), None)
        state = book.region(key) if len(key) > 2 else None
        if state and (city is None or city.population < LARGE_FOREIGN_CITY):
            return state
        if city and (city.population >= SMALLEST_FOREIGN_CITY or book.is_nickname(key)):
            return city.place
        if members := _world_regions().get(key) or _world_regions().get(f"the {bare}"):
            return Place(country=members[0]) if members else None
        return None

    def _misspelt(self, text: str, span: _Word) -> WhereMention | None:
        key = folded(span.text)
        if len(key) < SHORTEST_MISSPELT or not key.isalpha() or key in self._names:
            return None
        around = _Around(text, span)
        plainly = around.strong and not around.abroad and not around.article
        if not (plainly or (span.text[:1].isupper() and around.trip)):
            return None
        if gazetteer().cities(key) or gazetteer().country(key) or key in words.NATIONALITIES:
            return None
        best: tuple[int, str] | None = None
        for name in self._spellings:
            if name[0] != key[0]:
                continue
            allowed = 1 if len(name) < 9 else 2
            distance = OSA.distance(key, name, score_cutoff=allowed)
            # One letter for another makes words ("parts", "Paris").
            other_letter = len(key) == len(name) < 7 and sorted(key) != sorted(name)
            if other_letter and not span.text[:1].isupper():
                continue
            if distance <= allowed and (best is None or distance < best[0]):
                best = distance, name
        return around.mention(self._names[best[1]].places, True) if best else None

    def _by_nationality(self, text: str) -> Iterator[WhereMention]:
        pattern = (
            r"(?:\b(?:from|of|on|in) )?(?:\b(?:the|our|my|that|your) )?"
            rf"\b({'|'.join(words.NATIONALITIES)}) (?={words.VISIT}\b)"
        )
        for match in re.finditer(pattern, text, re.IGNORECASE):
            country = country_names()[words.NATIONALITIES[match[1].casefold()]]
            start, end = match.start(1), match.end(1)
            if trip := _TRIP.match(text, end):
                start, end = match.start(), trip.end()
            yield WhereMention(start, end, (Place(country=country),), country in self._countries)

    def _in_folders(self, text: str) -> Iterator[WhereMention]:
        plain_text = text.casefold().replace("’", "'")
        for key, folder in self._folders.items():
            for match in re.finditer(rf"(?<!\w){re.escape(key)}(?!\w)", plain_text):
                start, end = match.span()
                named = re.match(r"['\"”]? (?:folder|album|directory)\b", plain_text[end:])
                before = re.search(
                    r"(?:folder|album|directory)(?: called| named)? ['\"“]?$", plain_text[:start]
                )
                if not named and not before and (" " not in key or key in self._names):
                    continue
                end += named.end() if named else 0
                lead = re.search(
                    r"(?:\b(?:from|in|of|at) )?(?:\bthe )?"
                    r"(?:folder |album )?(?:called |named )?['\"“]?$",
                    plain_text[:start],
                )
                begin = lead.start() if lead else start
                yield WhereMention(begin, end, (), True, (folder,))
            alias = key.split()[0]
            if " " in key and len(alias) >= _SHORTEST_ALIAS and alias not in photo_words():
                # "the pics from whatsapp" lie in "WhatsApp Images".
                called = rf"\b(?:from|off|via|through|in|on) (?:my |the )?{re.escape(alias)}(?!\w)"
                for match in re.finditer(called, plain_text):
                    if not plain_text[match.end() :].startswith(key[len(alias) :]):
                        yield WhereMention(*match.span(), (), True, (folder,))

    def _joined(self, text: str, mentions: list[WhereMention]) -> list[WhereMention]:
        """ "Rome, Italy" is one place, not two."""
        joined: list[WhereMention] = []
        for mention in mentions:
            last = joined[-1] if joined else None
            if (
                last
                and last.places
                and mention.places
                and last.places[0].city
                and not mention.places[0].city
                and re.fullmatch(r",? ?", text[last.end : mention.start])
            ):
                around = mention.places[0]
                inside = tuple(p for p in last.places if p.country == around.country)
                if not around.region and inside:
                    joined[-1] = WhereMention(last.start, mention.end, inside, last.known)
                    continue
                other = gazetteer().city(last.places[0].city, within=around)
                if other:
                    own = self._cities.get((other.city, other.country))
                    have = own is not None and any(
                        p.city == other.city
                        and p.country == other.country
                        and p.region in ("", other.region)
                        for p in self.places
                    )
                    joined[-1] = WhereMention(last.start, mention.end, (other,), have)
                    continue
            joined.append(mention)
        return joined


class _Around:
    """What stands before and behind a name."""

    def __init__(self, text: str, span: _Word) -> None:
        self._text, self._span = text, span
        before = _BEFORE.search(text[max(0, span.start - 60) : span.start])
        self._start = span.start
        prep = ""
        self.the = bool(re.search(r"\bthe $", text[: span.start], re.IGNORECASE))
        if before:
            prep = (before["prep"] or "").split(" ")[0].casefold()
            if before["prep"]:
                self._start = max(0, span.start - 60) + before.start()
        self.article = bool(re.search(r"\b(?:the|a|an|my|our|your) $", text[: span.start], re.I))
        self.abroad = prep in words.ABROAD_NEAR_NAME
        self.strong = prep in words.NEAR_NAME or self.abroad
        self.towards = prep == "to"
        end = re.match(r"\s*(?:[^\w\s]|$)", text[span.end :])
        self.second = bool(end and re.search(r"\w, $", text[: span.start]))
        self.trip = bool(_AFTER.match(text, span.end) or _TRIP_TO.search(text[: span.start]))
        self.product = bool(_PRODUCT_AFTER.match(text, span.end))
        self.thing = bool(_THING_AFTER.match(text, span.end))

    def mention(self, places: tuple[Place, ...], known: bool) -> WhereMention:
        end = self._span.end
        if trip := _TRIP.match(self._text, end):
            end = trip.end()
        return WhereMention(self._start, end, places, known)


def _bare(text: str) -> str:
    """A text without "and", "how about" before the one thing that it names."""
    return _LEADING.sub("", text.strip(" .?!,"))


_LEADING = re.compile(
    r"^(?:(?:and|so|ok(?:ay)?|now|then|or|maybe|how about|what about|hm+|oh|no|actually|try|"
    r"make it|show me|just|only)\b[\s,]+)+",
    re.IGNORECASE,
)
_LISTING = re.compile(r"\s*(?:,\s*)?(?:or|and|nor|/|&|,)\s*", re.IGNORECASE)
"""Between two places of a list."""


def _spans(text: str) -> Iterator[_Word]:
    """Runs of up to five words, the longest first, without signs between but blanks."""
    parts = [_Word(m.start(), m.end(), m[0]) for m in _WORD.finditer(text)]
    for length in range(LONGEST_NAME, 0, -1):
        for first in range(len(parts) - length + 1):
            run = parts[first : first + length]
            gaps = (text[a.end : b.start] for a, b in pairwise(run))
            if all(gap == " " for gap in gaps):
                start, end = run[0].start, run[-1].end
                name = text[start:end]
                if name.endswith((".", "'s", "’s")) and not re.fullmatch(r"(?:\w\.)+", name):
                    name = re.sub(r"(?:['’]s|\.)+$", "", name)
                    end = start + len(name)
                yield _Word(start, end, name)


def _as_us(span: _Word, around: _Around) -> bool:
    """ "in the us": behind an article it is no pronoun."""
    return folded(span.text) in ("us", "uk", "usa") and around.the and around.strong


def _ambiguous(key: str) -> bool:
    return key in words.FIRST_NAMES or gazetteer().is_ordinary_word(key)


def _folder_name(folder: str) -> str:
    """A folder's name without its date: "2019-08 Kyoto" -> "kyoto"."""
    name = re.sub(r"^[\d\s._-]+|[\s._-]+\d[\d\s._-]*$", "", folder).replace("_", " ").strip()
    return folded(name) if len(name) >= 4 else ""


@cache
def _world_regions() -> Mapping[str, tuple[str, ...]]:
    """Continents and regions, lower case, to the English names of their countries."""
    english = country_names()
    found = {
        name: tuple(english[code] for code in codes.split() if code in english)
        for name, codes in words.WORLD_REGIONS.items()
    }
    for code, names in words.CONTINENTS.items():
        found.update(dict.fromkeys(names, countries_of_continent(code)))
    return found
