"""Which photos a search may find: dates, places, folders, a camera, ids."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class DateRange:
    """Days from ``first`` to ``last``, both included; None leaves that end open."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        """Whether a day lies in the range."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Place:
    """A place by its names. A photo matches when every name that is given equals the photo's.

    Attributes:
        city: as people say it, "Denver".
        region: state or province, "Colorado".
        country: English short name, "Japan", "United States".
    """

    city: str = ""
    region: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        """Whether any name is given."""
        return bool(self.city or self.region or self.country)

    @property
    def name(self) -> str:
        """The narrowest one that is given: "Denver", else "Colorado", else "United States"."""
        return self.city or self.region or self.country

    def covers(self, other: "Place") -> bool:
        """Whether every name that is given equals the other's, in any case."""
        return all(
            not mine or mine.casefold() == theirs.casefold()
            for mine, theirs in (
                (self.city, other.city),
                (self.region, other.region),
                (self.country, other.country),
            )
        )


@dataclass(frozen=True)
class Filter:
    """Which photos a search may find. An empty field lets every photo through.

    Attributes:
        dates: any of these ranges; a photo whose day is not known does not match.
        not_dates: none of these ranges; a photo whose day is not known matches.
        places: any of these places; a photo whose place is not known does not match.
        not_places: none of these places; one whose place is not known matches.
        folders: in or below any of these folders.
        camera: part of the camera's name, in any case.
        favourite: only photos that the person marked as favourites.
        only: ids of photos; None means all.
        exclude: ids of photos that must not be found.
    """

    dates: tuple[DateRange, ...] = ()
    not_dates: tuple[DateRange, ...] = ()
    places: tuple[Place, ...] = ()
    not_places: tuple[Place, ...] = ()
    folders: tuple[Path, ...] = ()
    camera: str = ""
    favourite: bool = False
    only: frozenset[int] | None = None
    exclude: frozenset[int] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        """False when it lets everything through."""
        return self.narrows or bool(self.exclude) or self.only is not None

    @property
    def narrows(self) -> bool:
        """Whether a time, a place, a folder, a camera or favourites were named."""
        times, places = self.dates or self.not_dates, self.places or self.not_places
        named = times or places or self.folders or self.camera
        return bool(named) or self.favourite
