"""What the assistant answers: plain data that every front end can show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.assistant.clarify import Question
from bot.llm.reply import ReplyRequest
from retrieval.search.filters import DateRange, Filter, Place

Sure = Literal["fits", "closest", "none"]
"""How sure the assistant is that the first photo is what was meant."""


@dataclass(frozen=True)
class ShownPhoto:
    """A photo of an answer.

    Attributes:
        rank: its place, from 1.
        photo_id: in the library.
        path: of its file.
        score: by which it was ranked; 0 where only a filter chose.
        taken_at: when it was taken, ISO 8601, a date alone where no time is known; None if unknown.
        place: where it was taken, for people ("Lisbon, Portugal"); "" if unknown.
        similar: ids of near-duplicates that stand behind it.
        written: the text in it that was asked for, as it was read there; "" for none.
    """

    rank: int
    photo_id: int
    path: Path
    score: float
    taken_at: str | None = None
    place: str = ""
    similar: tuple[int, ...] = ()
    written: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal talk``."""
        return {
            "rank": self.rank,
            "path": str(self.path),
            "score": round(float(self.score), 6),
            "taken_at": self.taken_at,
            "place": self.place,
            **({"written": self.written} if self.written else {}),
        }


@dataclass(frozen=True)
class SharedPhoto:
    """A photo that was shared.

    Attributes:
        photo_id: in the library.
        path: of the original, which is never touched.
        copy: of the copy without hidden data.
    """

    photo_id: int
    path: Path
    copy: Path


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        text: the assistant's own words; empty where an LLM writes them (``request``).
        photos: best first.
        shared: what was shared by this message.
        saved: where the copies lie, in a sentence; for front ends on the person's own machine.
        move: what the message was taken for (:class:`bot.intent.plan.Move`).
        sure: None where no photo was wanted.
        filter: which photos were looked at.
        filter_words: the filter for people ("summer 2024 · Japan"); "" where there is none.
        looked_for: the text that was searched for, or the descriptors' texts.
        mix: how much a picture and words counted beside each other, by name, adding up to 1;
            empty where no picture was asked about.
        mix_key: by which :meth:`bot.assistant.Assistant.weigh` knows what was weighed so; "" where
            there is nothing to weigh.
        searched: how many photos were compared.
        seconds: time by step.
        notice: one line when something went otherwise than asked.
        hint: the photo was not asked for; it is shown small.
        question: what would tell the photos apart, with answers; it need not be answered.
        offers_look: something was told that photos could be looked for.
        request: what an LLM is to write the words for; None where ``text`` is all.
    """

    text: str
    photos: tuple[ShownPhoto, ...] = ()
    shared: tuple[SharedPhoto, ...] = ()
    saved: str = ""
    move: str = "small_talk"
    sure: Sure | None = None
    filter: Filter = field(default_factory=Filter)
    filter_words: str = ""
    looked_for: Mapping[str, str] = field(default_factory=dict)
    mix: Mapping[str, float] = field(default_factory=dict)
    mix_key: str = ""
    searched: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    notice: str | None = None
    hint: bool = False
    question: Question | None = None
    offers_look: bool = False
    request: ReplyRequest | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON of ``photopal talk``."""
        return {
            "text": self.text,
            "photos": [photo.as_dict() for photo in self.photos],
            "shared": [str(photo.path) for photo in self.shared],
            "move": self.move,
            "sure": self.sure,
            "filter": filter_as_dict(self.filter, self.filter_words),
            "notice": self.notice,
        }


def filter_as_dict(chosen: Filter, words: str) -> dict[str, Any] | None:
    """A filter for JSON; None where it lets everything through."""
    if not chosen.narrows:
        return None
    return {
        "words": words,
        "dates": [_days(one) for one in chosen.dates],
        "not_dates": [_days(one) for one in chosen.not_dates],
        "places": [_names(one) for one in chosen.places],
        "not_places": [_names(one) for one in chosen.not_places],
        "folders": [str(folder) for folder in chosen.folders],
        "camera": chosen.camera or None,
        "favourites": chosen.favourite,
    }


def _days(one: DateRange) -> dict[str, str | None]:
    return {
        "from": one.first.isoformat() if one.first else None,
        "to": one.last.isoformat() if one.last else None,
    }


def _names(one: Place) -> dict[str, str]:
    return {"city": one.city, "region": one.region, "country": one.country}
