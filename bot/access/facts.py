"""Photos, filters and libraries as other programs get them: pydantic models, never a path.

Names of folders and cameras, and text in photos, come from files and may say anything, orders to an
LLM too: they are put on one line, cut, and always stand as values of their own.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from bot.assistant.facts import filter_words
from bot.assistant.reply import ShownPhoto
from retrieval.filters import Filter
from retrieval.filters import Place as PlaceName
from retrieval.library import Facts, Photo
from retrieval.text import clean_text

MAX_NAME_CHARS = 80
MAX_WRITTEN_CHARS = 200
MAX_LISTED = 100
"""Places, folders and cameras that are listed, the most frequent first."""


class Place(BaseModel):
    """Where a photo was taken, in English; a part that is not known is empty."""

    city: str = ""
    region: str = ""
    country: str = ""


class FoundPhoto(BaseModel):
    """A photo of an answer."""

    rank: int = Field(description="Its place, from 1.")
    id: int = Field(description="By which the photo itself is asked for.")
    score: float = Field(description="Likeness to the text; the order heeds more. 0 without one.")
    taken_at: str | None = Field(description="ISO 8601; a day alone where no time is known.")
    place: str = Field(description="Such as 'Lisbon, Portugal'; empty if not known.")
    similar: list[int] = Field(description="Near-duplicates that stand behind it.")
    written: str = Field(
        default="", description="The text in the photo that was asked for, as it was read there."
    )


class PhotoFacts(BaseModel):
    """What is known of one photo."""

    id: int
    taken_at: str | None
    place: Place | None
    camera: str | None
    width: int | None
    height: int | None


class Days(BaseModel):
    """Days from the first to the last, both included; null leaves an end open."""

    first: date | None
    last: date | None


class FilterFacts(BaseModel):
    """Which photos were looked at."""

    words: str = Field(description="For people, such as 'summer 2024 · Japan'.")
    dates: list[Days]
    places: list[Place]
    not_dates: list[Days] = Field(default=[], description="Days that it is not from.")
    not_places: list[Place] = Field(default=[], description="Places that it is not from.")
    folders: list[str]
    favourites: bool = Field(default=False, description="Only photos marked as favourites.")


class Counted(BaseModel):
    """A name and how many photos have it."""

    name: str
    photos: int


class CountedPlace(Place):
    """A place and how many photos are from there."""

    photos: int


class LibraryFacts(BaseModel):
    """What a library holds."""

    name: str
    photos: int
    first_day: date | None
    last_day: date | None
    undated: int = Field(description="Photos whose day is not known.")
    years: dict[int, int] = Field(description="Photos by year.")
    places: list[CountedPlace]
    folders: list[Counted] = Field(description="By the folder's own name, without its path.")
    cameras: list[Counted]


Sure = Literal["fits", "closest", "none"]


def found_photos(photos: tuple[ShownPhoto, ...]) -> list[FoundPhoto]:
    """Photos of an answer, best first."""
    return [
        FoundPhoto(
            rank=photo.rank,
            id=photo.photo_id,
            score=round(float(photo.score), 6),
            taken_at=photo.taken_at,
            place=photo.place,
            similar=list(photo.similar),
            written=one_line(photo.written, MAX_WRITTEN_CHARS),
        )
        for photo in photos
    ]


def photo_facts(photo: Photo) -> PhotoFacts:
    """What is known of one photo, but where exactly it was taken."""
    taken = photo.taken_at or (photo.taken_on.isoformat() if photo.taken_on else None)
    return PhotoFacts(
        id=photo.id,
        taken_at=taken,
        place=_place(photo.place) if photo.place else None,
        camera=plain_name(photo.camera) if photo.camera else None,
        width=photo.width,
        height=photo.height,
    )


def filter_facts(chosen: Filter) -> FilterFacts | None:
    """A filter; None where it lets every photo through."""
    if not chosen.narrows:
        return None
    return FilterFacts(
        words=filter_words(chosen),
        dates=[Days(first=one.first, last=one.last) for one in chosen.dates],
        places=[_place(one) for one in chosen.places],
        not_dates=[Days(first=one.first, last=one.last) for one in chosen.not_dates],
        not_places=[_place(one) for one in chosen.not_places],
        folders=[plain_name(folder.name) for folder in chosen.folders],
        favourites=chosen.favourite,
    )


def library_facts(name: str, known: Facts) -> LibraryFacts:
    """What a library holds."""
    places = list(known.places.items())[:MAX_LISTED]
    folders = list(known.folders.items())[:MAX_LISTED]
    cameras = list(known.cameras.items())[:MAX_LISTED]
    return LibraryFacts(
        name=plain_name(name),
        photos=known.count,
        first_day=known.first,
        last_day=known.last,
        undated=known.undated,
        years=dict(known.years),
        places=[CountedPlace(**_place(one).model_dump(), photos=count) for one, count in places],
        folders=[Counted(name=plain_name(one.name), photos=count) for one, count in folders],
        cameras=[Counted(name=plain_name(one), photos=count) for one, count in cameras],
    )


def plain_name(name: str) -> str:
    """A name out of a file, on one line and of bounded length."""
    return one_line(name, MAX_NAME_CHARS)


def one_line(text: str, limit: int) -> str:
    """A text that says anything, on one line of at most so many characters."""
    text = " ".join(clean_text(text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _place(place: PlaceName) -> Place:
    return Place(city=place.city, region=place.region, country=place.country)
