"""A question that tells photos apart, where many fit alike: where, in which year, at what season.

Each candidate has a probability of being what is meant, by its score: a softmax over the best ones
whose sharpness was fitted. A question is worth what its answer would add to the chance that what
is meant is among the photos that are shown:

    gain = sum over groups g of top_k(p in g)  +  (p of what is shown now and in no group)
           - top_k(p)

It is asked only when that chance is low and the gain is large. What is known of a photo decides its
group; photos of which it is not known are in none.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from retrieval.search.filters import DateRange, Filter, Judged, Place, SearchOptions

if TYPE_CHECKING:
    from retrieval.library import Photo
    from retrieval.search import Query, Searcher

Facet = Literal["place", "year", "season"]

CANDIDATES = 60
"""Photos that fit, near-duplicates as one, among which what is meant is taken to be."""

SHARPNESS = 1.5
"""Of the softmax, for a deviation of score. Fitted on Flickr8k dev (``python -m
training.relevance``), as what stands beside it."""

FLAT = 0.5
"""Chance that what is meant is shown below which a question may be asked: shown photos are then
more likely all wrong than not. Of 44 requests over an album of a thousand photos 17 are so ..."""

LEAST_GAIN = 0.15
"""... if its answer adds so much to that chance."""

MAX_ANSWERS = 4
LEAST_SHARE = 0.08
"""Of all probability, that a group must have to be offered."""

SEASONS = ("Winter", "Spring", "Summer", "Autumn")


class Answer(BaseModel):
    """One answer that can be tapped.

    Attributes:
        label: what it says.
        when: dates that it narrows the photos to.
        where: places that it narrows them to.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    when: tuple[DateRange, ...] = ()
    where: tuple[Place, ...] = ()


class Question(BaseModel):
    """A question and its answers, the likeliest first.

    Attributes:
        facet: what it asks for.
        answers: two to four.
        text: the question itself, for people.
        id: tells it from other questions.
    """

    model_config = ConfigDict(frozen=True)

    facet: Facet
    answers: tuple[Answer, ...]
    text: str = ""
    id: str = Field(default_factory=lambda: uuid4().hex[:12])


def question_for(
    searcher: "Searcher", query: "Query", chosen: Filter, shown: int, judged: Judged
) -> Question | None:
    """The question worth asking about a query's photos; None for most.

    Args:
        searcher: over the library.
        query: what is looked for.
        chosen: which photos may be shown; what it says already is not asked.
        shown: how many photos are shown.
        judged: photos that were liked and turned down before.
    """
    options = SearchOptions(k=CANDIDATES, cutoff=True, collapse=True, filter=chosen, judged=judged)
    result = searcher.search(query, options)
    if len(result.hits) <= shown or not result.deviation:
        return None
    scores = np.array([hit.score for hit in result.hits]) / result.deviation
    chances = np.exp(SHARPNESS * (scores - scores.max()))
    chances /= chances.sum()
    known = searcher.library.photos([hit.photo_id for hit in result.hits])
    photos = [known.get(hit.photo_id) for hit in result.hits]
    return best_question(photos, chances, shown, chosen)


def best_question(
    photos: "Sequence[Photo | None]", chances: NDArray[np.float64], shown: int, chosen: Filter
) -> Question | None:
    """The question that adds most.

    Args:
        photos: the candidates in their order [n]; None for one that is gone.
        chances: of each to be what is meant, adding up to 1 [n].
        shown: how many are shown.
        chosen: what was said of time and place.
    """
    now = float(chances[:shown].sum())
    if now >= FLAT:
        return None
    best: Question | None = None
    most = LEAST_GAIN
    for facet, answer_of in _facets(chosen):
        answers = [None if photo is None else answer_of(photo) for photo in photos]
        offered = _offered(answers, chances)
        if len(offered) < 2:
            continue
        gain = _chance_after(answers, offered, chances, shown) - now
        # Of two that tell as much, the one that is easier to answer stands first.
        if gain > most + 1e-9:
            best, most = Question(facet=facet, answers=tuple(offered)), gain
    return best


def _offered(answers: Sequence[Answer | None], chances: NDArray[np.float64]) -> list[Answer]:
    """The likeliest answers, but for those that hardly matter."""
    weights: dict[Answer, float] = {}
    for answer, chance in zip(answers, chances.tolist(), strict=True):
        if answer is not None:
            weights[answer] = weights.get(answer, 0.0) + chance
    ordered = sorted(weights, key=lambda one: -weights[one])
    return [one for one in ordered[:MAX_ANSWERS] if weights[one] >= LEAST_SHARE]


def _chance_after(
    answers: Sequence[Answer | None],
    offered: Sequence[Answer],
    chances: NDArray[np.float64],
    shown: int,
) -> float:
    """The chance that what is meant is shown once the question is answered, where it can be."""
    total = 0.0
    for group in (*offered, None):
        of_group = [
            chance if answer == group or (group is None and answer not in offered) else 0.0
            for answer, chance in zip(answers, chances.tolist(), strict=True)
        ]
        # Who cannot answer sees the photos as they are.
        counted = of_group[:shown] if group is None else sorted(of_group)[::-1][:shown]
        total += sum(counted)
    return total


def _facets(chosen: Filter) -> "list[tuple[Facet, Callable[[Photo], Answer | None]]]":
    """What may be asked: nothing that was said."""
    facets: list[tuple[Facet, Callable[[Photo], Answer | None]]] = []
    if not chosen.places:
        facets += [("place", _country), ("place", _city)]
    elif not any(place.city for place in chosen.places):
        facets.append(("place", _city))
    if not chosen.dates:
        facets += [("year", _year), ("season", _season)]
    return facets


def _country(photo: "Photo") -> Answer | None:
    country = photo.place.country if photo.place else ""
    return Answer(label=country, where=(Place(country=country),)) if country else None


def _city(photo: "Photo") -> Answer | None:
    place = photo.place
    if place is None or not place.city:
        return None
    return Answer(label=place.city, where=(Place(city=place.city, country=place.country),))


def _year(photo: "Photo") -> Answer | None:
    if photo.taken_on is None:
        return None
    year = photo.taken_on.year
    return Answer(label=str(year), when=(DateRange(date(year, 1, 1), date(year, 12, 31)),))


def _season(photo: "Photo") -> Answer | None:
    """A season of any year; its dates are filled in by :func:`dates_of_season`."""
    if photo.taken_on is None:
        return None
    return Answer(label=SEASONS[photo.taken_on.month % 12 // 3])


def dates_of_season(season: str, first: date, last: date) -> tuple[DateRange, ...]:
    """A season in each year from ``first`` to ``last``, as the north has it."""
    number = SEASONS.index(season)
    ranges = []
    for year in range(first.year - 1, last.year + 1):
        begin = date(year, 12, 1) if number == 0 else date(year, 3 * number, 1)
        after = date(year + 1, 3, 1) if number == 0 else date(year, 3 * number + 3, 1)
        one = DateRange(begin, after - timedelta(days=1))
        if begin <= last and after > first:
            ranges.append(one)
    return tuple(ranges)


def narrowing(answer: Answer, first: date | None, last: date | None) -> Answer:
    """The answer with its dates: those of a season are in every year of the library.

    Args:
        answer: that was given.
        first, last: the earliest and the latest day that is known.
    """
    if answer.label not in SEASONS or first is None or last is None:
        return answer
    return answer.model_copy(update={"when": dates_of_season(answer.label, first, last)})
