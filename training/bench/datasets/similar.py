"""Queries "like this photo but …", made of pairs of similar photos and what their captions say.

The rule, for each photo (the reference):

1. A word counts as agreed on where two of the photo's captions say it.
2. Similar photos are those whose agreed words are closest to the reference's (cosine of tf-idf
   vectors), share two words at least and have one to four that no caption of the reference says.
   One of the ten closest, drawn by the seed, is the target.
3. The text is the phrases with these new words in the target's caption that says most of them.
4. Right is the target, and every other photo of whose captions all are said: what target and
   reference share, and the new words of the text.

Its limits: captions leave out much of what a photo shows, so a photo may be right that no caption
makes so; the words are a caption's, not what a person would ask for; and what the photos share is
known by words alone, so the reference counts for less than it would with a person's choice of
pairs. The figures compare ways of fusion with each other; they are none of FashionIQ's.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from training.bench.base import BenchDataset, BenchPhoto, BenchQuery
from training.bench.datasets.captioned import caption_rows
from training.bench.datasets.choice import captioned_photos
from training.bench.datasets.content import assembled
from training.bench.datasets.photo_finder import PhotoFinder
from training.bench.datasets.spec import Spec, existing_folder
from training.bench.datasets.words import (
    WORD,
    agreed_words,
    is_content,
    said_words,
    stem,
    word_matrix,
)
from training.errors import DatasetInvalid

LEAST_SHARED = 2
MOST_NEW = 4
NEIGHBOURS = 10
LOOKED_AT = 200
"""Of the closest photos, so many are looked at for ones that meet the rule."""

_BEFORE = frozenset(
    {"a", "an", "the", "no", "of", "to", "from", "in", "into", "on", "onto", "at", "by", "near"}
    | {"with", "over", "under", "through", "across"}
)
_BLOCK = 512


@dataclass(frozen=True)
class SimilarPair:
    """A query made of two photos, by their places.

    Attributes:
        reference: the photo that is shown.
        target: the photo that the text was made of.
        text: what the target shows and the reference does not.
        minus: words of the reference that no caption of the target says.
        relevant: every photo that is right, the target among them; never the reference.
    """

    reference: int
    target: int
    text: str
    minus: tuple[str, ...]
    relevant: tuple[int, ...]


class SimilarSpec(Spec):
    """Pairs of similar photos with captions."""

    kind: Literal["similar"]
    photos: str = Field(description="Folder of the photos.")
    captions: str | None = Field(None, description="Their file, as of the data set captioned.")
    query: Literal["both", "text", "photo"] = Field("both", description="What is asked with.")
    with_minus: bool = Field(
        False, description="Also say what the reference shows and the target does not."
    )
    seed: int = Field(0, description="Of the choice among similar photos.")
    limit: int | None = Field(None, ge=2, description="Only the first photos.")


def read_similar(spec: SimilarSpec, root: Path) -> BenchDataset:
    """The data set of pairs of similar photos.

    Raises:
        DatasetInvalid, PhotosUnusable: see :func:`training.bench.datasets.read_dataset`.
    """
    finder = PhotoFinder(existing_folder(root, spec.photos))
    source, rows = caption_rows(root, finder, spec.captions)
    captioned, odd = captioned_photos(rows, finder, spec.limit)
    finder.require_some(len(captioned), source)
    photos = [
        BenchPhoto(one.photo.id, one.photo.path, one.captions)
        for one in captioned
        if finder.is_there(one.photo)
    ]
    queries: list[BenchQuery] = []
    relevant: dict[str, Mapping[str, int]] = {}
    for pair in similar_pairs([photo.captions for photo in photos], seed=spec.seed):
        reference = photos[pair.reference]
        query = BenchQuery(
            reference.id,
            text=pair.text if spec.query != "photo" else "",
            photo=reference if spec.query != "text" else None,
            minus=pair.minus if spec.with_minus else (),
            excluded=frozenset({reference.id}),
        )
        queries.append(query)
        relevant[query.id] = {photos[place].id: 1 for place in pair.relevant}
    if not queries:
        raise DatasetInvalid(f"{source}: no two photos are similar enough to ask of one by another")
    return assembled(
        f"{source.stem}: similar photos",
        photos,
        queries,
        relevant,
        [*finder.missing, *odd],
        f"pairs by shared caption words, seed {spec.seed}; the shown photo left out",
    )


def similar_pairs(captions: Sequence[Sequence[str]], *, seed: int = 0) -> list[SimilarPair]:
    """A query for each photo that has a similar one; the rule stands at the module's head.

    The same captions and seed give the same pairs; another photo at the end may change them.

    Args:
        captions: of each photo.
        seed: of the choice among similar photos.
    """
    agreed = [agreed_words(one) for one in captions]
    said = [said_words(one) for one in captions]
    having: dict[str, set[int]] = {}
    for place, words in enumerate(said):
        for word in words:
            having.setdefault(word, set()).add(place)
    pairs = []
    for reference, closest in enumerate(_closest(agreed)):
        near = [
            other
            for other in closest
            if len(agreed[reference] & agreed[other]) >= LEAST_SHARED
            and 1 <= len(agreed[other] - said[reference]) <= MOST_NEW
        ][:NEIGHBOURS]
        if not near:
            continue
        target = random.Random(f"{seed} {reference}").choice(near)
        new = agreed[target] - said[reference]
        caption = max(captions[target], key=lambda one: len(said_words([one]) & new))
        spoken = said_words([caption]) & new
        right = set.intersection(
            *(having[word] for word in (agreed[reference] & agreed[target]) | spoken)
        )
        pairs.append(
            SimilarPair(
                reference,
                target,
                phrases_with(caption, spoken),
                _words_as_said(captions[reference], agreed[reference] - said[target]),
                tuple(sorted(right - {reference})),
            )
        )
    return pairs


def phrases_with(caption: str, wanted: frozenset[str]) -> str:
    """The runs of a caption's words that hold these stems, with the small words around them.

    A word that directly follows comes along, for it is often what they describe:
    ``phrases_with("A dog catches a red ball in the snow .", {"red", "snow"})`` is
    ``a red ball, in the snow``.
    """
    runs: list[list[str]] = []
    small: list[str] = []
    open_run = False
    for word in WORD.findall(caption.lower()):
        if not is_content(word):
            small.append(word)
            continue
        if stem(word) in wanted:
            if open_run:
                runs[-1] += [*small, word]
            else:
                runs.append([*_before(small), word])
            open_run = True
        else:
            if open_run and not small:
                runs[-1].append(word)
            open_run = False
        small = []
    return ", ".join(" ".join(run) for run in runs)


def _before(words: Sequence[str]) -> list[str]:
    """The prepositions and articles at the end of function words."""
    kept: list[str] = []
    for word in reversed(words):
        if word not in _BEFORE:
            break
        kept.insert(0, word)
    return kept


def _words_as_said(captions: Sequence[str], wanted: frozenset[str]) -> tuple[str, ...]:
    """For each stem the first word that has it, in the order of the captions."""
    found: dict[str, str] = {}
    for caption in captions:
        for word in WORD.findall(caption.lower()):
            if is_content(word) and stem(word) in wanted:
                found.setdefault(stem(word), word)
    return tuple(found.values())


def _closest(words: Sequence[frozenset[str]]) -> list[list[int]]:
    """For each photo the closest others by tf-idf cosine, those without a shared word left out."""
    counts = word_matrix(words)
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    rarity = np.log((1 + len(words)) / (1 + frequency)) + 1
    weighted = sparse.csr_matrix(counts.multiply(rarity))
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    unit = sparse.diags(1 / np.maximum(norms, 1e-9)) @ weighted
    found: list[list[int]] = []
    for start in range(0, len(words), _BLOCK):
        cosines: NDArray[np.float64] = (unit[start : start + _BLOCK] @ unit.T).toarray()
        for row, scores in enumerate(cosines):
            scores[start + row] = 0.0
            order = np.argsort(-scores, kind="stable")[:LOOKED_AT]
            found.append([int(place) for place in order if scores[place] > 0])
    return found
