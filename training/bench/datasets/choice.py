"""Which caption of a photo is the query, and which ones the gallery knows."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field, model_validator

from training.bench.base import BenchPhoto, BenchQuery, Missing
from training.bench.datasets.photo_finder import TWICE, PhotoFinder
from training.bench.datasets.rows import Row
from training.bench.datasets.spec import Spec
from training.bench.datasets.words import agreed_words, sharing

BLANK = "blank caption"
NO_CAPTION = "no caption"


class CaptionChoice(Spec):
    """What is asked of captioned photos."""

    query: Literal["first", "last", "random", "each", "photo"] = Field(
        "first", description="The caption that is the query, or the photo itself."
    )
    held_out: bool = Field(
        True, description="A caption that is a query is none of the photo's own captions."
    )
    relevance: Literal["own", "shared_words"] = Field(
        "own", description="Right is the caption's photo, or any whose captions share words."
    )
    least_shared: int = Field(
        3, ge=1, description="Words that captions must share, each said by two people."
    )
    seed: int = Field(0, description="Of the query 'random'.")
    limit: int | None = Field(None, ge=1, description="Only the first photos.")

    @model_validator(mode="after")
    def _photo_needs_others(self) -> "CaptionChoice":
        if self.query == "photo" and self.relevance == "own":
            raise ValueError("query: photo needs relevance: shared_words; its own is not ranked")
        return self


@dataclass(frozen=True)
class Captioned:
    """A photo with every caption that it has; none is blank."""

    photo: BenchPhoto
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """The parts of a data set of captioned photos; see :class:`training.bench.base.BenchDataset`.

    Attributes:
        unasked: photos that are no query since no other photo is right for them.
    """

    photos: tuple[BenchPhoto, ...]
    queries: tuple[BenchQuery, ...]
    relevant: Mapping[str, Mapping[str, int]]
    unasked: int = 0


def captioned_photos(
    rows: Sequence[Row], finder: PhotoFinder, limit: int | None = None
) -> tuple[list[Captioned], list[Missing]]:
    """The photos of a table, each once with all its captions, and what was odd about them.

    Args:
        rows: in the order of the table.
        finder: of the photos; counts those that are not there.
        limit: only so many photos, the first ones.
    """
    found: dict[str, list[str]] = {}
    photos: dict[str, BenchPhoto] = {}
    odd: list[Missing] = []
    names: set[str] = set()
    for row in rows:
        if limit is not None and len(found) == limit and row.photo not in names:
            continue
        names.add(row.photo)
        photo = finder.find(row.photo)
        # A table has a row for each caption; where rows hold lists, a photo has one.
        if photo.id in found and len(row.texts) > 1:
            odd.append(Missing(row.photo, f"{TWICE}: {row.where}"))
        kept = found.setdefault(photo.id, [])
        photos[photo.id] = photo
        for text in row.texts:
            if not text:
                odd.append(Missing(row.photo, f"{BLANK}: {row.where}"))
            elif text in kept:
                odd.append(Missing(row.photo, f"the same caption twice: {row.where}"))
            else:
                kept.append(text)
    odd += [Missing(identifier, NO_CAPTION) for identifier, texts in found.items() if not texts]
    return [Captioned(photos[one], tuple(texts)) for one, texts in found.items()], odd


def ask(captioned: Sequence[Captioned], choice: CaptionChoice, finder: PhotoFinder) -> Asked:
    """Queries, gallery and relevance of captioned photos.

    A query whose photo is missing stays: its photo is right and in no gallery, so it is a miss. A
    photo without a caption is ranked like the others.
    """
    chosen = [_queried(one, choice) for one in captioned]
    gallery = [
        replace(one.photo, captions=_own_captions(one, texts, choice))
        for one, texts in zip(captioned, chosen, strict=True)
    ]
    alike = _alike(captioned, choice)
    queries: list[BenchQuery] = []
    relevant: dict[str, dict[str, int]] = {}
    unasked = 0
    for place, (one, texts) in enumerate(zip(captioned, chosen, strict=True)):
        others = {captioned[other].photo.id: 1 for other in alike[place]}
        if choice.query == "photo":
            if not others:
                unasked += 1
                continue
            # A photo that is missing shows nothing: a query without anything is a miss.
            shown = gallery[place] if finder.is_there(one.photo) else None
            query = BenchQuery(one.photo.id, photo=shown, excluded=frozenset({one.photo.id}))
            queries.append(query)
            relevant[query.id] = others
            continue
        grade = 2 if choice.relevance == "shared_words" else 1
        for number, text in enumerate(texts):
            name = f"{one.photo.id}#{number}" if choice.query == "each" else one.photo.id
            queries.append(BenchQuery(name, text))
            relevant[name] = {**others, one.photo.id: grade}
    photos = tuple(one for one in gallery if finder.is_there(one))
    return Asked(photos, tuple(queries), relevant, unasked)


def _queried(one: Captioned, choice: CaptionChoice) -> tuple[str, ...]:
    """The captions that are queries."""
    captions = one.captions
    if not captions or choice.query == "photo":
        return ()
    if choice.query == "each":
        return captions
    if choice.query == "random":
        # By photo, so that another photo more or less changes no other query.
        return (random.Random(f"{choice.seed} {one.photo.id}").choice(captions),)
    return (captions[0] if choice.query == "first" else captions[-1],)


def _own_captions(one: Captioned, queried: Sequence[str], choice: CaptionChoice) -> tuple[str, ...]:
    if not choice.held_out:
        return one.captions
    # Two people may write the same, but for a capital: that would give the photo away.
    held = {_bare(text) for text in queried}
    return tuple(text for text in one.captions if _bare(text) not in held)


def _bare(text: str) -> str:
    return text.casefold().strip(" .!")


def _alike(captioned: Sequence[Captioned], choice: CaptionChoice) -> Sequence[Sequence[int]]:
    if choice.relevance == "own":
        return [()] * len(captioned)
    words = [agreed_words(one.captions) for one in captioned]
    return sharing(words, choice.least_shared)
