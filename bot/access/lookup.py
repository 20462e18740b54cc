"""Looking photos up by a program's question: a text, when, where, and what not."""

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bot.assistant import Assistant, ShownPhoto
from bot.assistant.facts import filter_words
from bot.assistant.gallery import Gallery
from bot.assistant.pictures import topic_alike
from bot.assistant.reply import Sure
from bot.describe.query import request_query
from bot.errors import QuestionUnclear
from bot.intent.asking import content_of
from bot.intent.plan import Move, Plan
from bot.intent.when import find_when
from retrieval.errors import EmptyQuery
from retrieval.filters import DateRange, Filter, Place
from retrieval.search import SearchOptions, SearchResult
from retrieval.text import clean_text

MAX_TEXT_CHARS = 1_000
MAX_WORDS_CHARS = 200
"""Of when, where and what not."""

_INTERVAL = re.compile(r"(\d{4}-\d{2}-\d{2})?\s*(?:/|\.\.)\s*(\d{4}-\d{2}-\d{2})?")


@dataclass(frozen=True)
class Question:
    """What a program asks for. At least one of text, time, place, favourites, like must be given.

    Attributes:
        text: what the photo shows, in plain words.
        when: a time in words ("summer 2024", "last week"), a day, or days as "FIRST/LAST".
        where: a place in words ("Lisbon", "Japan"), or the name of one of the library's folders.
        without: what the photo must not show.
        favourites: only photos that the person marked as favourites.
        like: id of a photo of the library that the photos are to be like; None for none.
        k: how many photos at most.
        fitting: leave out what does not fit, as a chat does, which may be everything.
    """

    text: str = ""
    when: str = ""
    where: str = ""
    without: str = ""
    favourites: bool = False
    like: int | None = None
    k: int = 10
    fitting: bool = False

    def __post_init__(self) -> None:
        limits = {"text": MAX_TEXT_CHARS, "when": MAX_WORDS_CHARS}
        for name in ("text", "when", "where", "without"):
            limit = limits.get(name, MAX_WORDS_CHARS)
            words = " ".join(clean_text(getattr(self, name), 4 * limit).split())
            object.__setattr__(self, name, words[:limit])


@dataclass(frozen=True)
class Answer:
    """The photos for a question.

    Attributes:
        photos: best first.
        sure: whether what was meant is among them; ``closest`` and ``none`` say that it may not be.
        searched: how many photos were compared.
        filter: the time and place, as they were understood.
        notice: one line when something went otherwise than asked; else None.
    """

    photos: tuple[ShownPhoto, ...]
    sure: Sure
    searched: int
    filter: Filter
    notice: str | None = None


def look_up(assistant: Assistant, question: Question, *, today: date) -> Answer:
    """The photos that answer a question.

    Raises:
        EmptyQuery: it names nothing to look for.
        PhotoNotFound: the photo that others are to be like is gone or hidden.
        QuestionUnclear: its time is none.
        RetrievalError: the library cannot be searched.
    """
    places, folders = _places(assistant, question.where)
    dates = _dates(assistant, question.when, places, today)
    chosen = Filter(dates=dates, places=places, folders=folders, favourite=question.favourites)
    if question.where and not places and not folders:
        said = f"no photo of this library is known to be from {question.where!r}"
        return Answer((), "none", 0, chosen, said)
    words = (content_of(question.text) or question.text).strip()
    if not words and not chosen and question.like is None:
        raise EmptyQuery("there is nothing to look for: give a text, a time or a place")
    if not words and question.without and question.like is None:
        raise QuestionUnclear("'not' needs a text beside it that says what to look for")
    gallery = _gallery(assistant, question, words, chosen)
    photos = tuple(photo for photo in gallery.photos if photo.path.is_file())
    notice = None
    if not photos and chosen and not len(assistant.library.ids_matching(chosen)):
        notice = _none_of(chosen)
    sure = gallery.sure if photos else "none"
    return Answer(photos, sure, gallery.searched, chosen, notice)


def _none_of(chosen: Filter) -> str:
    """That a filter lets no photo through."""
    if not (chosen.dates or chosen.places or chosen.folders):
        return "no photo of this library is marked as a favourite"
    marked = " and marked as a favourite" if chosen.favourite else ""
    named = filter_words(replace(chosen, favourite=False))
    return f"no photo of this library is from {named}{marked}"


def _gallery(assistant: Assistant, question: Question, words: str, chosen: Filter) -> Gallery:
    galleries = assistant.galleries
    if question.like is not None:
        plan = Plan(Move.REQUEST, words, exclude=question.without)
        topic = topic_alike(assistant.library, [question.like], plan)
        itself = replace(chosen, exclude=frozenset([question.like]))
        return galleries.of_picture(topic, question.k, itself)
    if not words:
        return galleries.of_filter(question.k, chosen)
    if question.fitting:
        without = (question.without,) if question.without else ()
        return galleries.of_words(words, without, question.k, chosen)
    query = request_query(words, exclude=(question.without,))
    result = assistant.searcher.search(query, SearchOptions(question.k, filter=chosen))
    return gallery_of(assistant, result)


def gallery_of(assistant: Assistant, result: SearchResult) -> Gallery:
    """The photos of a search with what is known of them; those that are gone are left out."""
    shown = assistant.galleries.shown([hit.photo_id for hit in result.hits])
    known = {one.photo_id: one for one in shown}
    photos = tuple(
        replace(
            known[hit.photo_id],
            rank=hit.rank,
            score=hit.score,
            similar=hit.similar,
            written=hit.written,
        )
        for hit in result.hits
        if hit.photo_id in known
    )
    return Gallery(photos, result.sure.value, result.searched)


def _places(assistant: Assistant, words: str) -> tuple[tuple[Place, ...], tuple[Path, ...]]:
    if not words:
        return (), ()
    mentions = assistant.galleries.places().find(words)
    places = tuple(place for one in mentions if one.known for place in one.places)
    names = {name for one in mentions for name in one.folders}
    known = {folder.name for folder in assistant.galleries.facts().folders}
    names |= {name for name in known if name.casefold() == words.casefold()}
    return places, assistant.galleries.folders(tuple(names))


def _dates(
    assistant: Assistant, words: str, places: tuple[Place, ...], today: date
) -> tuple[DateRange, ...]:
    """The days that a time means. Raises QuestionUnclear."""
    if not words:
        return ()
    interval = _INTERVAL.fullmatch(words)
    if interval is not None and any(interval.groups()):
        return (_interval(interval),)
    latitude = assistant.galleries.places().latitude(places)
    # "Christmas" alone is no time to the reader of messages, "at Christmas" is.
    for said in (words, f"at {words}", f"in {words}"):
        mentions = find_when(said, now=today, latitude=latitude)
        problem = next((one.problem for one in mentions if one.problem), None)
        if problem:
            raise QuestionUnclear(f"when: {problem}")
        if mentions:
            return tuple(days for one in mentions for days in one.ranges)
    raise QuestionUnclear(
        f"when: {words!r} names no time that has been; say 2019, June 2021, last summer, "
        "2020-01-31 or 2019-01-01/2019-12-31"
    )


def _interval(match: re.Match[str]) -> DateRange:
    try:
        first, last = (date.fromisoformat(day) if day else None for day in match.groups())
    except ValueError:
        raise QuestionUnclear(f"when: {match[0]} holds a day that is none") from None
    if first and last and first > last:
        raise QuestionUnclear(f"when: {match[0]} ends before it begins")
    return DateRange(first, last)
