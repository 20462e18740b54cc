"""Checks of vectors, and errors of memory under one name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from retrieval.encoders.base import Embeddings
from training.errors import OutOfMemory, VectorsInvalid

_SIGNS_OF_FULL_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "bad allocation",
)


def unit_vectors(rows: Any, name: str) -> Embeddings:
    """Rows [n, dim] at unit length, float32.

    Raises:
        VectorsInvalid: one is not finite, or zero.
    """
    vectors = np.asarray(rows, dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise VectorsInvalid(f"{name} gives vectors without a direction: damaged weights")
    unit: Embeddings = vectors / lengths
    return unit


@contextmanager
def memory_errors(work: str) -> Iterator[None]:
    """Raise what the system, torch and OpenVINO raise for want of memory as one error.

    Args:
        work: what does not fit, for the message.

    Raises:
        OutOfMemory: memory ran out inside.
    """
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(_message(work)) from error
    except RuntimeError as error:
        # torch's own class is a RuntimeError; on a CPU it raises the plain one.
        if not any(sign in str(error).lower() for sign in _SIGNS_OF_FULL_MEMORY):
            raise
        raise OutOfMemory(_message(work)) from error


def _message(work: str) -> str:
    return f"out of memory: {work}; take a smaller batch"
