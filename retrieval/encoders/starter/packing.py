"""Matrices as 8-bit rows with a scale each."""

import numpy as np
from numpy.typing import NDArray


def pack_rows(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as 8-bit numbers [n, m] and the scale of each row [n].

    What was packed before is packed into the same again, to the last bit: an encoder that is
    loaded, fine-tuned on its text side and saved keeps its image fingerprint.
    """
    most = np.abs(values).max(axis=1, keepdims=True)
    first = np.where(most > 0, most / np.float32(127), np.float32(1)).astype(np.float32)
    scale = first
    # Dividing by 127 what was once multiplied by it may miss the old scale by the last bit.
    for other in (np.nextafter(first, np.float32(np.inf)), np.nextafter(first, np.float32(0))):
        exact = _rows_equal(values, scale)
        scale = np.where(exact, scale, np.where(_rows_equal(values, other), other, first))
    return np.rint(values / scale).astype(np.int8), scale[:, 0]


def _rows_equal(values: NDArray[np.float32], scale: NDArray[np.float32]) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = (np.rint(values / scale) * scale == values).all(1, keepdims=True)
    return equal
