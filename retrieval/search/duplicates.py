"""Collapse near-duplicates of an answer: burst shots, copies, other sizes of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DUPLICATE_COSINE = 0.93
"""Photos whose vectors are at least this close count as one in the view."""


@dataclass(frozen=True)
class Group:
    """A photo that is shown, and those that look the same; all are places in the ranking."""

    leader: int
    similar: tuple[int, ...]


def collapse(
    vectors: NDArray[np.float32],
    contents: Sequence[str | None],
    limit: float = DUPLICATE_COSINE,
) -> list[Group]:
    """Groups of a ranking, best first; the first of each group in the ranking leads it.

    A photo joins the first leader that it is close to, never a follower: chains of small
    differences do not pull unlike photos into one group. Nothing is ever deleted.

    Args:
        vectors: unit vectors [n, dim] in ranking order.
        contents: content hashes in ranking order; equal ones always belong together.
        limit: cosine from which two photos count as one.
    """
    leaders: list[int] = []
    followers: dict[int, list[int]] = {}
    for place in range(len(vectors)):
        home = _leader_of(place, leaders, vectors, contents, limit)
        if home is None:
            leaders.append(place)
            followers[place] = []
        else:
            followers[home].append(place)
    return [Group(leader, tuple(followers[leader])) for leader in leaders]


def _leader_of(
    place: int,
    leaders: list[int],
    vectors: NDArray[np.float32],
    contents: Sequence[str | None],
    limit: float,
) -> int | None:
    if not leaders:
        return None
    near = vectors[leaders] @ vectors[place] >= limit
    content = contents[place]
    same = np.asarray([content is not None and contents[leader] == content for leader in leaders])
    joined = np.flatnonzero(near | same)
    return leaders[int(joined[0])] if len(joined) else None
