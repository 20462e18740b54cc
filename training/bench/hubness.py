"""Hubness correction by a bank of queries: photos that are near to every query are put lower.

``s'(q, x) = s(q, x) - weight * mean of the ten best s(b, x) over the queries b of the bank``, as in
cross-domain similarity local scaling (Conneau et al. 2018, https://arxiv.org/abs/1710.04087). The
product's search has a correction of its own (:mod:`retrieval.search.hubness`).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoders.base import Embeddings
from retrieval.search.hubness import NEAREST
from training.errors import BenchError

_BLOCK = 2_048


def usual_best(photos: Embeddings, bank: Embeddings) -> NDArray[np.float32]:
    """What each photo [n] scores on average for the ten queries of the bank that suit it best.

    Args:
        photos: unit vectors [n, dim].
        bank: unit vectors of queries [m, dim], at least ten.
    """
    found = np.zeros(len(photos), dtype=np.float32)
    for start in range(0, len(photos), _BLOCK):
        scores = photos[start : start + _BLOCK] @ bank.T
        best = np.partition(scores, -NEAREST, axis=1)[:, -NEAREST:]
        found[start : start + _BLOCK] = best.mean(axis=1)
    return found


def read_bank(path: Path) -> list[str]:
    """The texts of a bank: one a line, or each line's captions, where it is JSON Lines.

    Raises:
        BenchError: the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise BenchError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BenchError(f"{path} is no text in UTF-8") from None
    return [text for line in lines for text in _texts_of(line)]


def spread(texts: Sequence[str], count: int) -> list[str]:
    """``count`` of the texts, evenly spread over all; each text once.

    Raises:
        BenchError: there are too few for a bank.
    """
    distinct = list(dict.fromkeys(texts))
    if len(distinct) < NEAREST:
        raise BenchError(f"the bank holds {len(distinct)} queries: it needs at least {NEAREST}")
    if len(distinct) <= count:
        return distinct
    places = np.linspace(0, len(distinct) - 1, count).astype(int)
    return [distinct[place] for place in places]


def _texts_of(line: str) -> list[str]:
    text = line.strip()
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return []
        captions = value.get("captions", value.get("caption"))
        found = captions if isinstance(captions, list) else [captions]
        return [one.strip() for one in found if isinstance(one, str) and one.strip()]
    return [text] if text else []
