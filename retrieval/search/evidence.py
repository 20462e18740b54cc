"""What decides the order besides the cosine: hubness, names, what it is not, what was liked.

Everything is counted in standard deviations of the query's scores over everyday photos, so that one
weight serves broad queries and narrow ones. How sure the answer is, is still judged by the
plain cosine.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.search.hubness import CORRECTION, deviations

Vectors = NDArray[np.float32]

NAME_WEIGHT = 4.0
"""Deviations that a photo gains when its name holds all words of the request."""

NAME_EVIDENCE = 4.0
"""Log odds that it adds to the sureness of the answer."""

EXCLUDE_WEIGHT = 1.0
"""Deviations lost for each deviation by which a photo fits a text that it must not, ..."""

EXCLUDE_FROM = 0.5
"""... more than this: what fits the excluded text no better than many photos do loses nothing."""

LIKED_WEIGHT = 1.0
"""Deviations gained for each deviation by which a photo is like those that the person liked, on
average. This and the next two were fitted on Flickr8k dev (``python -m training.relevance``)."""

DISLIKED_WEIGHT = 0.75
"""Deviations lost for each deviation by which a photo is like one that was turned down ..."""

DISLIKED_FROM = 2.0
"""... more than this: photos that are only of the same kind stay where they are."""


@dataclass(frozen=True)
class Weighted:
    """Vectors, and how much each counts.

    Attributes:
        vectors: unit vectors [m, dim], at least one.
        weights: of each [m].
    """

    vectors: Vectors
    weights: Vectors


@dataclass(frozen=True)
class Evidence:
    """What is known of the candidates besides their cosines.

    Attributes:
        named: share of the request's words that each photo's file or folder name holds, 0 to 1,
            or the strength of a text in it, above 1 where it surely is the one [n]; None: names
            and texts are not looked at.
        excluded: the texts that the photo must not fit; None: there are none.
        liked: unit vectors of photos that the person liked for this query [m, dim].
        disliked: unit vectors of photos that the person turned down for it [m, dim].
    """

    named: Vectors | None = None
    excluded: Weighted | None = None
    liked: Vectors | None = None
    disliked: Vectors | None = None

    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return all(one is None for one in (self.named, self.excluded, self.liked, self.disliked))


def order_scores(
    photos: Vectors,
    query: Vectors,
    background: tuple[Vectors, Vectors],
    usual_best: Vectors | None = None,
    evidence: Evidence | None = None,
    correction: float = CORRECTION,
) -> Vectors:
    """By what the candidates of a query are ordered [n], in the unit of cosines.

    Args:
        photos: unit vectors of the candidates [n, dim].
        query: the query's unit vector [dim].
        background: mean [dim] and covariance [dim, dim] of everyday photos.
        usual_best: of the candidates [n], as a bank of queries gives it; None: no hubness
            correction.
        evidence: names and what must not be shown.
        correction: weight of the hubness correction.
    """
    evidence = evidence or Evidence()
    _, covariance = background
    deviation = float(deviations(query[None], covariance)[0])
    standing = photos @ query / deviation
    if usual_best is not None:
        standing = standing - np.float32(correction) * usual_best
    if evidence.named is not None:
        standing = standing + np.float32(NAME_WEIGHT) * evidence.named
    if evidence.excluded is not None:
        fit = alike(photos, evidence.excluded.vectors, background)
        lost = np.maximum(fit - EXCLUDE_FROM, 0) @ evidence.excluded.weights
        standing = standing - np.float32(EXCLUDE_WEIGHT) * lost
    if evidence.liked is not None:
        on_average = np.asarray(alike(photos, evidence.liked, background).mean(axis=1), np.float32)
        standing = standing + np.float32(LIKED_WEIGHT) * on_average
    if evidence.disliked is not None:
        nearest = alike(photos, evidence.disliked, background).max(axis=1)
        standing = standing - np.float32(DISLIKED_WEIGHT) * np.maximum(nearest - DISLIKED_FROM, 0)
    ordered: Vectors = (standing * np.float32(deviation)).astype(np.float32)
    return ordered


def alike(photos: Vectors, others: Vectors, background: tuple[Vectors, Vectors]) -> Vectors:
    """How alike photos [n, dim] are to other photos or to texts [m, dim]: [n, m], in deviations.

    A picture of a crowd is like most others, one of a fuse box like few: so each of the others has
    its own mean and deviation over everyday photos.
    """
    mean, covariance = background
    differences = photos @ others.T - mean @ others.T
    found: Vectors = (differences / deviations(others, covariance)).astype(np.float32)
    return found


def named_share(words: Collection[str], name: Collection[str]) -> float:
    """How much a photo's name says that it is the one, 0 to 1.

    One word of three in a folder's name says little ("the dog in the garden" in ``Garden/``), so
    the share of the request's words that the name holds is squared.

    Args:
        words: of the request that mean something.
        name: of the photo's file and folders.
    """
    asked = set(words)
    return (len(asked & set(name)) / len(asked)) ** 2 if asked else 0.0
