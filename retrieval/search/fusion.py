"""Several texts, one query vector."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

RIDGE = 1e-5
"""Added to every variance, so that a direction in which the gallery does not vary stays finite."""


def fuse(
    vectors: Vectors, weights: NDArray[np.float32], covariance: Vectors | None = None
) -> Vectors:
    """The vector whose dot product with a photo is the weighted sum of standardised scores.

    Scores of one text over a gallery have their own spread: a broad text ("outdoors") scores
    everything alike, a narrow one ("a yellow kayak") tells photos apart. Adding raw scores lets
    the widest spread win; so each text's scores are divided by their standard deviation first.
    With gallery covariance ``C`` that deviation is ``s_j = sqrt(q_j' C q_j)``, and

        ``sum_j w_j (q_j . x) / s_j  =  (sum_j w_j q_j / s_j) . x``

    is a single dot product: one search, whatever the number of texts. (The means that
    standardising would subtract are the same for all photos and change no order.)

    Args:
        vectors: unit vectors [m, dim] of the texts.
        weights: how much each counts [m].
        covariance: of the gallery's vectors [dim, dim]; without it the scores are added as is.

    Returns:
        A unit vector [dim].
    """
    if len(vectors) == 1:
        return vectors[0]
    scale = np.asarray(weights, dtype=np.float64)
    if covariance is not None:
        variances = np.einsum("md,de,me->m", vectors, covariance, vectors, optimize=True)
        scale = scale / np.sqrt(np.maximum(variances, 0.0) + RIDGE)
    total = scale @ vectors
    length = float(np.linalg.norm(total))
    if length < 1e-9:
        return vectors[0]
    return (total / length).astype(np.float32)
