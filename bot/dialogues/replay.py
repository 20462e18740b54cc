"""Replay: what the bot would have suggested where a recorded dialogue shares a photo.

Photos are ranked where they can be had. Where a dialogue's photo cannot, the label texts of all
dialogues take the photos' place, and the outcome says so: the rank is then one among texts.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from langchain_core.runnables import Runnable
from numpy.typing import NDArray

from bot.conversation import Conversation
from bot.describe.query import to_query
from bot.descriptors import FIELDS, Description, Descriptors
from bot.dialogues.dialogue import Dialogue
from bot.dialogues.labels import Embed, LabelPool, LabelQuery, entry_id, label_query
from bot.dialogues.photo_names import PhotoNames
from bot.intent.share import wants_photo
from retrieval.errors import EmptyQuery, LibraryEmpty
from retrieval.search.ranking import best_places, rank_of

if TYPE_CHECKING:
    from retrieval.encoders.base import Encoder
    from retrieval.library import Photo
    from retrieval.search import Query, Searcher

HIT_AT = 10
"""A photo among the first ten counts as found, unless said otherwise."""


@dataclass(frozen=True)
class Candidate:
    """A photo, or a label text in its place.

    Attributes:
        rank: from 1.
        score: by which it was ranked; of photos the cosine with the query.
        text: the file's name, or the labels.
        photo: None for a label text.
        shared: whether it is the one that was really shared.
    """

    rank: int
    score: float
    text: str
    photo: "Photo | None" = None
    shared: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a dialogue.

    Attributes:
        description: what the bot looked for.
        against: what was ranked; "nothing" when there was nothing to rank or to look for.
        candidates: the first ``k``, best first.
        shared: the photo (or its labels) that was really shared; None when it is not known.
        pool: how many were ranked.
        k: the shared one is a hit among the first ``k``.
        note: why labels stand in for photos, or why there is no rank; "" when all is well.
        seconds: taken.
    """

    description: Description
    against: Literal["photos", "labels", "nothing"] = "nothing"
    candidates: tuple[Candidate, ...] = ()
    shared: Candidate | None = None
    pool: int = 0
    k: int = HIT_AT
    note: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def rank(self) -> int | None:
        """The shared photo's rank, from 1."""
        return self.shared.rank if self.shared else None

    @property
    def hit(self) -> bool:
        """Whether the shared photo is among the first ``k``."""
        return self.rank is not None and self.rank <= self.k

    def verdict(self) -> str:
        """One line: hit or miss, and the rank."""
        if self.rank is None:
            return f"No rank: {self.note}" if self.note else "No rank"
        kind = "hit" if self.hit else "miss"
        what = "photo" if self.against == "photos" else "photo's labels"
        among = "photos" if self.against == "photos" else "label texts"
        return (
            f"{kind.capitalize()}: the shared {what} came as number {self.rank:,} of "
            f"{self.pool:,} {among}"
        )


class PhotoGallery:
    """The photos of a library, to be ranked; knows which one a dialogue shared."""

    def __init__(self, searcher: "Searcher", names: PhotoNames, photos: "Sequence[Photo]") -> None:
        """Make one with :func:`open_gallery`."""
        self._searcher = searcher
        self._names = names
        self._photos = {photo.path: photo for photo in photos}
        self._by_id = {photo.id: photo for photo in photos}

    def photo_of(self, dialogue: Dialogue) -> "Photo | None":
        """The photo that a dialogue shared, if it is in the library."""
        path = self._names.find(dialogue)
        return None if path is None else self._photos.get(path)

    def rank(self, query: "Query", shared: "Photo | None", k: int) -> tuple[list[Candidate], int]:
        """The first ``k`` and the shared one, with their ranks; and how many there are.

        Raises:
            EmptyQuery: the query holds no text.
        """
        photo_ids, scores = self._searcher.scores([query])
        photos = [self._by_id.get(photo_id) for photo_id in photo_ids.tolist()]
        # A photo that was indexed after this gallery was opened is ranked, but not known here.
        names = [entry_id(one.path.as_posix()) if one else f"{n}" for n, one in enumerate(photos)]
        place = None
        if shared is not None:
            (places,) = np.nonzero(photo_ids == shared.id)
            place = int(places[0]) if len(places) else None
        shown = [
            Candidate(rank, float(scores[0, at]), photo.path.name, photo, at == place)
            for rank, at in _first_and_own(scores[0], np.asarray(names), place, k)
            if (photo := photos[at]) is not None
        ]
        return shown, len(photos)


def rank_labels(
    pool: LabelPool, query: LabelQuery, dialogue: Dialogue, k: int
) -> tuple[list[Candidate], int]:
    """The first ``k`` label texts and the dialogue's own, with their ranks; and how many there are.

    Raises:
        EmptyQuery: the query holds no text.
    """
    if not query:
        raise EmptyQuery("there is nothing to look for")
    scores, own = pool.scores([query])[0], pool.place_of(dialogue)
    shown = [
        Candidate(rank, float(scores[at]), pool.texts[at], shared=at == own)
        for rank, at in _first_and_own(scores, pool.ids, own, k)
    ]
    return shown, len(pool)


def _first_and_own(
    scores: NDArray[np.float32], ids: NDArray[np.str_], own: int | None, k: int
) -> list[tuple[int, int]]:
    """Ranks and places of the first ``k`` entries, and of the own one if it comes later."""
    first = best_places(scores, ids, k)
    found = list(enumerate(first, start=1))
    if own is not None and own not in first:
        found.append((rank_of(scores, ids, own), own))
    return found


class Replayer:
    """Asks the bot what it would suggest in recorded dialogues. Safe to use from threads.

    Args:
        describer: the bot's; see :func:`bot.describe.llm.describer_chain`.
        encoder: of the library, or any when there is none.
        dialogues: all of the file, whose labels make up the gallery of label texts.
        photos: the gallery; None when no photo can be had.
        embed: compares label texts (:func:`bot.dialogues.labels.sentence_embedder`).
    """

    def __init__(
        self,
        describer: Runnable[Conversation, Description],
        encoder: "Encoder",
        dialogues: Sequence[Dialogue],
        photos: PhotoGallery | None = None,
        embed: Embed | None = None,
    ) -> None:
        self._describer = describer
        self._encoder = encoder
        self._photos = photos
        self._labels = LabelPool(dialogues, embed)

    def photo_of(self, dialogue: Dialogue) -> "Photo | None":
        """The photo that was really shared, if it can be had."""
        return self._photos.photo_of(dialogue) if self._photos else None

    def outcome(self, dialogue: Dialogue, k: int = HIT_AT) -> Outcome:
        """What the bot suggests at the share turn, and where the shared photo is among it."""
        started = time.perf_counter()
        conversation = dialogue.conversation()
        if not conversation:
            nothing = Description(descriptors=Descriptors())
            return Outcome(nothing, k=k, note="nothing is said before the photo")
        description = self._describer.invoke(conversation)
        seconds = {"describe": time.perf_counter() - started}
        started = time.perf_counter()
        try:
            against, candidates, pool, note = self._ranked(dialogue, description, k)
        except EmptyQuery:
            return Outcome(description, k=k, note="the bot found nothing to look for")
        seconds["search"] = time.perf_counter() - started
        return Outcome(
            description=description,
            against=against,
            candidates=tuple(one for one in candidates if one.rank <= k),
            shared=next((one for one in candidates if one.shared), None),
            pool=pool,
            k=k,
            note=note,
            seconds=seconds,
        )

    def _ranked(
        self, dialogue: Dialogue, description: Description, k: int
    ) -> tuple[Literal["photos", "labels", "nothing"], list[Candidate], int, str]:
        shared = self.photo_of(dialogue)
        has_labels = dialogue.id in self._labels.gold
        if self._photos is not None and (shared is not None or not has_labels):
            query = to_query(description, self._encoder)
            note = ""
            if dialogue.share_index is None:
                note = "no photo is shared in this dialogue"
            elif shared is None:
                note = "the shared photo is not among the photos, and it has no labels"
            return "photos", *self._photos.rank(query, shared, k), note
        if has_labels:
            words = label_query(description, dialogue.conversation())
            why = "the shared photo is not here" if self._photos else "there are no photos here"
            note = f"{why}: its labels are ranked among label texts"
            return "labels", *rank_labels(self._labels, words, dialogue, k), note
        if description.descriptors.is_empty() and not description.context:
            raise EmptyQuery("there is nothing to look for")
        return "nothing", [], 0, "there are no photos here, and the dialogue has no labels"


def open_gallery(searcher: "Searcher") -> PhotoGallery:
    """The photos of a searcher's library. Raises LibraryEmpty when it holds none."""
    photos = searcher.library.photos_with("present")
    if not photos:
        raise LibraryEmpty("the library holds no photo yet")
    names = PhotoNames(sorted((photo.path for photo in photos), key=lambda p: (len(p.parts), p)))
    return PhotoGallery(searcher, names, photos)


def offers(dialogue: Dialogue) -> dict[int, float]:
    """The turns before the share after which the bot would offer a photo, and how sure it is.

    The bot is the one who shares; it speaks up after what anybody says.
    """
    conversation = dialogue.conversation()
    found = {}
    for index in range(len(conversation.turns)):
        so_far = Conversation(conversation.turns[: index + 1], conversation.owner)
        wanted, confidence = wants_photo(so_far)
        if wanted:
            found[index] = confidence
    return found


def described(description: Description) -> list[tuple[str, str]]:
    """The fields that say something, by their names in words."""
    fields = (
        (name.replace("_", " "), getattr(description.descriptors, name).strip()) for name in FIELDS
    )
    return [(name, text) for name, text in fields if text]
