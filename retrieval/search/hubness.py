"""Hubness: some photos are near to every query, and are found when they should not be.

In a space of many dimensions a few points are among the nearest neighbours of nearly all others
(Radovanovic et al. 2010, https://jmlr.org/papers/v11/radovanovic10a.html). A bank of everyday
queries shows which photos these are: what a photo scores for the queries that suit it best is
subtracted from what it scores for any query (as in cross-domain similarity local scaling, Conneau
et al. 2018, https://arxiv.org/abs/1710.04087):

    s'(q, x) = s(q, x) - weight * deviation(q) * usual_best(x)

(:func:`retrieval.search.evidence.order_scores`). Only the order changes: how sure a hit is, is
judged by the plain score.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.folder import read_weights, write_weights
from retrieval.errors import EncoderFolderInvalid

Vectors = NDArray[np.float32]

BANK_NAME = "queries.safetensors"

NEAREST = 10
"""Queries of the bank whose scores for a photo are averaged."""

CORRECTION = 0.5
"""Share of a photo's usual best score that is subtracted."""

_CHUNK = 2_048
RIDGE = 1e-5
"""Added to every variance, as in :mod:`retrieval.search.fusion`."""


def deviations(queries: Vectors, covariance: Vectors) -> Vectors:
    """The standard deviation [m] of each query's scores over photos with this covariance.

    Args:
        queries: vectors [m, dim].
        covariance: of photos' vectors [dim, dim].
    """
    variances = np.einsum("md,md->m", queries @ covariance, queries)
    root: Vectors = np.sqrt(np.maximum(variances, 0.0) + RIDGE).astype(np.float32)
    return root


@dataclass(frozen=True)
class QueryBank:
    """Everyday queries in an encoder's space.

    Attributes:
        queries: vectors [m, dim], each divided by the deviation of its scores, so that all count
            alike.
        made_by: the fingerprints of the encoder; for another encoder the bank is of no use.
    """

    queries: Vectors
    made_by: str

    @classmethod
    def of(cls, vectors: Vectors, covariance: Vectors, made_by: str) -> "QueryBank":
        """A bank of unit vectors [m, dim], with the covariance of everyday photos [dim, dim]."""
        return cls(vectors / deviations(vectors, covariance)[:, None], made_by)

    @classmethod
    def load(cls, folder: Path) -> "QueryBank":
        """Read the bank of an encoder folder.

        Raises:
            EncoderFolderInvalid: it is missing, damaged or something else.
        """
        tensors = read_weights(folder / BANK_NAME)
        try:
            queries = tensors["queries"].astype(np.float32) * tensors["scale"][:, None]
            made_by = bytes(tensors["made_by"]).decode("ascii")
        except (KeyError, ValueError) as error:
            raise EncoderFolderInvalid(f"{folder / BANK_NAME} is no bank of queries") from error
        return cls(queries.astype(np.float32), made_by)

    def save(self, folder: Path) -> None:
        """Write the bank into an encoder folder: 8-bit rows with a scale each."""
        scale = np.maximum(np.abs(self.queries).max(axis=1), 1e-9).astype(np.float32) / 127
        tensors: dict[str, NDArray[Any]] = {
            "queries": np.rint(self.queries / scale[:, None]).astype(np.int8),
            "scale": scale,
            "made_by": np.frombuffer(self.made_by.encode("ascii"), np.uint8),
        }
        write_weights(folder / BANK_NAME, tensors)

    def usual_best(self, photos: Vectors) -> Vectors:
        """What each photo [n] scores for the queries that suit it best, in deviations: its hubness.

        100,000 photos take some seconds, so keep the answer with the vectors; of photos that are
        added only their own is new.

        Args:
            photos: unit vectors [n, dim].
        """
        nearest = min(NEAREST, len(self.queries))
        found = np.zeros(len(photos), np.float32)
        if nearest == 0:
            return found
        for start in range(0, len(photos), _CHUNK):
            scores = photos[start : start + _CHUNK] @ self.queries.T
            best = np.partition(scores, -nearest, axis=1)[:, -nearest:]
            found[start : start + _CHUNK] = best.mean(axis=1)
        return found
