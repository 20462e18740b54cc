"""Collapse near-duplicates of an answer: burst shots, copies, other sizes of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

DUPLICATE_COSINE = 0.93
"""Photos whose vectors are at least this close count as one in the view."""

_BLOCK = 256
_NONE = np.iinfo(np.int64).max


@dataclass
class Group:
    """A photo that is shown, and those that look the same; all are places in the ranking."""

    representative: int
    similar: list[int] = field(default_factory=list)


class Collapser:
    """Groups a ranking that comes in pieces, best first; the first of a group represents it.

    A photo joins the first representative that it is close to, never another member: chains of
    small differences do not pull unlike photos into one group. Nothing is ever deleted. What was
    grouped before is not looked at again when more of the ranking comes, and each block of photos
    meets all representatives in one matrix product.

    Attributes:
        groups: so far, in the order of their representatives.
    """

    def __init__(self, limit: float = DUPLICATE_COSINE, most: int | None = None) -> None:
        """Start without any group.

        Args:
            limit: cosine from which two photos count as one.
            most: groups that are wanted; after so many, photos that belong to none are left out.
        """
        self.limit = limit
        self.most = most
        self.groups: list[Group] = []
        self._count = 0
        self._representatives: NDArray[np.float32] | None = None
        self._contents: dict[str, int] = {}

    def add(self, vectors: NDArray[np.float32], contents: Sequence[str | None]) -> None:
        """Group the next photos of the ranking.

        Args:
            vectors: unit vectors [n, dim] in ranking order.
            contents: content hashes in ranking order; equal ones always belong together.
        """
        for start in range(0, len(vectors), _BLOCK):
            self._add_block(vectors[start : start + _BLOCK], contents[start : start + _BLOCK])

    def _add_block(self, block: NDArray[np.float32], contents: Sequence[str | None]) -> None:
        before = len(self.groups)
        joined = _first_of(self._matrix(before, block.shape[1]), block, self.limit)
        near = block @ block.T >= self.limit
        new: list[int] = []
        for place in range(len(block)):
            group = int(joined[place])
            if group == _NONE and new:
                inside = np.flatnonzero(near[place, new])
                group = before + int(inside[0]) if len(inside) else group
            content = contents[place]
            if content is not None:
                group = min(group, self._contents.get(content, _NONE))
            full = self.most is not None and len(self.groups) >= self.most
            if group == _NONE and not full:
                if content is not None:
                    self._contents.setdefault(content, len(self.groups))
                self.groups.append(Group(self._count))
                new.append(place)
            elif group != _NONE:
                self.groups[group].similar.append(self._count)
            self._count += 1
        self._keep(before, block[new])

    def _matrix(self, count: int, dim: int) -> NDArray[np.float32]:
        if self._representatives is None:
            self._representatives = np.empty((_BLOCK, dim), dtype=np.float32)
        return self._representatives[:count]

    def _keep(self, count: int, rows: NDArray[np.float32]) -> None:
        """Append representatives; the room is doubled when it is full."""
        assert self._representatives is not None
        needed = count + len(rows)
        if needed > len(self._representatives):
            larger = np.empty(
                (max(needed, 2 * len(self._representatives)), self._representatives.shape[1]),
                dtype=np.float32,
            )
            larger[:count] = self._representatives[:count]
            self._representatives = larger
        self._representatives[count:needed] = rows


def collapse(
    vectors: NDArray[np.float32],
    contents: Sequence[str | None],
    limit: float = DUPLICATE_COSINE,
) -> list[Group]:
    """Groups of a whole ranking; see :class:`Collapser`."""
    collapser = Collapser(limit)
    collapser.add(vectors, contents)
    return collapser.groups


def _first_of(
    representatives: NDArray[np.float32], block: NDArray[np.float32], limit: float
) -> NDArray[np.int64]:
    """For each row of the block the first representative that is close to it."""
    if len(representatives) == 0:
        return np.full(len(block), _NONE, dtype=np.int64)
    near = block @ representatives.T >= limit
    return np.where(near.any(axis=1), near.argmax(axis=1), _NONE)
