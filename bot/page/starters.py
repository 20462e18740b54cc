"""Of the welcome: what the library holds, a strip of it, and openers made of what is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.assistant import Assistant
from bot.assistant.facts import count_words, known_places_words, years_words
from bot.page.gallery import card
from retrieval.library import Facts, Library
from retrieval.search import Query, SearchOptions
from retrieval.search.sureness import Sure

STRIP_PHOTOS = 8
OPENERS = 4


@dataclass(frozen=True)
class Opener:
    """A button on the welcome screen and what it sends."""

    label: str
    message: str


@dataclass(frozen=True)
class Welcome:
    """What the page says before anything was said.

    Attributes:
        text: Markdown: what there is, and the strip of thumbnails. The greeting stands above it.
        openers: the buttons below it.
    """

    text: str
    openers: tuple[Opener, ...]


SAMPLES = (
    Opener("My cat is being dramatic", "my cat is being dramatic again, you should see his face"),
    Opener("The dogs at the window", "show me the dogs at the window"),
    Opener("Up in the mountains", "we hiked up into the mountains, you should see the view"),
    Opener("A cup of coffee", "do you have a photo of a cup of coffee?"),
)
"""For the bundled sample photos."""

OWN_PHOTOS = (
    Opener("A day at the beach", "we had such a lovely day at the beach, you should see this"),
    Opener("My dog, of course", "you have to see what my dog did today"),
    Opener("That dinner", "the dinner we cooked looked amazing, here's a photo"),
    Opener("Up in the mountains", "we hiked up into the mountains, you should see the view"),
    Opener("The cat, asleep", "show me the cat asleep"),
    Opener("The birthday cake", "do you have a photo of the birthday cake?"),
    Opener("All that snow", "so much snow that winter, show me"),
    Opener("The city at night", "show me the city at night"),
)
"""For anybody's photos, where something like it is there."""

_ASKS = (
    "people on a beach",
    "a dog",
    "food on a plate",
    "mountains",
    "a cat sleeping",
    "a birthday cake",
    "people in the snow",
    "a city at night",
)
"""What each of these openers looks for, as a caption would say it."""


def make_welcome(assistant: Assistant, *, samples: bool) -> Welcome:
    """The welcome of a library; takes a search or two, so call it in a thread."""
    facts = assistant.galleries.facts()
    text = "\n\n".join((library_line(facts), strip(assistant.library)))
    return Welcome(text, SAMPLES if samples else own_openers(assistant, facts))


def library_line(facts: Facts) -> str:
    """How many photos, from when and where: "1,173 photos, 2017 to 2025, many from Denver"."""
    parts = [count_words(facts.count)]
    # The years or places of a few photos would stand for all.
    if facts.undated <= facts.count // 2 and (years := years_words(facts)):
        parts.append(years)
    located = sum(facts.places.values()) >= facts.count / 3
    if located and (places := known_places_words(facts)):
        parts.append(f"many from {places}")
    return f"**{', '.join(parts)}.**"


def strip(library: Library) -> str:
    """Some photos from all over the library, as Markdown pictures; other ones each day."""
    ids = library.searchable_ids().tolist()
    step = max(1, len(ids) // STRIP_PHOTOS)
    first = date.today().toordinal() % step
    known = library.photos(ids[first::step][:STRIP_PHOTOS])
    cards = [card(photo) for photo in known.values()]
    return " ".join(f"![{_plain(one['alt'])}]({one['thumb']})" for one in cards)


def own_openers(assistant: Assistant, facts: Facts) -> tuple[Opener, ...]:
    """Openers for what surely is in the library: things, a place, a year."""
    queries = [Query.of(text) for text in _ASKS]
    found = assistant.searcher.search_many(queries, SearchOptions(k=1))
    likely = sorted(
        (
            (result.probability, number)
            for number, result in enumerate(found)
            if result.sure is Sure.FITS
        ),
        reverse=True,
    )
    named = list(_of_facts(facts))
    things = [OWN_PHOTOS[number] for _, number in likely[: OPENERS - len(named)]]
    chosen: Sequence[Opener] = [*things, *named]
    return tuple(chosen) or OWN_PHOTOS[:OPENERS]


def _of_facts(facts: Facts) -> Sequence[Opener]:
    openers = []
    place = next((one for one in facts.places if one.city or one.country), None)
    if place is not None:
        name = place.city or place.country
        openers.append(Opener(f"That time in {name}", f"show me the photos from {name}"))
    if len(facts.years) > 1:
        year = max(facts.years, key=lambda one: facts.years[one])
        openers.append(Opener(f"Something from {year}", f"what do I have from {year}?"))
    return openers


def _plain(text: str) -> str:
    """Text that cannot end the description of a Markdown picture."""
    return "".join(letter for letter in text if letter not in "[]()\\!`*_<>")
