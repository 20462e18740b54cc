"""The state of one conversation: what was said, looked for, shown, refused and shared.

It is plain data, so that it can be stored as JSON and read back (``Session.model_dump_json``,
``Session.model_validate_json``).
"""

import base64
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from bot.assistant.clarify import Question
from bot.conversation import Conversation, Turn
from retrieval.search.filters import DateRange, Filter, Judged, Place
from retrieval.search.query import PICTURE_SHARE

OWNER = "user"
BOT = "Photopal"
MAX_TURNS = 40
MAX_TOPICS = 30
MAX_JUDGED = 20
"""Photos liked, and photos turned down, that count for one topic: the newest."""
MAX_REMEMBERED = 5_000
"""Ids of photos that were shown or refused, over the whole conversation."""


Vote = Literal["up", "down"]


class Topic(BaseModel):
    """One thing that was looked for, and what came of it.

    Attributes:
        content: what the photo shows, in the person's own words; empty when only a time or a
            place was named.
        details: what was said about it since ("only where he runs"), oldest first.
        exclude: what the photo must not show.
        when: dates that the photo may have; empty means any.
        every_year: where no year was said, the same days of each year.
        where: places that it may be from; empty means any.
        not_when: dates that the photo must not have.
        not_where: places that it must not be from.
        folders: folders that it may lie in; empty means any.
        camera: part of the name of the camera that it was taken with; empty means any.
        favourite: only photos that the person marked as favourites.
        picture: what the photo is to be like, as :func:`packed` makes it of a vector; "" for none.
        picture_by: fingerprint of the encoder that made that vector; "" where it is not known.
        picture_of: the photo of the library that it is of; None for a picture from elsewhere.
        picture_weight: how much the picture counts beside the words, 0 to 1, until the person
            weighs them anew.
        any_photo: whether any photo will do, whatever it shows.
        counted: whether it was counted, not looked for: "how many from Rome?".
        galleries: ids of the photos of each answer, in their order.
        similar: ids of near-duplicates that stood behind those photos, and of what was shown for
            the topic that this one narrows.
        liked: ids of photos that were shared, liked or made favourites: the next are like them.
        disliked: ids of photos that were turned down: the next are unlike them.
        looked_for: what the newest search went by, by name.
        talk_from: index of the first turn that belongs to it, counted over the conversation.
    """

    model_config = ConfigDict(validate_assignment=True)

    content: str = ""
    details: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    when: tuple[DateRange, ...] = ()
    every_year: tuple[DateRange, ...] = ()
    where: tuple[Place, ...] = ()
    not_when: tuple[DateRange, ...] = ()
    not_where: tuple[Place, ...] = ()
    folders: tuple[Path, ...] = ()
    camera: str = ""
    favourite: bool = False
    picture: str = ""
    picture_by: str = ""
    picture_of: int | None = None
    picture_weight: float = PICTURE_SHARE
    any_photo: bool = False
    counted: bool = False
    galleries: list[list[int]] = Field(default_factory=list)
    similar: list[int] = Field(default_factory=list)
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()
    looked_for: dict[str, str] = Field(default_factory=dict)
    talk_from: int | None = None

    @property
    def words(self) -> str:
        """The content and its details as one text, as it is searched for and shown."""
        return ", ".join(part for part in (self.content, *self.details) if part)

    @property
    def key(self) -> str:
        """Tells it from other topics with a picture; short enough for a button."""
        return hashlib.sha256(f"{self.picture} {self.words}".encode()).hexdigest()[:12]

    @property
    def shown(self) -> frozenset[int]:
        """Every photo that was offered for this topic, and those that look just like them."""
        return frozenset(photo for gallery in self.galleries for photo in gallery) | frozenset(
            self.similar
        )

    def judge(self, photo_id: int, liked: bool | None) -> None:
        """A photo was liked, or turned down; None takes back what was said of it."""
        others = tuple(one for one in self.liked if one != photo_id)
        against = tuple(one for one in self.disliked if one != photo_id)
        self.liked = (*others, photo_id)[-MAX_JUDGED:] if liked is True else others
        self.disliked = (*against, photo_id)[-MAX_JUDGED:] if liked is False else against

    @property
    def is_filtered(self) -> bool:
        """Whether a time, a place, a folder, a camera or favourites were named."""
        time, place = self.when or self.not_when, self.where or self.not_where
        return bool(time or place or self.folders or self.camera) or self.favourite

    @property
    def judged(self) -> Judged:
        """What the person said of the photos that were shown for it."""
        return Judged(self.liked, self.disliked)

    def filter(self, exclude: frozenset[int] = frozenset()) -> Filter:
        """The photos that may be shown for it."""
        return Filter(
            dates=self.when,
            places=self.where,
            not_dates=self.not_when,
            not_places=self.not_where,
            folders=self.folders,
            camera=self.camera,
            favourite=self.favourite,
            exclude=exclude,
        )


class Session(BaseModel):
    """One conversation, from its first message on.

    Attributes:
        turns: the newest messages of both sides, oldest first.
        forgotten: how many turns came before these.
        settled: index, counted over the whole conversation, of the first turn that was said after
            photos were last shown: what came before has had its answer.
        topics: what was looked for, oldest first; the last one is the current one.
        gallery: ids of the photos that the newest gallery shows, in their order.
        refused: ids of photos that the person turned down; never offered again unless asked for.
        offered: ids of photos that were shown at all.
        shared: ids of the photos that were shared, oldest first.
        spoken_of: id of the one in the gallery that was last looked at or shared; None where none
            was.
        came_up_empty: whether the newest search found nothing, so that older photos still stand.
        votes: thumbs, by the id of the photo.
        question: what was asked beside the newest photos; None where nothing was.
        said: how often each kind of sentence was used, so that none is repeated.
        language: of the person's newest message, as an ISO 639-1 code.
        now: the day that counts as today; None means the real one.
    """

    model_config = ConfigDict(validate_assignment=True)

    turns: list[Turn] = Field(default_factory=list)
    forgotten: int = 0
    settled: int = 0
    topics: list[Topic] = Field(default_factory=list)
    gallery: list[int] = Field(default_factory=list)
    refused: set[int] = Field(default_factory=set)
    offered: set[int] = Field(default_factory=set)
    shared: list[int] = Field(default_factory=list)
    spoken_of: int | None = None
    came_up_empty: bool = False
    votes: dict[int, Vote] = Field(default_factory=dict)
    question: Question | None = None
    said: dict[str, int] = Field(default_factory=dict)
    language: str = "en"
    now: date | None = None

    # -- what was said ---------------------------------------------------------------------

    def user_says(self, text: str) -> None:
        """Add a message of the person's."""
        self._add(Turn(OWNER, text))

    def bot_says(self, text: str) -> None:
        """Add a reply that an LLM wrote; our own sentences are no part of the conversation."""
        if text.strip():
            self._add(Turn(BOT, text.strip()))

    def user_shares(self, photo_id: int) -> None:
        """The person shared a photo."""
        self.shared.append(photo_id)
        self.spoken_of = photo_id
        self._add(Turn(OWNER, "", shares_photo=True))
        self.settle()

    def settle(self) -> None:
        """Photos were shown for what was said so far."""
        self.settled = self.forgotten + len(self.turns)

    def conversation(self) -> Conversation:
        """All that is remembered."""
        return Conversation(tuple(self.turns), owner=OWNER)

    def open_conversation(self) -> Conversation:
        """What was said since photos were last shown; all of it when nothing was."""
        start = max(0, self.settled - self.forgotten)
        return Conversation(tuple(self.turns[start:]) or tuple(self.turns), owner=OWNER)

    # -- what was shown --------------------------------------------------------------------

    @property
    def topic(self) -> Topic | None:
        """What was last looked for."""
        return self.topics[-1] if self.topics else None

    def take_up(self, topic: Topic) -> None:
        """Make this the current topic; one that was current before moves to the end."""
        others = [one for one in self.topics if one is not topic]
        self.topics = [*others[-MAX_TOPICS + 1 :], topic]

    def show(self, photo_ids: list[int], similar: list[int]) -> None:
        """Photos were offered for the current topic; where there are none, the last ones stay."""
        assert self.topic is not None
        self.came_up_empty = not photo_ids
        if photo_ids:
            self.lay_out(photo_ids)
            self.topic.galleries.append(photo_ids)
            self.topic.similar = (self.topic.similar + similar)[-MAX_REMEMBERED:]
            if len(self.offered) < MAX_REMEMBERED:
                self.offered.update(photo_ids)
            self.settle()

    def lay_out(self, photo_ids: list[int]) -> None:
        """These are on the table now: "it" and "the second" mean them."""
        self.gallery = photo_ids
        self.spoken_of = None
        self.came_up_empty = False

    def start_over(self) -> None:
        """Nothing that was looked for, shown or turned down counts any longer."""
        self.topics, self.refused, self.question = [], set(), None
        self.lay_out([])
        self.settle()

    def topic_of(self, photo_id: int) -> Topic | None:
        """The newest topic that a photo was shown for; None where it was shown for none."""
        return next((one for one in reversed(self.topics) if photo_id in one.shown), None)

    def judge(self, photo_id: int, liked: bool | None) -> Topic | None:
        """The person liked a photo, or turned it down; None takes that back.

        Returns:
            The topic that it was shown for, whose next photos are chosen by it.
        """
        self.refused.discard(photo_id)
        if liked is False:
            self.refuse([photo_id])
        topic = self.topic_of(photo_id)
        if topic is not None:
            topic.judge(photo_id, liked)
        return topic

    def vote(self, photo_id: int, vote: Vote | None) -> Topic | None:
        """A thumb up or down; None takes it back. Returns as :meth:`judge`."""
        self.votes.pop(photo_id, None)
        if vote is not None and len(self.votes) < MAX_REMEMBERED:
            self.votes[photo_id] = vote
        liked = True if photo_id in self.shared else None
        return self.judge(photo_id, liked if vote is None else vote == "up")

    def forget_judgement(self, photo_id: int) -> None:
        """Nothing that was said of a photo counts any more."""
        self.votes.pop(photo_id, None)
        self.refused.discard(photo_id)
        for topic in self.topics:
            topic.judge(photo_id, None)

    def refuse(self, photo_ids: list[int]) -> None:
        """The person turned these down."""
        if len(self.refused) < MAX_REMEMBERED:
            self.refused.update(photo_ids)

    def _add(self, turn: Turn) -> None:
        self.turns.append(turn)
        excess = len(self.turns) - MAX_TURNS
        if excess > 0:
            self.turns = self.turns[excess:]
            self.forgotten += excess


def packed(vector: NDArray[np.float32]) -> str:
    """A unit vector as short text: half the precision of a float, in base64."""
    return base64.b64encode(np.asarray(vector, "<f2").tobytes()).decode("ascii")


def unpacked(text: str) -> NDArray[np.float32]:
    """The unit vector that :func:`packed` made text of."""
    vector = np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def nth_of(gallery: list[int], number: int) -> int | None:
    """The photo at place ``number`` (1 = first, -1 = last) of a gallery, if there is one."""
    if number == 0 or abs(number) > len(gallery):
        return None
    return gallery[number - 1] if number > 0 else gallery[number]


def chosen_of(gallery: list[int], numbers: Iterable[int]) -> tuple[list[int], int | None]:
    """The photos at these places, each once, and the first place that there is none at."""
    found: list[int] = []
    for number in numbers:
        one = nth_of(gallery, number)
        if one is None:
            return found, number
        if one not in found:
            found.append(one)
    return found, None


def shown_path(path: Path) -> str:
    """A path for people: below the home folder with ``~``, always valid text."""
    with suppress(ValueError, RuntimeError):
        path = "~" / path.relative_to(Path.home())
    return str(path).encode("utf-8", "replace").decode("utf-8")
