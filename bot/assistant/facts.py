"""Dates, places and counts in words: of photos, of filters, of the library.

Every function takes the language (ISO 639-1) that the words are to be in.
"""

import calendar
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from bot.assistant.sentences import DEFAULT_LANGUAGE, vocabulary
from bot.intent.feasts import feast_named
from retrieval.library import Facts
from retrieval.search import DateRange, Filter, Place

SEPARATOR = " · "
MAX_NAMED = 3
_SEASONS = {(3, 5): "spring", (6, 8): "summer", (9, 11): "autumn"}


def day_words(taken: str | None, language: str = DEFAULT_LANGUAGE) -> str:
    """``2012-09-17T10:00:00`` gives "17 September 2012"; "" where there is no date."""
    try:
        day = date.fromisoformat((taken or "")[:10])
    except ValueError:
        return ""
    return _day(day, language)


def place_words(place: Place | None) -> str:
    """ "Lisbon, Portugal"; "" where nothing is known."""
    if place is None:
        return ""
    return ", ".join(part for part in (place.city or place.region, place.country) if part)


def range_words(dates: DateRange) -> str:
    """A range as a person would name it: "2020", "July 2022", "summer 2024", "since 2020"."""
    first, last = dates.first, dates.last
    if first is None and last is None:
        return ""
    if first is None:
        assert last is not None
        year_end = (last.month, last.day) == (12, 31)
        return f"until {last.year}" if year_end else f"until {_day(last)}"
    if last is None:
        year_start = (first.month, first.day) == (1, 1)
        return f"since {first.year}" if year_start else f"since {_day(first)}"
    if first == last:
        return _day(first)
    feast = feast_named(first, last)
    if feast:
        return f"{feast} {(first + (last - first) / 2).year}"
    whole_months = first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]
    if whole_months:
        if (first.month, last.month) == (1, 12):
            same = first.year == last.year
            return f"{first.year}" if same else f"{first.year} to {last.year}"
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%B %Y}"
        if first.year == last.year and (first.month, last.month) in _SEASONS:
            return f"{_SEASONS[first.month, last.month]} {first.year}"
        if last.year == first.year + 1 and (first.month, last.month) == (12, 2):
            return f"winter {first.year}/{last.year % 100:02}"
        if first.year == last.year:
            return f"{first:%B} to {last:%B %Y}"
        return f"{first:%B %Y} to {last:%B %Y}"
    return f"{_day(first)} to {_day(last)}"


MOST_PLACES = 4
"""Places of a filter that are named; a continent may be dozens of countries."""


def filter_words(chosen: Filter) -> str:
    """A filter as it is shown above the photos: "summer 2024 · Japan"."""
    times = times_words(chosen.dates)
    places = list(dict.fromkeys(one.name for one in chosen.places))
    if len(places) > MOST_PLACES:
        places = [*places[: MOST_PLACES - 1], f"{len(places) - MOST_PLACES + 1} more"]
    others = [f"not {one.name}" for one in chosen.not_places]
    # Of every year there is no need to say which: "not winters".
    unwanted = [re.sub(r" of \d{4} to \d{4}$", "", one) for one in times_words(chosen.not_dates)]
    others = [*(f"not {words}" for words in unwanted), *others]
    parts = [listed(times, "or"), listed(places, "or"), listed(list(dict.fromkeys(others)), "and")]
    parts += [folder.name for folder in chosen.folders]
    parts += [chosen.camera, "favourites" if chosen.favourite else ""]
    return SEPARATOR.join(part for part in parts if part)


def times_words(dates: Sequence[DateRange]) -> list[str]:
    """Ranges by name; the same time of many years as one: "Decembers of 2018 to 2023"."""
    named = [words for words in map(range_words, dates) if words]
    recurring = [_RECURRING.fullmatch(words) for words in named]
    units = {match["unit"] for match in recurring if match}
    if len(named) <= MAX_NAMED or len(units) != 1 or not all(recurring):
        return named
    unit = units.pop()
    plural = f"{unit}es" if unit.endswith("s") else f"{unit}s"
    years = sorted(match["year"] for match in recurring if match)
    return [f"{plural} of {years[0]} to {years[-1]}"]


_RECURRING = re.compile(r"(?P<unit>\D+) (?P<year>\d{4})(?:/\d\d)?")


def span_words(days: Sequence[str], language: str = DEFAULT_LANGUAGE) -> str:
    """The years that dates span: "2018", "2017 to 2025"; "" where there are none."""
    years = sorted({day[:4] for day in days if day})
    if not years:
        return ""
    joined = f" {vocabulary(language).to} "
    return years[0] if years[0] == years[-1] else f"{years[0]}{joined}{years[-1]}"


def places_words(names: Sequence[str], language: str = DEFAULT_LANGUAGE) -> str:
    """The places that occur most: "Denver, Munich and 3 more places"; "" where there are none."""
    counted = [name for name, _ in Counter(name for name in names if name).most_common()]
    if len(counted) > MAX_NAMED:
        more = len(counted) - (MAX_NAMED - 1)
        words = vocabulary(language)
        named = ", ".join(counted[: MAX_NAMED - 1])
        return f"{named} {words.conjunction} {more} {words.more_places}"
    return listed(counted, vocabulary(language).conjunction)


def years_words(library: Facts, language: str = DEFAULT_LANGUAGE) -> str:
    """The years of the library's photos: "2017 to 2025"; "" where no photo has a date."""
    return span_words([str(library.first or ""), str(library.last or "")], language)


def known_places_words(library: Facts) -> str:
    """The places most photos of the library are from; "" where no place is known."""
    counted: Counter[str] = Counter()
    for place, count in library.places.items():
        counted[place.name] += count
    names = [name for name, _ in counted.most_common(MAX_NAMED)]
    return listed(names, "and")


def count_words(count: int, language: str = DEFAULT_LANGUAGE) -> str:
    """ "1 photo", "1,173 photos"."""
    words = vocabulary(language)
    return words.one_photo if count == 1 else words.photos.format(n=f"{count:,}")


def listed(words: Sequence[str], conjunction: str) -> str:
    """Words as a list: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _day(day: date, language: str = DEFAULT_LANGUAGE) -> str:
    if language == DEFAULT_LANGUAGE:
        return f"{day.day} {day:%B %Y}"
    from babel.dates import format_date

    return format_date(day, "long", locale=language)
