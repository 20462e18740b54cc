"""The photos of an answer: search, how sure it is, and what is known of each photo."""

import random
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.assistant.facts import place_words
from bot.assistant.reply import ShownPhoto
from bot.assistant.reply import Sure as SureWord
from bot.assistant.session import Topic, unpacked
from bot.describe.query import as_caption, means_a_known_one, request_query, to_query
from bot.descriptors import FIELDS, Description
from retrieval.errors import EmptyQuery
from retrieval.search import (
    Filter,
    Judged,
    Query,
    QueryText,
    SearchOptions,
    SearchResult,
)
from retrieval.search.sureness import Sure

if TYPE_CHECKING:
    from bot.intent.where import KnownPlaces
    from bot.suggest import Suggester
    from retrieval.library import Facts, Photo
    from retrieval.search import Searcher

_PHOTO_NOUN = re.compile(r"\s+(?:photos?|pictures?|pics?|shots?|images?|snaps?)$", re.I)
MAX_CLOSEST = 3
"""Photos that are shown when none surely fits."""
THE_PICTURE, THE_PHOTO = "picture", "this photo"
"""What a picture is called beside the words: one that was shown, and one of the library."""
ANYTHING = "a photo"
"""Looked for where only what must not be seen was said."""
NOT_JUDGED = Judged()
_READ_AT_ONCE = 500


@dataclass(frozen=True)
class Gallery:
    """Photos, best first.

    Attributes:
        photos: what is shown.
        sure: whether the best one is what was meant.
        searched: how many photos were compared.
        looked_for: what was searched for, by name.
        mix: how much a picture and words counted, by name; empty without a picture.
        mix_key: of the topic that was weighed so.
        query: that was searched for; None where only a filter chose.
    """

    photos: tuple[ShownPhoto, ...] = ()
    sure: SureWord = "none"
    searched: int = 0
    looked_for: Mapping[str, str] = field(default_factory=dict)
    mix: Mapping[str, float] = field(default_factory=dict)
    mix_key: str = ""
    query: Query | None = None


class GalleryMaker:
    """Makes galleries over one library. Safe to use from several threads."""

    def __init__(self, suggester: "Suggester", searcher: "Searcher") -> None:
        self.suggester = suggester
        self.searcher = searcher
        self.library = searcher.library
        self._guard = threading.Lock()
        self._known: tuple[int, KnownPlaces, Facts] | None = None

    # -- the library as it is now ----------------------------------------------------------

    def places(self) -> "KnownPlaces":
        """The places and folders of the library, read anew when it has changed."""
        return self._current()[1]

    def facts(self) -> "Facts":
        """Counts, years and places of the library, read anew when it has changed."""
        return self._current()[2]

    def _current(self) -> "tuple[int, KnownPlaces, Facts]":
        from bot.intent.where import KnownPlaces

        with self._guard:
            change = self.library.change
            if self._known is None or self._known[0] != change:
                known = self.library.facts()
                names = {folder.name for folder in known.folders}
                self._known = (change, KnownPlaces(known.places, names, known.cameras), known)
            return self._known

    def folders(self, names: Sequence[str]) -> tuple[Path, ...]:
        """The library's folders of these names."""
        wanted = set(names)
        return tuple(folder for folder in self.facts().folders if folder.name in wanted)

    # -- photos ----------------------------------------------------------------------------

    def shown(self, photo_ids: Sequence[int]) -> tuple[ShownPhoto, ...]:
        """What is known of photos, in their order; those gone or hidden are left out."""
        known = {
            photo.id: photo
            for photo in self.library.photos(list(photo_ids)).values()
            if photo.status == "present" and not photo.hidden and photo.path.is_file()
        }
        present = [known[one] for one in photo_ids if one in known]
        return tuple(_shown(rank, photo, 0.0, ()) for rank, photo in enumerate(present, start=1))

    def of_words(
        self,
        words: str,
        exclude: Sequence[str],
        k: int,
        chosen: Filter,
        *,
        expected: bool = False,
        judged: Judged = NOT_JUDGED,
    ) -> Gallery:
        """Photos for the person's own words.

        Args:
            words: what the photo shows.
            exclude: what it must not show.
            k: how many photos at most.
            chosen: which photos may be shown.
            expected: the person has such a photo, so that the closest is shown when none is sure.
            judged: photos that were liked and turned down before.
        """
        looked_for = {"your words": words}
        without = ", ".join(exclude)
        if without:
            looked_for["without"] = without
        words = _PHOTO_NOUN.sub("", words) or words
        options = SearchOptions(k=k, cutoff=True, collapse=True, filter=chosen, judged=judged)
        query, result = self._surest(words, exclude, options)
        if result.sure is not Sure.FITS and " or " in words:
            # "a sunset or a sunrise": either will do.
            for side in words.split(" or "):
                other = self._surest(side.strip(" ,"), exclude, options) if side.strip() else None
                if other and other[1].probability > result.probability:
                    query, result = other
        if result.sure is Sure.NONE and result.searched and chosen.narrows:
            # Of few photos the best one says little: what the whole library has is shown from here.
            anywhere = replace(options, k=1, filter=Filter(exclude=chosen.exclude))
            if self.searcher.search(query, anywhere).sure is Sure.FITS:
                closest = replace(options, k=min(k, MAX_CLOSEST), cutoff=False)
                result = replace(self.searcher.search(query, closest), sure=Sure.CLOSEST)
        if expected and result.sure is Sure.NONE and result.searched:
            closest = replace(options, k=min(k, MAX_CLOSEST), cutoff=False)
            result = replace(self.searcher.search(query, closest), sure=Sure.CLOSEST)
        return self._made(query, result, options, looked_for)

    def _surest(
        self, words: str, exclude: Sequence[str], options: SearchOptions
    ) -> tuple[Query, SearchResult]:
        """The answer to the words, or to how a caption would say them, whichever is surer."""
        query = request_query(words, exclude=exclude)
        result = self.searcher.search(query, options)
        caption = as_caption(words)
        if result.sure is Sure.FITS or not caption:
            return query, result
        other = replace(request_query(caption, exclude=exclude), names=words)
        found = self.searcher.search(other, options)
        if found.sure is not Sure.FITS and means_a_known_one(words):
            # "the zebra": any animal a little like one is not the one that is meant.
            return query, result
        return (other, found) if found.probability > result.probability else (query, result)

    def of_anything(self, exclude: Sequence[str], k: int, chosen: Filter) -> Gallery:
        """Photos of whatever, but not of this."""
        query = request_query(ANYTHING, exclude=exclude)
        options = SearchOptions(k=k, collapse=True, filter=chosen)
        result = replace(self.searcher.search(query, options), sure=Sure.FITS)
        return self._made(query, result, options, {"without": ", ".join(exclude)})

    def of_description(
        self,
        description: Description,
        k: int,
        chosen: Filter,
        words: str = "",
        judged: Judged = NOT_JUDGED,
    ) -> Gallery:
        """Photos for what a describer made of the talk."""
        fields = description.descriptors
        looked_for = {name: getattr(fields, name) for name in FIELDS if getattr(fields, name)}
        if words:
            looked_for = {"your words": words, **looked_for}
        try:
            query = to_query(description, self.searcher.encoder)
        except EmptyQuery:
            return Gallery(looked_for=looked_for)
        options = SearchOptions(k=k, cutoff=True, collapse=True, filter=chosen, judged=judged)
        return self._made(query, self.searcher.search(query, options), options, looked_for)

    def _picture(self, topic: Topic) -> tuple[NDArray[np.float32], str]:
        """The topic's picture and the fingerprint of the encoder that saw it.

        One of the library is looked up again where the library has another encoder by now.
        """
        self.searcher.follow()
        if topic.picture_of is not None and topic.picture_by:
            with self.library.snapshot():
                made_by = self.library.fingerprint or ""
                if made_by != topic.picture_by:
                    return self.library.vectors([topic.picture_of])[0], made_by
        return unpacked(topic.picture), topic.picture_by

    def of_picture(self, topic: Topic, k: int, chosen: Filter) -> Gallery:
        """Photos that are like a picture, and like the topic's words where it has some."""
        words = topic.words
        weight = topic.picture_weight if words else 1.0
        vector, made_by = self._picture(topic)
        options = SearchOptions(k=k, collapse=True, filter=chosen, judged=topic.judged)
        query = Query.alike(
            [vector],
            [QueryText(words)] if words else [],
            share=weight,
            exclude=[QueryText(one) for one in topic.exclude],
            made_by=made_by,
        )
        without = ", ".join(topic.exclude)
        looked_for = {"like": "a picture", "your words": words, "without": without}
        looked_for = {name: text for name, text in looked_for.items() if text}
        gallery = self._made(query, self.searcher.search(query, options), options, looked_for)
        name = THE_PICTURE if topic.picture_of is None else THE_PHOTO
        mix = {name: weight, words: round(1 - weight, 2)} if words else {}
        if not words and topic.picture_of is not None:
            mix = {name: 1.0}
        return replace(gallery, mix=mix, mix_key=topic.key if words else "")

    def of_filter(self, k: int, chosen: Filter) -> Gallery:
        """Photos of a time or place, when nothing else was said: spread over it, newest first."""
        ids = self.library.ids_in_order_of_time(chosen)
        spread = ids[:: max(1, len(ids) // k)][-k:][::-1]
        photos = self._in_this_order(spread)
        return Gallery(photos, "fits" if photos else "none", len(ids))

    def at_random(self, k: int, chosen: Filter) -> Gallery:
        """Any photos, for a person who does not care which."""
        ids = self.library.ids_matching(chosen)
        photos = self._in_this_order(ids[random.sample(range(len(ids)), min(k, len(ids)))])
        return Gallery(photos, "fits" if photos else "none", len(ids))

    def by_date(
        self, gallery: Gallery | None, k: int, chosen: Filter, *, newest: bool
    ) -> tuple[ShownPhoto, ...]:
        """Photos in the order of time: those of a gallery, else all that a filter lets through."""
        if gallery is None:
            found = self._of_outermost_days(k, chosen, newest=newest)
        else:
            found = [photo for photo in gallery.photos if photo.taken_at]
        found.sort(key=lambda photo: (photo.taken_at or "", photo.photo_id), reverse=newest)
        return tuple(replace(photo, rank=rank) for rank, photo in enumerate(found[:k], 1))

    def _of_outermost_days(self, k: int, chosen: Filter, *, newest: bool) -> list[ShownPhoto]:
        """All photos of so many of the first or last days that there are ``k`` of them."""
        ids = self.library.ids_in_order_of_time(chosen)[:: -1 if newest else 1]
        found: list[ShownPhoto] = []
        day = ""
        for start in range(0, len(ids), _READ_AT_ONCE):
            for photo in self._in_this_order(ids[start : start + _READ_AT_ONCE]):
                if photo.taken_at is None:
                    continue
                if len(found) >= k and photo.taken_at[:10] != day:
                    return found
                day = photo.taken_at[:10]
                found.append(photo)
        return found

    def _in_this_order(self, ids: NDArray[np.int64]) -> tuple[ShownPhoto, ...]:
        known = self.library.photos(ids.tolist())
        present = [known[one] for one in ids.tolist() if one in known]
        return tuple(_shown(rank, photo, 0.0, ()) for rank, photo in enumerate(present, 1))

    def alike(self, text: str, others: Sequence[str]) -> list[float]:
        """Cosines of a text's vector with those of others."""
        vectors = self.searcher.encoder.encode_texts([text, *others])
        return [float(score) for score in vectors[1:] @ vectors[0]]

    def _made(
        self,
        query: Query,
        result: SearchResult,
        options: SearchOptions,
        looked_for: Mapping[str, str],
    ) -> Gallery:
        sure = result.sure
        if sure is not Sure.NONE and not result.hits:
            # What is there scores too low for the cut-off of everyday photos.
            closest = replace(options, k=min(options.k, MAX_CLOSEST), cutoff=False)
            result = self.searcher.search(query, closest)
            sure = Sure.CLOSEST
        hits = result.hits if sure is not Sure.NONE else ()
        known = self.library.photos([hit.photo_id for hit in hits])
        photos = tuple(
            _shown(hit.rank, known[hit.photo_id], hit.score, hit.similar, hit.written)
            for hit in hits
            if hit.photo_id in known
        )
        said: SureWord = sure.value if photos else "none"
        return Gallery(photos, said, result.searched, looked_for, query=query)


def _shown(
    rank: int, photo: "Photo", score: float, similar: tuple[int, ...], written: str = ""
) -> ShownPhoto:
    return ShownPhoto(
        rank=rank,
        photo_id=photo.id,
        path=photo.path,
        score=score,
        taken_at=photo.taken_at or (photo.taken_on.isoformat() if photo.taken_on else None),
        place=place_words(photo.place),
        similar=similar,
        written=written,
    )
