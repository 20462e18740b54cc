"""The plan: what one message of a talk asks for, in a form that a search can carry out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from retrieval.search.filters import DateRange, Place


Extreme = Literal["", "oldest", "newest"]
"""An end of time that photos are wanted from."""

SURE = 0.97
"""Probability of a move that a rule recognised."""

Aspect = Literal[
    "",
    "who",
    "when",
    "where",
    "which",
    "says",
    "change",
    "look",
    "oldest",
    "newest",
    "old_first",
    "new_first",
    "restart",
    "unshare",
]
"""What is asked of a photo that is shown: "says" is the text in it, "change" a wish to change or
delete it, "look" to see it by itself, "oldest" which of them that is; "old_first" a wish to see
them in the order of time; "restart" to forget all that was looked for, "unshare" to take back what
was handed over."""

Unit = Literal["", "day", "week", "month", "year"]
"""By how much other photos are to be older or newer."""

Same = Literal["", "day", "week", "month", "year", "place", "trip"]
"""What further photos are to have in common with one that is shown."""

Dropped = Literal["", "when", "where", "both"]
"""What no longer counts of what was looked for: the time, the place."""

Like = Literal["", "one", "all"]
"""Whether photos like one of those shown are wanted, or like all of them."""


class Move(StrEnum):
    """What a message does in its talk.

    Attributes:
        REQUEST: asks for photos, in whatever words.
        ANNOUNCE: is about to show one: "here's what the waves were like".
        MORE: wants further photos of the same.
        ANOTHER: wants one other photo of the same.
        REJECT: says that what was shown is not what was meant.
        ORDINAL: picks one of those shown by its place.
        SHARE: wants one of those shown handed over.
        REFINE: narrows or extends what was looked for: "in Japan", "only the ones with a ball".
        OLDER, NEWER: the same from before, or after, those shown.
        INSTEAD: drops what was looked for and names something else.
        BACK: returns to something looked for earlier.
        EXCLUDE: the same without something.
        CORRECT: puts right what was said or understood: "no, I meant the red one".
        QUESTION: asks for a fact about the library: how many, since when, where.
        HELP: asks what the bot is, can do, or how it works.
        SMALL_TALK: everything that wants an answer in words alone.
        THANKS, GOODBYE: end a request, or the talk.
    """

    REQUEST = "request"
    ANNOUNCE = "announce"
    MORE = "more"
    ANOTHER = "another"
    REJECT = "reject"
    ORDINAL = "ordinal"
    SHARE = "share"
    REFINE = "refine"
    OLDER = "older"
    NEWER = "newer"
    INSTEAD = "instead"
    BACK = "back"
    EXCLUDE = "exclude"
    CORRECT = "correct"
    QUESTION = "question"
    HELP = "help"
    SMALL_TALK = "small_talk"
    THANKS = "thanks"
    GOODBYE = "goodbye"

    @property
    def wants_photo(self) -> bool:
        """Whether photos are to be looked for, shown or handed over."""
        return self not in WORDS_ONLY


WORDS_ONLY = frozenset({Move.QUESTION, Move.HELP, Move.SMALL_TALK, Move.THANKS, Move.GOODBYE})
"""Moves that are answered in words: no photo is pushed at them."""


@dataclass(frozen=True)
class Plan:
    """One message, understood.

    Attributes:
        move: what it does in the talk.
        content: what the photo shows, in the person's own words; words of asking, when and where
            are taken out. Nouns of another language are put into English.
        when: periods that the photo must lie in, any of them.
        where: places that it must lie in, any of them.
        not_when: periods that it must not lie in.
        not_where: places that it must not lie in.
        folders: names of the library's folders that the message names, any of them.
        camera: part of the name of the camera that the photo was taken with.
        exclude: what it must not show, or which one it is not; several with a comma between.
        number: which of the photos shown is meant: 1 is the first, -1 the last.
        numbers: all of them when several are named: "share 1 and 3". Of REJECT, those that are not
            wanted: "all but the last". Of BACK, ``(1,)`` means the first thing looked for in this
            talk.
        every_year: the same period of each year, where no year was said: "in June".
        extreme: the oldest or newest of them are wanted, in the order of time.
        several: more than one of these.
        aspect: what is asked of a photo that is shown (``numbers``, where its place was said).
        same: photos of the same day or place as one that is shown.
        unit: of OLDER and NEWER, that they are to be so much older or newer: "a day later".
        unclear: it is not said which of several photos is to be handed over.
        to_share: what is found is to be handed over, once it is said which.
        then: what a second request in the same message is for; this plan is of the first.
        like: photos like one of those shown (``numbers``, where its place was said), or like all.
        favourite: only photos that the person marked as favourites.
        any_photo: any photo will do, whatever it shows: "surprise me", "everything you have".
        unseen: only photos that were not shown yet are wanted: "back to Rome, some I haven't seen".
        there: it must be from the place that was spoken of: "did I take any dogs there?".
        wider: whatever the time or the place was: "anywhere", "drop the date".
        forget: words of what was looked for that no longer count: "forget the snow".
        sure: probability of the move, 0 to 1.
        language: of the message, as its two-letter code.
        problem: one sentence for the person when a date or place makes no sense.
    """

    move: Move
    content: str = ""
    when: tuple[DateRange, ...] = ()
    where: tuple[Place, ...] = ()
    not_when: tuple[DateRange, ...] = ()
    not_where: tuple[Place, ...] = ()
    folders: tuple[str, ...] = ()
    camera: str = ""
    exclude: str = ""
    number: int | None = None
    numbers: tuple[int, ...] = ()
    every_year: tuple[DateRange, ...] = ()
    extreme: Extreme = ""
    several: bool = False
    aspect: Aspect = ""
    same: Same = ""
    unit: Unit = ""
    unclear: bool = False
    to_share: bool = False
    then: str = ""
    like: Like = ""
    favourite: bool = False
    any_photo: bool = False
    unseen: bool = False
    there: bool = False
    wider: Dropped = ""
    forget: str = ""
    sure: float = 1.0
    language: str = "en"
    problem: str = ""

    @property
    def exclusions(self) -> tuple[str, ...]:
        """What it must not show, one by one."""
        return tuple(part for part in self.exclude.split(", ") if part)


@dataclass(frozen=True)
class TalkState:
    """What understanding may know of the talk so far.

    Attributes:
        shown: photos in the last gallery.
        topic: content last looked for.
        asked: whether a photo was looked for in this talk.
        language: of the message before, as its two-letter code.
    """

    shown: int = 0
    topic: str = ""
    asked: bool = False
    language: str = "en"
